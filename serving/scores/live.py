"""What a process serves live: champions and the newest events, swapped when newer ones are good."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from threading import Event, Thread
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from crm import operations
from crm.clock import MINUTE, iso, now
from crm.errors import LeadkeepError, ModelError, NotFound, PopulationError
from crm.events import Events, EventStore
from crm.fresh import Overlay
from crm.inbox import Inbox
from crm.naming import named
from crm.settings import Home
from crm.tables.scores import Champion, Score
from features.engine import compute
from features.words import Language
from models import reasons, registry
from models.bundle import Bundle
from models.reasons import Reason
from models.scorers import Rows
from models.target import ELIGIBLE, Target, all_targets, find
from serving.bands import Thresholds
from serving.runs import newest
from serving.scores.lookup import Lookup

LOOK_EVERY = 2.0
"""Seconds between looks at the champion and the newest load."""

TRY_AGAIN = MINUTE
"""How long a champion that failed its checks is left alone."""


class Served(NamedTuple):
    """The model that answers for one target, and why a newer champion does not."""

    bundle: Bundle | None = None
    problem: str | None = None
    wanted: str | None = None
    """Manifest hash of the champion last looked at."""
    again_at: int = 0
    """When a champion that failed is looked at again."""

    @property
    def version(self) -> str | None:
        """Version of the model."""
        return self.bundle.version if self.bundle else None

    @property
    def kind(self) -> str | None:
        """Kind of the model."""
        return self.bundle.kind if self.bundle else None


class Everybody(NamedTuple):
    """What the newest scoring of everybody says of a target."""

    run: int
    thresholds: Thresholds
    worth: int | None
    """What a subject is worth on average, which looks through all of them: asked once for each scoring."""


@dataclass(frozen=True, slots=True)
class LiveScore:
    """One subject's score at ``cutoff`` from the events of ``load``; ``base`` + contributions = ``raw``."""

    subject: str
    cutoff: int
    load: int
    version: str
    kind: str
    probability: float
    raw: float
    base: float
    reasons: list[Reason]


class Live:
    """Kept by each process for its whole life; a ``with`` block runs the thread that looks for news.

    After each look that thread calls ``ahead``, which may read what people are about to ask for.
    """

    def __init__(self, home: Home, ahead: Callable[["Live"], object] = lambda _: None) -> None:
        self.home, self._ahead = home, ahead
        self.problem: str | None = None
        self._events: Lookup | None = None
        self._targets = all_targets()
        self._served = {name: Served() for name in self._targets}
        self._everybody: dict[str, Everybody | None] = {}
        self._stop = Event()
        self._thread = Thread(target=self._look, name="leadkeep-live", daemon=True)

    def __enter__(self) -> Self:
        self.refresh()
        self._warm_up()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _warm_up(self) -> None:
        """Explains somebody by each model: the first time takes a hundred times as long, and would hold up others."""
        for name, target in self._targets.items():
            bundle, events = self._served[name].bundle, self._events
            if bundle is None or events is None:
                continue
            for someone in events.some(target.subject, 1):
                place, moment = np.zeros(1, dtype=np.int32), np.array([now()], dtype=np.int64)
                reasons.drivers(bundle, compute(bundle.spec, events.seen(someone), place, moment))

    @property
    def ready(self) -> bool:
        """Whether at least one target can be scored."""
        return self._events is not None and any(served.bundle for served in self._served.values())

    @property
    def load(self) -> int | None:
        """The load whose events are served."""
        return self._events.load if self._events else None

    @property
    def number(self) -> int:
        """The newest row of the inbox that was read."""
        return self._events.number if self._events else 0

    def served(self, target: str) -> Served:
        """What answers for ``target``."""
        return self._served[self._target(target).name]

    def score(self, name: str, subject: str, lang: Language, n: int = 5, ruled: bool = False) -> LiveScore:
        """Scores one subject as it is known now; ``ruled``: by the simple rule alone, where the model kept one.

        Raises NotFound for an unknown subject, PopulationError with the reason for one that is not in the
        population, ModelError before a first model is loaded.
        """
        bundle, events = self.holding(name)
        return _score(self._target(name), bundle, events, subject, now(), lang, n, ruled)

    def holding(self, name: str) -> tuple[Bundle, Lookup]:
        """The model that answers for a target and the events it reads; raises ModelError before there are both."""
        events, served = self._events, self._served[self._target(name).name]
        if served.bundle is None or events is None:
            todo, problem = (
                f"import an export, then run leadkeep train {name}",
                served.problem or self.problem,
            )
            raise ModelError("nothing to score with yet", value=problem, where=name, todo=todo)
        return served.bundle, events

    def events_of(self, subject: str) -> Events:
        """The events of one subject, what came live included; raises NotFound, also before the first load."""
        if self._events is None:
            raise NotFound("no such subject", value=subject, todo="import an export first")
        return self._events.one(subject)

    def looking_up(self) -> Callable[[str], Events]:
        """Looks into the inbox once; what it returns gives a subject's events as of then, as :meth:`events_of` does."""
        self.catch_up()
        return self.events_of if self._events is None else self._events.seen

    @property
    def targets(self) -> Iterable[str]:
        """The names of all targets."""
        return self._targets

    @property
    def actors(self) -> list[str]:
        """The staff that ``actor`` of an event numbers, ``<source>:<id>``; none before the first load."""
        return self._events.store.actors if self._events else []

    def targets_of(self, subject: str) -> list[str]:
        """The targets that score subjects of this kind and have a model."""
        kind = subject.partition(":")[0]
        return [
            name for name, one in self._targets.items() if one.subject == kind and self._served[name].bundle
        ]

    def catch_up(self) -> None:
        """Reads what came live since the last look, so that whoever asks about somebody does not wait for it."""
        if self._events is not None:
            self._events.catch_up()

    def concerned(self, number: int) -> tuple[dict[str, int], int]:
        """The subjects that rows of the inbox above ``number`` concern, and the number read up to so far."""
        return self._events.since(number) if self._events else ({}, number)

    def refresh(self) -> None:
        """Looks once for a newer load and newer champions; what is served changes only for something good."""
        self.problem = self._refresh_events()
        for name, served in self._served.items():
            self._served[name] = self._newer(name, served)
            self._everybody[name] = self._newest_scoring(name)

    def band(self, name: str, probability: float) -> str | None:
        """The band a probability would have had in the newest scoring of everybody; None before the first."""
        found = self._everybody.get(name)
        return found.thresholds.band(self._targets[name].subject, probability) if found else None

    def worth(self, name: str) -> int | None:
        """What one of those scored then is worth on average, whole units of money; None where nobody knows."""
        found = self._everybody.get(name)
        return found.worth if found else None

    def _target(self, name: str) -> Target:
        return self._targets.get(name) or find(name)

    def _look(self) -> None:
        try:
            while not self._stop.wait(LOOK_EVERY):
                self.refresh()
                self._ahead(self)
        finally:
            if not self._stop.is_set():
                self.problem = "a fault ended the look-out for newer data and models; restart leadkeep serve"

    def _refresh_events(self) -> str | None:
        """Takes up a newer load once its event files are made; at the start they are made where missing."""
        try:
            newest = EventStore.ready(self.home) or None
            if newest is None or newest != self.load:
                kinds = {target.subject for target in self._targets.values()}
                self._events = look_up(self.home, kinds, newest)
        except LeadkeepError as error:
            return str(error)
        return None

    def _newest_scoring(self, name: str) -> Everybody | None:
        known = self._everybody.get(name)
        try:
            with operations.reading(self.home) as session:
                run = newest(session, name)
                if known is not None and known.run == run.id:
                    return known
                mean = session.scalar(select(func.avg(Score.value)).where(Score.target == name))
                return Everybody(run.id, Thresholds(**run.thresholds), None if mean is None else round(mean))
        except LeadkeepError:
            return known

    def _newer(self, name: str, served: Served) -> Served:
        try:
            row = operations.champion(self.home, name)
            if row is None or (row.manifest_sha256 == served.wanted and not served.problem):
                return served
            if served.again_at > now():
                return served
            return Served(_opened(self.home, row), None, row.manifest_sha256)
        except LeadkeepError as error:
            bundle = served.bundle or self._last_good(name)
            return Served(bundle, str(error), served.wanted, now() + TRY_AGAIN)

    def _last_good(self, name: str) -> Bundle | None:
        """For a process that starts while the champion is damaged."""
        try:
            return registry.champion(self.home, name)
        except LeadkeepError:
            return None


def _opened(home: Home, row: Champion) -> Bundle:
    folder = home.models / row.target / row.version
    bundle = Bundle.open(folder)
    if bundle.manifest_sha256 != row.manifest_sha256:
        todo = "restore the folder, or train again"
        raise ModelError(
            "the champion's folder holds another model", value=row.version, where=str(folder), todo=todo
        )
    return bundle


def look_up(home: Home, kinds: Iterable[str], load: int | None = None) -> Lookup:
    """A load's events, by default the newest's, and what the inbox holds above them.

    Raises HistoryError before the first load.
    """
    store, settings = EventStore.open(home, load), home.settings
    return Lookup(store, kinds, Overlay(store, Inbox(home), settings.currency, settings.zone))


def explain(home: Home, name: str, subject: str, lang: Language, as_of: int | None = None) -> dict[str, Any]:
    """One subject's score as plain data: now with the model in use, or at ``as_of`` with the newest by then.

    ``subject`` may be the own id in the CRM of the record, or of one linked with it. Raises as
    :meth:`Live.score`, and HistoryError.
    """
    target, bundle, moment = find(name), registry.champion(home, name, as_of=as_of), as_of or now()
    lookup = look_up(home, ())
    found = _score(
        target, bundle, lookup, named(home, lookup.store, target.subject, subject), moment, lang, 5
    )
    said = asdict(found) | {"target": name, "as_of": iso(moment, home.settings.zone)}
    del said["cutoff"]
    return said


def _score(
    target: Target, bundle: Bundle, lookup: Lookup, subject: str, cutoff: int, lang: Language, n: int,
    ruled: bool = False,
) -> LiveScore:  # fmt: skip
    if not subject.startswith(f"{target.subject}:"):
        todo = f"give an id that begins with {target.subject}:"
        raise NotFound(f"{target.name} scores another kind of subject", value=subject, todo=todo)
    rows, later = features_of(target, bundle, lookup.one(subject), cutoff)
    found = reasons.explained((ruled and bundle.alone) or bundle, rows, lang, n, later=later)
    kind = "rule" if later else bundle.kind
    return LiveScore(
        subject, cutoff, lookup.load, bundle.version, kind,
        found.probability, found.raw, found.base, found.reasons,
    )  # fmt: skip


def features_of(target: Target, bundle: Bundle, events: Events, cutoff: int) -> tuple[Rows, bool]:
    """One subject's features from its events, float32 ``[1, n_features]``, and whether only the rule scores it.

    Raises PopulationError with the reason.
    """
    rows, later, why_not = features_of_all(target, bundle, events, cutoff)
    if not len(rows):
        what = f"not in the population of {target.name}: {why_not[0]}"
        raise PopulationError(what, value=events.subjects[0])
    return rows, bool(later[0])


def features_of_all(
    target: Target, bundle: Bundle, events: Events, cutoff: int
) -> tuple[Rows, NDArray[np.bool_], list[str]]:
    """The same of several subjects: features and who only the rule scores, of those in the population.

    And of every subject in ``events`` why it is not in it, "" for those who are.
    """
    size = len(events.subjects)
    places, moments = np.arange(size, dtype=np.int32), np.full(size, cutoff, dtype=np.int64)
    standing = target.standing(events, places, moments, bundle.horizon)
    said = [target.reasons[int(code)] for code in standing]
    later = np.array([reason == target.beyond and bundle.later is not None for reason in said], dtype=bool)
    chosen = (standing == ELIGIBLE) | later
    rows = compute(bundle.spec, events, places[chosen], moments[chosen])
    return (
        rows,
        later[chosen],
        ["" if inside else reason for inside, reason in zip(chosen, said, strict=True)],
    )

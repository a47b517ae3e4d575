"""From stored history to rows: snapshots, their features, and what had to be left out."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY
from crm.errors import PopulationError
from crm.events import Events, EventStore
from crm.history import History
from crm.people import People
from crm.settings import Home, Settings
from features import engine
from features import spec as specs
from features.spec import FeatureSpec
from models import snapshots
from models.snapshots import Snapshots
from models.target import Target
from training.clocks import clocks
from training.hindsight import Witness
from training.leaks import Leak, audit
from training.rows import Rows

ARCHIVE = 31 * DAY
OF_PEOPLE = (
    "says names, phones or e-mails of people; if not, list the field under not_personal in the mapping"
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Past:
    """What was known by ``as_of`` and how to read it: enough to repeat a training run."""

    target: Target
    events: Events
    parties: list[str]
    settings: Settings
    as_of: int
    versions: dict[str, int]
    load: int
    reliable_since: int | None
    arrival_delay: int
    witness: Witness = field(default_factory=Witness)
    people: People = field(default_factory=People)

    def snapshots(self, seed: int, *, later: bool = False) -> Snapshots:
        """Matured snapshots; ``later`` for subjects beyond the last age. Raises PopulationError."""
        return snapshots.make(
            self.target, self.events, self.as_of, self.settings, parties=self.parties,
            reliable_since=self.reliable_since, arrival_delay=self.arrival_delay, seed=seed, later=later,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Learned:
    """A spec taken from some training rows, and what was left out of it."""

    spec: FeatureSpec
    leaks: list[Leak]
    clocks: list[str]


def open_past(home: Home, target: Target, as_of: int, load: int | None = None) -> Past:
    """The newest load (or that one) of the home folder; raises HistoryError where nothing was imported."""
    store = EventStore.open(home, load)
    history = History(home, store.load)
    since = [report.reliable_since for report in history.loads() if report.reliable_since is not None]
    return Past(
        target,
        store.read(target.subject),
        store.subjects(target.subject)["party"].tolist(),
        home.settings,
        as_of,
        store.versions,
        store.load,
        max(since) if since else None,
        usual_delay(history, as_of),
        Witness.of(history, as_of),
        People.of(history),
    )


def usual_delay(history: History, as_of: int) -> int:
    """How old the newest record usually is when a load brings it, microseconds; 0 with fewer than two loads.

    Only loads made by ``as_of`` tell. Loads of archives, whose newest record is older than ARCHIVE, tell nothing
    of how data usually arrives, nor do rows that a load itself made known, such as corrections.
    """
    loaded = {report.load: report.loaded_at for report in history.loads() if report.loaded_at <= as_of}
    newest: dict[int, int] = {}
    for table in ("activity", "transaction", "lead"):
        rows = history.rows(table, ["load", "known_at"]).to_pandas()
        before = rows[rows["known_at"] < rows["load"].map(loaded)]
        for load, known in before.groupby("load")["known_at"].max().items():
            newest[int(load)] = max(newest.get(int(load), int(known)), int(known))
    brought = [report for report in history.loads() if report.load in newest]
    timely = [report for report in brought[1:] if report.loaded_at - newest[report.load] <= ARCHIVE]
    told = brought[:1] + timely
    return snapshots.arrival_delay([r.loaded_at for r in told], [newest[r.load] for r in told])


def need_both_outcomes(made: Snapshots) -> None:
    """Raises PopulationError with the counts where every snapshot has the same outcome."""
    positives = int(made.label.sum())
    if 0 < positives < len(made):
        return
    raise PopulationError(
        f"one outcome only: nothing tells {made.target} apart",
        value=f"{positives:,} with it, {len(made) - positives:,} without",
        where=f"{len(np.unique(made.subject_index)):,} matured subjects",
        todo="import the missing side: a CRM may leave converted leads or lost customers out of its exports",
    )


def learn_spec(past: Past, made: Snapshots) -> tuple[Learned, NDArray[np.float32]]:
    """The spec of these training rows after the leak audit, and their features float32 [n, k]."""
    expand = partial(
        specs.expand, past.target.groups, zone=past.settings.zone, currency=past.settings.currency, people=past.people,
    )  # fmt: skip
    spec = expand(made.events, made.subject_index, made.cutoff)
    x = engine.compute(spec, made.events, made.subject_index, made.cutoff)
    rows = as_rows(past.target, spec, x, made)
    leaks = [Leak(name, OF_PEOPLE, 1.0) for name in spec.personal]
    leaks += audit(rows, spec, made, past.target.outcomes, past.witness, expand)
    timely = [name for name in clocks(rows, spec) if name not in past.target.rule]
    out = {leak.feature for leak in leaks if not leak.warning} | set(timely)
    kept = [j for j, name in enumerate(spec.names) if name not in out]
    learned = Learned(spec.select([spec.names[j] for j in kept]), leaks, timely)
    return learned, np.ascontiguousarray(x[:, kept])


def as_rows(target: Target, spec: FeatureSpec, x: NDArray[np.float32], made: Snapshots) -> Rows:
    """Snapshots and their features as arrays; a lead starts at its creation, a customer at each cutoff."""
    start = made.created_at if target.subject == "lead" else made.cutoff
    return Rows(
        x, tuple(spec.names), tuple(spec.categorical), made.label, made.weight, made.party, made.cutoff, start
    )


def thinned(n: int, most: int, seed: int) -> NDArray[np.int64]:
    """At most ``most`` of ``n`` places, drawn evenly: snapshots of one subject tell much the same."""
    if n <= most:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, most, replace=False))


def with_settings(past: Past, settings: Settings) -> Past:
    """The same past under other settings, to repeat a run as it was."""
    return replace(past, settings=settings)

"""Scores everybody in a target's population as known at one moment, with reasons."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import delete, update

from crm.clock import DAY, SECOND, UNKNOWN, iso, now
from crm.errors import LeadkeepError
from crm.events import Events, EventStore
from crm.inbox import Inbox
from crm.operations import reading, writing
from crm.settings import Home, Settings
from crm.tables.scores import Score, ScoreRun
from features.engine import compute
from models import reasons, registry, snapshots
from models.bundle import Bundle
from models.scorers import Rows
from models.target import Target, find
from serving import capacity
from serving.bands import BANDS, Thresholds, assign
from serving.proof import exempt, trial
from serving.scores import by_rule, course, files, keeping
from serving.write_back.control import clear_gone
from serving.write_back.outbox import queue_scores

CHUNK = 500
"""Scores stored in one transaction: nobody waits long for the database."""

ABOUT = ("subject", "source", "source_id", "party")

GIVEN_UP = DAY
"""A scoring that has not ended after this long was killed: its record is cleared."""

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and how much there is."""

Floats = NDArray[np.float64]
Int32 = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What one scoring did; ``counts`` says who was left out and why, ``bands`` how many each band holds."""

    target: str
    as_of: str
    version: str
    kind: str
    load: int
    scored: int
    stored: int
    """Scores that were new or replaced an older one; the others were of newer data already."""
    counts: dict[str, int]
    bands: dict[str, int]
    out: str | None
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Scored:
    """Everybody's numbers, one place a subject: ``later`` marks those only the rule scores."""

    subject: Int32
    later: NDArray[np.bool_]
    probability: Floats
    raw: Floats
    ruled: Floats
    band: list[str]
    value: NDArray[np.int64]
    thresholds: Thresholds


def score(
    home: Home,
    target: str,
    as_of: int | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> ScoreReport:
    """Scores the population of ``target`` as known now with the model in use, or at ``as_of`` with the newest by then.

    Now is the moment up to which the history knows all: what was delivered since waits for the fold, and whom it
    concerns was scored later, live.

    Stores each score unless a newer one is there, and writes ``out`` (.csv or .parquet) with all of them.
    Raises LeadkeepError for a moment to come, ModelError where no model is as old as ``as_of``, PopulationError
    where nobody is eligible, HistoryError where nothing was imported, ResourceError for a full disk.
    """
    tell, declared, settings = progress or _silent, find(target), home.settings
    _has_come(as_of or 0, settings)
    bundle = registry.champion(home, target, as_of=as_of)
    store = EventStore.open(home)
    cutoff = _known_up_to(home, store) if as_of is None else as_of
    tell("events", 0, 1)
    events = store.read(declared.subject)
    population = snapshots.population(declared, events, cutoff, settings, bundle.horizon)
    later = _beyond(declared, bundle, events, cutoff, settings)
    scored, rows = _numbers(declared, bundle, events, population.subject_index, later, cutoff, home)
    run = _begin(home, bundle, store.load, cutoff, scored, population.counts)
    people = store.subjects(declared.subject)
    stored, day = 0, course.day_of(cutoff, settings.zone)
    spared = _exempt(store, declared, events, cutoff, settings) if as_of is None else {}
    with files.written(out) as sink:
        for chunk in _chunks(bundle, scored, rows, people, run):
            with writing(home) as session:
                kept = keeping.keep(session, chunk, day)
                if as_of is None:  # a look at the past draws nobody
                    trial.enrol(session, home, target, chunk, spared)
                queue_scores(session, kept)
            stored += len(kept)
            sink.write(chunk, iso(cutoff, settings.zone))
            tell("scores", stored, len(rows))
    _finish(home, run)
    if as_of is None:
        clear_gone(home, target)
    course.forget_reasons(home, target, day - course.MONTH)
    return _report(run, scored, stored, declared.subject, out)


def _has_come(cutoff: int, settings: Settings) -> None:
    """Raises LeadkeepError for a moment to come: until then no score could replace those stored for it."""
    if cutoff > now():
        what, todo = "this moment is still to come", "give a time up to now, or leave it out"
        raise LeadkeepError(what, value=iso(cutoff, settings.zone), where="--as-of", todo=todo)


def _known_up_to(home: Home, store: EventStore) -> int:
    """Now, or when the first row came that the inbox holds and the load does not."""
    inbox = Inbox.waiting(home, -1)
    if inbox is None:
        return now()
    moment = inbox.moment()
    return min([moment, *(one.received_at for one in inbox.after(store.about.inbox, 1))])


def _exempt(
    store: EventStore, target: Target, events: Events, cutoff: int, settings: Settings
) -> dict[str, str]:
    """Parties the draw leaves out, and why; what is known of them as customers decides, for leads too."""
    customers = events if target.subject == "customer" else store.read("customer")
    parties = store.subjects("customer")["party"].tolist()
    return exempt.parties(customers, parties, cutoff, settings.tickets.named)


def _silent(what: str, done: int, of: int) -> None:
    return


def _beyond(target: Target, bundle: Bundle, events: Events, cutoff: int, settings: Settings) -> Int32:
    """Subjects past the last age, where the model has a rule for them; without one nothing is known of them."""
    if bundle.later is None:
        return np.zeros(0, dtype=np.int32)
    return snapshots.beyond(target, events, cutoff, settings, bundle.horizon)


def _numbers(
    target: Target,
    bundle: Bundle,
    events: Events,
    eligible: Int32,
    later: Int32,
    cutoff: int,
    home: Home,
) -> tuple[Scored, Rows]:
    subject = np.concatenate((eligible, later))
    is_later = np.arange(len(subject)) >= len(eligible)
    rows = compute(bundle.spec, events, subject, np.full(len(subject), cutoff, dtype=np.int64))
    probability, raw = bundle.predict(rows, later=is_later), bundle.raw(rows)
    if bundle.later is not None and is_later.any():
        raw = np.where(is_later, bundle.later.raw(rows), raw)
    value = target.values(events, subject, cutoff, bundle.horizon)
    with reading(home) as session:
        a_day = capacity.of_teams(session, home.settings, target.subject)
    band, thresholds = assign(target.subject, probability, raw, a_day)
    ruled = by_rule.chances(target, bundle, rows, is_later, probability)
    return Scored(subject, is_later, probability, raw, ruled, band, value, thresholds), rows


def _begin(
    home: Home, bundle: Bundle, load: int, cutoff: int, scored: Scored, counts: dict[str, int]
) -> ScoreRun:
    run = ScoreRun(
        target=bundle.target, cutoff=cutoff, version=bundle.version, kind=bundle.kind,
        horizon_days=bundle.horizon // DAY, load=load, started_at=now(), finished_at=None,
        people=len(scored.subject), counts=counts, thresholds=scored.thresholds._asdict(),
    )  # fmt: skip
    killed = ScoreRun.finished_at.is_(None) & (ScoreRun.started_at < run.started_at - GIVEN_UP)
    with writing(home) as session:
        session.execute(delete(ScoreRun).where(killed))
        session.add(run)
    return run


def _finish(home: Home, run: ScoreRun) -> None:
    with writing(home) as session:
        session.execute(update(ScoreRun).where(ScoreRun.id == run.id).values(finished_at=now()))


def _chunks(
    bundle: Bundle, scored: Scored, rows: Rows, people: pd.DataFrame, run: ScoreRun
) -> Iterator[list[Score]]:
    """The scores as rows of the operations database, CHUNK at a time."""
    for start in range(0, len(rows), CHUNK):
        places = range(start, min(start + CHUNK, len(rows)))
        chosen = people.iloc[scored.subject[places.start : places.stop]]
        some, later = rows[places.start : places.stop], scored.later[places.start : places.stop]
        why, by_rule_alone = said_reasons(bundle, some, later), rule_reasons(bundle, some, later)
        named = zip(*(chosen[name] for name in ABOUT), strict=True)
        about = [dict(zip(ABOUT, one, strict=True)) for one in named]
        yield [
            _row(bundle, scored, place, run, one | {"reasons": said, "rule_reasons": ruled})
            for place, one, said, ruled in zip(places, about, why, by_rule_alone, strict=True)
        ]


def said_reasons(bundle: Bundle, rows: Rows, later: NDArray[np.bool_]) -> list[list[dict[str, Any]]]:
    """The strongest reasons of each row in both languages, without what the features were called."""
    return [
        [
            {
                "topic": one.topic,
                "vi": reasons.reason(bundle, one, "vi").text,
                "en": reasons.reason(bundle, one, "en").text,
                "contribution": round(one.contribution, 6),
            }
            for one in drivers
        ]
        for drivers in reasons.drivers(bundle, rows, files.REASONS, later)
    ]


def rule_reasons(
    bundle: Bundle, rows: Rows, later: NDArray[np.bool_]
) -> Sequence[list[dict[str, Any]] | None]:
    """The same of the simple rule alone; None of each row where the bundle is older than its rule."""
    return [None] * len(rows) if bundle.alone is None else said_reasons(bundle.alone, rows, later)


def _row(bundle: Bundle, scored: Scored, place: int, run: ScoreRun, about: dict[str, Any]) -> Score:
    probability, amount = float(scored.probability[place]), int(scored.value[place])
    known = amount != UNKNOWN
    return Score(
        target=run.target, cutoff=run.cutoff, load=run.load, number=0, version=run.version,
        kind="rule" if scored.later[place] else bundle.kind,
        probability=probability, raw=float(scored.raw[place]), band=scored.band[place],
        rule_probability=float(scored.ruled[place]),
        value=amount if known else None, expected=round(amount * probability) if known else None, **about,
    )  # fmt: skip


def _report(run: ScoreRun, scored: Scored, stored: int, kind: str, out: Path | None) -> ScoreReport:
    bands = {band: scored.band.count(band) for band in BANDS[kind]}
    return ScoreReport(
        target=run.target, as_of=iso(run.cutoff), version=run.version, kind=run.kind, load=run.load,
        scored=run.people, stored=stored, counts=run.counts, bands=bands, out=str(out) if out else None,
        seconds=round((now() - run.started_at) / SECOND, 1),
    )  # fmt: skip

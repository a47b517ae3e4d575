"""Worklists: the current scores of a target in the order to work them, with whom to contact."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select, tuple_
from sqlalchemy.orm import Session

from crm.clock import DAY, now
from crm.directory import Card, cards
from crm.errors import NotFound
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score, ScoreRun
from models.target import find
from serving.access import TEAM
from serving.bands import BANDS

STALE_AFTER = DAY
"""A list older than this is said to be old."""


@dataclass(frozen=True, slots=True)
class Row:
    """One score and the card of the person it is about."""

    score: Score
    card: Card


@dataclass(frozen=True, slots=True)
class Worklist:
    """The most urgent first; ``run`` is the newest complete scoring, ``counts`` how many each band holds."""

    target: str
    run: ScoreRun
    counts: dict[str, int]
    rows: list[Row]

    @property
    def stale(self) -> bool:
        """Whether the scores are older than a day."""
        return now() - self.run.cutoff > STALE_AFTER


def worklist(home: Home, target: str, limit: int | None = None) -> Worklist:
    """The best ``limit`` (default: what the target's team can do in a day) of ``target``, contacts included.

    Who was not in the newest scoring's population (won, lost, gone) is not on the list. Raises NotFound for
    an unknown target, and before the first scoring.
    """
    kind = find(target).subject
    limit = limit or getattr(home.settings.capacity, TEAM[kind])
    with reading(home) as session:
        run = newest(session, target)
        current = (Score.target == target) & (tuple_(Score.cutoff, Score.load) >= (run.cutoff, run.load))
        counts = _counts(session, current, BANDS[kind])
        found = _ranked(session, current, BANDS[kind], limit)
    known = cards(home, [score.subject for score in found])
    return Worklist(target, run, counts, [Row(score, known[score.subject]) for score in found])


def newest(session: Session, target: str) -> ScoreRun:
    """The complete scoring of the latest cutoff, from the newest data; raises NotFound before the first."""
    query = select(ScoreRun).where(ScoreRun.target == target, ScoreRun.finished_at.is_not(None))
    order = (ScoreRun.cutoff.desc(), ScoreRun.load.desc(), ScoreRun.id.desc())
    if run := session.scalar(query.order_by(*order).limit(1)):
        return run
    raise NotFound(
        "nobody has been scored yet", value=target, where="scores", todo=f"run leadkeep score {target}"
    )


def _counts(session: Session, current: ColumnElement[bool], bands: tuple[str, ...]) -> dict[str, int]:
    counted = session.execute(select(Score.band, func.count()).where(current).group_by(Score.band))
    found = {band: int(count) for band, count in counted}
    return {band: found.get(band, 0) for band in bands}


def _ranked(
    session: Session, current: ColumnElement[bool], bands: tuple[str, ...], limit: int
) -> list[Score]:
    """By band, then by what a contact is expected to bring, then by probability."""
    order = (Score.expected.desc().nulls_last(), Score.probability.desc(), Score.subject)
    found: list[Score] = []
    for band in bands:
        query = select(Score).where(current, Score.band == band).order_by(*order).limit(limit - len(found))
        found += session.scalars(query)
        if len(found) == limit:
            break
    return found

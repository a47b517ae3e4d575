"""A subject's score over time: what it was on the days it changed."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import and_, func, null, select, tuple_, update
from sqlalchemy.orm import Session

from crm import operations
from crm.days import local_day
from crm.operations import writing
from crm.settings import Home
from crm.tables.scores import Score, ScorePast

SAME: Final = 0.005
"""Probabilities less than this apart are said in the same words."""

WEEK: Final = 7
MONTH: Final = 31
CHUNK: Final = 500

COLUMNS: Final = ("target", "subject", "cutoff", "probability", "band", "expected", "reasons")


def day_of(moment: int, zone: str) -> int:
    """The local day number of a moment."""
    return int(local_day(np.array([moment]), zone)[0])


def remember(session: Session, scores: Sequence[Score], day: int) -> None:
    """Keeps the scores of one target on one day: those that changed, and of each at least one a week.

    A day without a row was as the row before it. An older score never replaces a newer one of the same day.
    """
    if not scores:
        return
    before = {
        row.subject: row for row in _latest(session, scores[0].target, [s.subject for s in scores], day)
    }
    if rows := [_row(score, day) for score in scores if _is_news(score, before.get(score.subject), day)]:
        insert = operations.insert(session, ScorePast)
        changed = {name: getattr(insert.excluded, name) for name in COLUMNS[2:]}
        older = ScorePast.cutoff <= insert.excluded.cutoff
        keys = ["target", "subject", "day"]
        session.execute(insert.on_conflict_do_update(index_elements=keys, set_=changed, where=older), rows)


def forget_reasons(home: Home, target: str, before: int) -> int:
    """Takes the reasons out of rows of days before ``before``, a few at a time; returns how many."""
    old = (ScorePast.target == target) & (ScorePast.day < before) & ScorePast.reasons.is_not(None)
    some = select(ScorePast.subject, ScorePast.day).where(old).limit(CHUNK)
    done = 0
    while True:
        with writing(home) as session:
            found = session.execute(some).all()
            mine = (ScorePast.target == target) & tuple_(ScorePast.subject, ScorePast.day).in_(
                map(tuple, found)
            )
            session.execute(update(ScorePast).where(mine).values(reasons=null()))
        done += len(found)
        if len(found) < CHUNK:
            return done


def course(session: Session, target: str, subject: str, since: int) -> list[ScorePast]:
    """The scores from day ``since`` on, and the last one before it, in order."""
    mine = (ScorePast.target == target) & (ScorePast.subject == subject)
    rows = select(ScorePast).where(mine, ScorePast.day >= since).order_by(ScorePast.day)
    before = at(session, target, subject, since - 1)
    return [*([before] if before else []), *session.scalars(rows)]


def at(session: Session, target: str, subject: str, day: int) -> ScorePast | None:
    """What the score was at the end of a day; None where there was none yet."""
    return next(iter(_latest(session, target, [subject], day)), None)


def _latest(session: Session, target: str, subjects: list[str], day: int) -> Sequence[ScorePast]:
    """The newest row of each subject up to ``day``."""
    mine = (ScorePast.target == target) & ScorePast.subject.in_(subjects) & (ScorePast.day <= day)
    newest = (
        select(ScorePast.subject, func.max(ScorePast.day).label("day"))
        .where(mine)
        .group_by(ScorePast.subject)
    ).subquery()
    same = and_(ScorePast.subject == newest.c.subject, ScorePast.day == newest.c.day)
    return session.scalars(select(ScorePast).where(ScorePast.target == target).join(newest, same)).all()


def _is_news(score: Score, before: ScorePast | None, day: int) -> bool:
    if before is None or before.day == day or day - before.day >= WEEK:
        return True
    return abs(score.probability - before.probability) >= SAME or score.band != before.band


def _row(score: Score, day: int) -> dict[str, Any]:
    return {name: getattr(score, name) for name in COLUMNS} | {"day": day}

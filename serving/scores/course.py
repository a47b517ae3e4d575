"""A subject's score over time: what it was on the days it changed."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import numpy as np
from sqlalchemy import and_, bindparam, func, null, select, tuple_, update
from sqlalchemy.orm import Session

from crm.days import local_day
from crm.operations import dialect_of, insert_of, writing
from crm.settings import Home
from crm.tables import table
from crm.tables.scores import Score, ScorePast

SAME: Final = 0.005
"""Probabilities less than this apart are said in the same words."""

WEEK: Final = 7
MONTH: Final = 31
CHUNK: Final = 500

COLUMNS: Final = (
    "target", "subject", "cutoff", "version", "probability", "rule_probability", "band", "expected", "reasons",
    "rule_reasons",
)  # fmt: skip

STORED: Final = table(ScorePast)
NEWEST: Final = (
    select(STORED.c.subject, func.max(STORED.c.day).label("day"))
    .where(
        STORED.c.target == bindparam("target"), STORED.c.day <= bindparam("upto"),
        STORED.c.subject.in_(bindparam("subjects", expanding=True)),
    )
    .group_by(STORED.c.subject)
).subquery()  # fmt: skip
BEFORE: Final = (
    select(STORED.c.subject, STORED.c.day, STORED.c.probability, STORED.c.rule_probability, STORED.c.band)
    .join(NEWEST, and_(STORED.c.subject == NEWEST.c.subject, STORED.c.day == NEWEST.c.day))
    .where(STORED.c.target == bindparam("target"))
)
"""The newest row of each subject up to a day. Built once: live scoring asks it many times a second."""


def day_of(moment: int, zone: str) -> int:
    """The local day number of a moment."""
    return int(local_day(np.array([moment]), zone)[0])


def remember(session: Session, scores: Sequence[Score], day: int) -> None:
    """Keeps the scores of one target on one day: those that changed, or the rule's, and of each at least one a week.

    A day without a row was as the row before it. An older score never replaces a newer one of the same day.
    """
    if not scores:
        return
    asked = {"target": scores[0].target, "subjects": [score.subject for score in scores], "upto": day}
    before = {row.subject: row for row in session.execute(BEFORE, asked)}
    if rows := [_row(score, day) for score in scores if _is_news(score, before.get(score.subject), day)]:
        session.execute(_statement(dialect_of(session)), rows)


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
            session.execute(update(ScorePast).where(mine).values(reasons=null(), rule_reasons=null()))
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
    mine = (ScorePast.target == target) & (ScorePast.subject == subject)
    newest = select(ScorePast).where(mine, ScorePast.day <= day).order_by(ScorePast.day.desc()).limit(1)
    return session.scalar(newest)


def _is_news(score: Score, before: Any, day: int) -> bool:
    if before is None or before.day == day or day - before.day >= WEEK:
        return True
    moved = abs(score.probability - before.probability)
    ruled = abs((score.rule_probability or 0) - (before.rule_probability or 0))
    return bool(max(moved, ruled) >= SAME or score.band != before.band)


@lru_cache(maxsize=4)
def _statement(dialect: str) -> Any:
    insert = insert_of(dialect, STORED)
    changed = {name: insert.excluded[name] for name in COLUMNS[2:]}
    older = STORED.c.cutoff <= insert.excluded.cutoff
    keys = ["target", "subject", "day"]
    return insert.on_conflict_do_update(index_elements=keys, set_=changed, where=older)


def _row(score: Score, day: int) -> dict[str, Any]:
    return {name: getattr(score, name) for name in COLUMNS} | {"day": day}

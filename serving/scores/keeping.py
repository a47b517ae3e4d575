"""Stores scores: the newest of each subject, and its course over time."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import tuple_
from sqlalchemy.orm import Session

from crm.operations import dialect_of, insert_of
from crm.tables import table
from crm.tables.scores import Score
from serving.scores import course

STORED: Final = table(Score)
COLUMNS: Final = [column.name for column in STORED.columns]


def keep(session: Session, scores: Sequence[Score], day: int) -> list[Score]:
    """Stores scores of one target where there is none, an older one, or one of the same moment by another model.

    Each is also that of its local ``day``, where it changed. Returns those that were stored.
    """
    if not scores:
        return []
    rows = [{name: getattr(score, name) for name in COLUMNS} for score in scores]
    stored = set(session.scalars(_statement(dialect_of(session)), rows))
    course.remember(session, scores, day)
    return [score for score in scores if score.subject in stored]


@lru_cache(maxsize=4)
def _statement(dialect: str) -> Any:
    # Built once: in the time that takes, an event could have been scored.
    insert, old = insert_of(dialect, STORED), STORED.c
    fresh = insert.excluded
    ours, theirs = tuple_(fresh.cutoff, fresh.load), tuple_(old.cutoff, old.load)
    older = (theirs < ours) | ((theirs == ours) & (old.version != fresh.version))
    changed = {name: fresh[name] for name in COLUMNS if name not in ("target", "subject")}
    kept = insert.on_conflict_do_update(index_elements=["target", "subject"], set_=changed, where=older)
    return kept.returning(old.subject)

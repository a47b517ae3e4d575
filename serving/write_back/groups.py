"""Groups of the outbox: what goes to a destination together, and what became of it.

A group is numbered and stored before it is sent and stays the same at every attempt: after a crash the same bytes go
out under the same id. While a record of a subject is under way no newer one of it joins a group.
"""

import hashlib
from collections.abc import Sequence
from random import random
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from crm.clock import HOUR, SECOND
from crm.settings import WriteBack
from crm.tables.outbox import Outgoing
from serving.destinations import Item
from serving.write_back.outbox import news

FIRST_WAIT: Final = 2 * SECOND
LONGEST_WAIT: Final = HOUR
OPEN: Final = 8
"""Groups of one destination that may wait for another attempt before no new one is begun."""


class Group(NamedTuple):
    """Rows that go together: ``attempt`` counts from 1."""

    batch: str
    attempt: int
    items: list[Item]


def backoff(attempt: int) -> int:
    """Microseconds until the next attempt: doubling, and up to half of it by chance, so that not all come at once."""
    wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return int(wait * (1 - random() / 2))  # noqa: S311


def take(session: Session, place: WriteBack, size: int, moment: int) -> Group | None:
    """A group under way whose time has come, else a new one, else None.

    Its next attempt is put off before this one begins: a process that dies in it makes nobody hurry.
    """
    rows = _again(session, place, moment) or _new(session, place, size, moment)
    if not rows:
        return None
    attempt = rows[0].attempts + 1
    for row in rows:
        row.state, row.attempts, row.due_at = "sending", attempt, moment + backoff(attempt)
    items = [Item(row.key, row.kind, row.target, row.subject, row.body) for row in rows]
    return Group(str(rows[0].batch), attempt, items)


def settle(session: Session, place: WriteBack, group: Group, **values: Any) -> None:
    """Says of all its rows what became of them."""
    same = under_way(place) & (Outgoing.batch == group.batch)
    session.execute(update(Outgoing).where(same).values(**values))


def take_apart(session: Session, place: WriteBack, group: Group, moment: int, error: str) -> None:
    """One record may be at fault: from now on each goes alone, under its own key."""
    alone = {"batch": Outgoing.key, "due_at": moment, "attempts": 0, "error": error}
    settle(session, place, group, **alone)


def under_way(place: WriteBack) -> ColumnElement[bool]:
    """Rows in a group that was not taken yet."""
    return (Outgoing.destination == place.name) & (Outgoing.state == "sending")


def _again(session: Session, place: WriteBack, moment: int) -> Sequence[Outgoing]:
    due = select(Outgoing.batch).where(under_way(place), Outgoing.due_at <= moment)
    batch = session.scalar(due.order_by(Outgoing.id).limit(1))
    if batch is None:
        return []
    same = select(Outgoing).where(under_way(place), Outgoing.batch == batch)
    return session.scalars(same.order_by(Outgoing.id)).all()


def _new(session: Session, place: WriteBack, size: int, moment: int) -> Sequence[Outgoing]:
    if session.scalars(select(func.count(Outgoing.batch.distinct())).where(under_way(place))).one() >= OPEN:
        return []
    busy = select(Outgoing.subject).where(under_way(place))
    waiting = select(Outgoing).where(
        Outgoing.destination == place.name, Outgoing.state == "waiting", Outgoing.due_at <= moment,
        Outgoing.subject.not_in(busy),
    )  # fmt: skip
    while rows := session.scalars(waiting.order_by(Outgoing.id).limit(size)).all():
        if fresh := _worth_sending(session, place, rows):
            batch = hashlib.sha256("".join(row.key for row in fresh).encode()).hexdigest()
            for row in fresh:
                row.batch = batch
            return fresh
    return []


def _worth_sending(session: Session, place: WriteBack, rows: Sequence[Outgoing]) -> list[Outgoing]:
    """The rows without scores that went back to what stands there before they were sent; says of each what does."""
    tried = _tried(session, place, [row for row in rows if row.kind in ("score", "undo")])
    found = []
    for row in rows:
        history = tried.get((row.target, row.subject), [])
        row.before = next((one.body for one in reversed(history) if one.state == "sent"), None)
        certain = row.kind == "score" and row.before is not None and history[-1].state == "sent"
        if certain and row.before and news(row.before["fields"]) == news(row.body["fields"]):
            row.state = "superseded"
        else:
            found.append(row)
    return found


def _tried(
    session: Session, place: WriteBack, rows: Sequence[Outgoing]
) -> dict[tuple[str, str], list[Outgoing]]:
    """Of each of these targets and subjects the last row that was sent, and the last that may have been, in order."""
    own = (
        (Outgoing.destination == place.name) & Outgoing.kind.in_(("score", "undo")) & (Outgoing.attempts > 0)
        & Outgoing.target.in_({row.target for row in rows}) & Outgoing.subject.in_({row.subject for row in rows})
    )  # fmt: skip
    last = select(func.max(Outgoing.id)).where(own).group_by(Outgoing.target, Outgoing.subject)
    either = or_(Outgoing.id.in_(last), Outgoing.id.in_(last.where(Outgoing.state == "sent")))
    found: dict[tuple[str, str], list[Outgoing]] = {}
    for one in session.scalars(select(Outgoing).where(either).order_by(Outgoing.id)):
        found.setdefault((one.target, one.subject), []).append(one)
    return found

"""Sends what is due from the outbox: in groups, at the pace each destination bears, again until it is taken.

A group is made, numbered and stored before it is sent, and stays the same however often it is sent: after a crash
the same bytes go out under the same id. While a record of a subject is under way no newer one of it is sent.
"""

import hashlib
import logging
import secrets
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from random import random
from types import ModuleType
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from crm.clock import DAY, HOUR, MINUTE, SECOND, now
from crm.discover import modules
from crm.errors import LeadkeepError, SettingsError
from crm.operations import reading, writing
from crm.settings import Home, WriteBack
from crm.tables.jobs import JobLock, Mark
from crm.tables.outbox import Outgoing
from serving.destinations import Item, Refused, Unreached
from serving.outbox import places

LOG = logging.getLogger(__name__)

FIRST_WAIT: Final = 2 * SECOND
LONGEST_WAIT: Final = HOUR
TRIES: Final = 24
"""Twelve hours and more of waits that double up to an hour; then a person must look."""

OPEN: Final = 8
"""Groups of one destination that may wait for another attempt before no new one is begun."""

LEASE: Final = 2 * MINUTE
KEPT: Final = 30 * DAY
"""What was sent is remembered this long, and the last of each subject for good."""


class Pass(NamedTuple):
    """What one look at a destination did, in records; ``problem`` is why it ended early."""

    destination: str
    sent: int = 0
    dead: int = 0
    dry: int = 0
    problem: str = ""


class Group(NamedTuple):
    """Rows that go together: ``attempt`` counts from 1."""

    batch: str
    attempt: int
    items: list[Item]


def send_due(home: Home, seconds: float = 60.0) -> list[Pass]:
    """Sends what is due to every destination, side by side, for at most ``seconds``; says what it did.

    A destination that fails is left alone until the next call. One that another process serves is passed over.
    """
    configured, until = places(home), now() + round(seconds * SECOND)
    if not configured:
        return []
    with ThreadPoolExecutor(len(configured)) as threads:
        return list(threads.map(lambda place: _Sender(home, place, until).run(), configured))


def backoff(attempt: int) -> int:
    """Microseconds until the next attempt: doubling, and up to half of it by chance, so that not all come at once."""
    wait = min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)
    return int(wait * (1 - random() / 2))  # noqa: S311


def destination(place: WriteBack) -> ModuleType:
    """The code of a destination, its settings checked; raises SettingsError."""
    kinds = modules("serving.destinations")
    if place.to not in kinds:
        where, todo = f"settings.toml: write_back {place.name}", f"write to = one of {', '.join(kinds)}"
        raise SettingsError("no such kind of destination", value=place.to, where=where, todo=todo)
    kinds[place.to].check(place)
    return kinds[place.to]


class _Sender:
    """Serves one destination until nothing is due, time is up, or it fails."""

    def __init__(self, home: Home, place: WriteBack, until: int) -> None:
        self.home, self.place, self.until = home, place, until
        self.lock, self.holder = f"out:{place.name}", secrets.token_hex(8)

    def run(self) -> Pass:
        done = Pass(self.place.name)
        try:
            kind = destination(self.place)
            if not self._lead():
                return done._replace(problem="another process serves it")
            if self.place.dry_run:
                return done._replace(dry=self._dry())
            done = self._send(kind, done)
            self._forget()
        except LeadkeepError as error:
            done = done._replace(problem=str(error))
        finally:
            self._let_go()
        if done.problem:
            LOG.warning("write-back to %s waits", self.place.name)
        return done

    def _send(self, kind: ModuleType, done: Pass) -> Pass:
        while (moment := now()) < self.until and self._lead():
            with writing(self.home) as session:
                pause = self._pause(session, moment)
                group = None if pause else self._next(session, kind.GROUP, moment)
            if pause:
                time.sleep(min(pause, max(0, self.until - now())) / SECOND)
            elif group is None:
                break
            else:
                done = self._attempt(kind, group, done)
                if done.problem:
                    break
        return done

    def _attempt(self, kind: ModuleType, group: Group, done: Pass) -> Pass:
        try:
            kind.write(self.home, self.place, group.batch, group.items)
        except Refused as error:
            dead = self._refused(group, str(error))
            return done._replace(dead=done.dead + dead)
        except Unreached as error:
            dead = self._unreached(group, error)
            return done._replace(dead=done.dead + dead, problem=str(error))
        self._settle(group, state="sent", sent_at=now(), error="")
        return done._replace(sent=done.sent + len(group.items))

    def _pause(self, session: Session, moment: int) -> int:
        """Microseconds until the next request may go."""
        mark = session.get(Mark, self.lock)
        return max(0, mark.number - moment) if mark else 0

    def _rest(self, session: Session, until: int) -> None:
        """No request before ``until``."""
        session.merge(Mark(name=self.lock, number=until))

    def _next(self, session: Session, size: int, moment: int) -> Group | None:
        """A group under way whose time has come, else a new one; its next attempt is put off before this one."""
        rows = self._again(session, moment) or self._new(session, size, moment)
        if not rows:
            return None
        attempt = rows[0].attempts + 1
        for row in rows:
            row.state, row.attempts, row.due_at = "sending", attempt, moment + backoff(attempt)
        self._rest(session, moment + MINUTE // self.place.per_minute)
        items = [Item(row.key, row.kind, row.target, row.subject, row.body) for row in rows]
        return Group(str(rows[0].batch), attempt, items)

    def _under_way(self) -> Any:
        return (Outgoing.destination == self.place.name) & (Outgoing.state == "sending")

    def _again(self, session: Session, moment: int) -> Sequence[Outgoing]:
        due = select(Outgoing.batch).where(self._under_way(), Outgoing.due_at <= moment)
        batch = session.scalar(due.order_by(Outgoing.id).limit(1))
        if batch is None:
            return []
        same = select(Outgoing).where(self._under_way(), Outgoing.batch == batch)
        return session.scalars(same.order_by(Outgoing.id)).all()

    def _new(self, session: Session, size: int, moment: int) -> Sequence[Outgoing]:
        groups = select(func.count(Outgoing.batch.distinct())).where(self._under_way())
        if session.scalars(groups).one() >= OPEN:
            return []
        busy = select(Outgoing.subject).where(self._under_way())
        waiting = select(Outgoing).where(
            Outgoing.destination == self.place.name, Outgoing.state == "waiting",
            Outgoing.due_at <= moment, Outgoing.subject.not_in(busy),
        )  # fmt: skip
        rows = session.scalars(waiting.order_by(Outgoing.id).limit(size)).all()
        batch = hashlib.sha256("".join(row.key for row in rows).encode()).hexdigest()
        standing = _standing(session, self.place, [row for row in rows if row.kind in ("score", "undo")])
        for row in rows:
            row.batch, row.before = batch, standing.get((row.target, row.subject))
        return rows

    def _settle(self, group: Group, **values: Any) -> None:
        with writing(self.home) as session:
            same = self._under_way() & (Outgoing.batch == group.batch)
            session.execute(update(Outgoing).where(same).values(**values))

    def _refused(self, group: Group, said: str) -> int:
        """Of several, one may be at fault: each goes alone, under its own key. One alone is dead."""
        if len(group.items) == 1:
            self._settle(group, state="dead", error=said[:500])
            return 1
        with writing(self.home) as session:
            same = self._under_way() & (Outgoing.batch == group.batch)
            alone = {"batch": Outgoing.key, "due_at": now(), "attempts": 0, "error": said[:500]}
            session.execute(update(Outgoing).where(same).values(alone))
        return 0

    def _unreached(self, group: Group, error: Unreached) -> int:
        last = group.attempt >= TRIES
        self._settle(group, error=str(error)[:500], **({"state": "dead"} if last else {}))
        if error.after:
            with writing(self.home) as session:
                self._rest(session, now() + round(min(error.after * SECOND, LONGEST_WAIT)))
        return len(group.items) if last else 0

    def _dry(self) -> int:
        own = (Outgoing.destination == self.place.name) & (Outgoing.state == "waiting")
        with writing(self.home) as session:
            done = session.execute(update(Outgoing).where(own).values(state="dry").returning(Outgoing.id))
            return len(done.all())

    def _lead(self) -> bool:
        """Takes or renews this destination's lease; what two processes sent would be in no order."""
        moment = now()
        with writing(self.home) as session:
            free = or_(JobLock.holder == self.holder, JobLock.until < moment)
            held = update(JobLock).where(JobLock.job == self.lock, free)
            held = held.values(holder=self.holder, until=moment + LEASE)
            if session.execute(held.returning(JobLock.job)).first():
                return True
            if session.get(JobLock, self.lock):
                return False
            session.add(JobLock(job=self.lock, holder=self.holder, until=moment + LEASE))
            return True

    def _let_go(self) -> None:
        with writing(self.home) as session:
            mine = (JobLock.job == self.lock) & (JobLock.holder == self.holder)
            session.execute(delete(JobLock).where(mine))

    def _forget(self) -> None:
        """Once a day: rows of a month ago, but for the newest of each subject."""
        name, moment = f"old:{self.place.name}", now()
        with reading(self.home) as session:
            mark = session.get(Mark, name)
        if mark and mark.number > moment - DAY:
            return
        newest = [
            select(func.max(Outgoing.id))
            .where(Outgoing.destination == self.place.name, Outgoing.kind.in_(("score", "undo")), *which)
            .group_by(Outgoing.target, Outgoing.subject)
            for which in ((Outgoing.kind == "score",), (Outgoing.state == "sent",))
        ]
        ended = Outgoing.state.in_(("sent", "superseded", "dry")) & (Outgoing.created_at < moment - KEPT)
        old = delete(Outgoing).where(Outgoing.destination == self.place.name, ended)
        with writing(self.home) as session:
            session.execute(old.where(*(Outgoing.id.not_in(ids) for ids in newest)))
            session.merge(Mark(name=name, number=moment))


def _standing(
    session: Session, place: WriteBack, rows: Sequence[Outgoing]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The body that was last taken of each of these targets and subjects."""
    taken = select(Outgoing.target, Outgoing.subject, Outgoing.body).where(
        Outgoing.destination == place.name, Outgoing.kind.in_(("score", "undo")), Outgoing.state == "sent",
        Outgoing.target.in_({row.target for row in rows}), Outgoing.subject.in_({row.subject for row in rows}),
    )  # fmt: skip
    return {(one.target, one.subject): one.body for one in session.execute(taken.order_by(Outgoing.id))}

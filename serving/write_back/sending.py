"""Sends what is due from the outbox: in groups, at the pace each destination bears, again until it is taken.

One process at a time serves a destination; what two sent would be in no order.
"""

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from crm import leases
from crm.clock import DAY, MINUTE, SECOND, now
from crm.discover import modules
from crm.errors import LeadkeepError, SettingsError
from crm.operations import reading, writing
from crm.settings import Home, WriteBack
from crm.tables.jobs import Mark
from crm.tables.outbox import Outgoing
from serving.destinations import Refused, Unreached
from serving.write_back import groups
from serving.write_back.groups import Group
from serving.write_back.outbox import places

LOG = logging.getLogger(__name__)

TRIES: Final = 24
"""Twelve hours and more of waits that double up to an hour; then a person must look."""

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


def send_due(home: Home, seconds: float = 60.0) -> list[Pass]:
    """Sends what is due to every destination, side by side, for at most ``seconds``; says what it did.

    A destination that fails is left alone until the next call. One that another process serves is passed over.
    """
    configured, until = places(home), now() + round(seconds * SECOND)
    if not configured:
        return []
    with ThreadPoolExecutor(len(configured)) as threads:
        return list(threads.map(lambda place: _Sender(home, place, until).run(), configured))


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
            leases.let_go(self.home, self.lock, self.holder)
        if done.problem:
            LOG.warning("write-back to %s waits", self.place.name)
        return done

    def _send(self, kind: ModuleType, done: Pass) -> Pass:
        while (moment := now()) < self.until and self._lead():
            with writing(self.home) as session:
                pause = self._pause(session, moment)
                group = None if pause else groups.take(session, self.place, kind.GROUP, moment)
                if group:
                    self._rest(session, moment + MINUTE // self.place.per_minute)
            if group is None and moment + pause < self.until and pause:
                time.sleep(pause / SECOND)
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

    def _settle(self, group: Group, **values: Any) -> None:
        with writing(self.home) as session:
            groups.settle(session, self.place, group, **values)

    def _refused(self, group: Group, said: str) -> int:
        """One record alone is dead at once."""
        if len(group.items) > 1:
            with writing(self.home) as session:
                groups.take_apart(session, self.place, group, now(), said[:500])
            return 0
        self._settle(group, state="dead", error=said[:500])
        return 1

    def _unreached(self, group: Group, error: Unreached) -> int:
        last = group.attempt >= TRIES
        self._settle(group, error=str(error)[:500], **({"state": "dead"} if last else {}))
        if error.after:
            with writing(self.home) as session:
                self._rest(session, now() + round(min(error.after * SECOND, groups.LONGEST_WAIT)))
        return len(group.items) if last else 0

    def _dry(self) -> int:
        own = (Outgoing.destination == self.place.name) & (Outgoing.state == "waiting")
        with writing(self.home) as session:
            done = session.execute(update(Outgoing).where(own).values(state="dry").returning(Outgoing.id))
            return len(done.all())

    def _lead(self) -> bool:
        """Takes or renews this destination's lease."""
        return leases.take(self.home, self.lock, self.holder, LEASE)

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

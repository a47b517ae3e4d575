"""A person's day: planned callbacks first, then the best leads or customers their hours leave room for."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.clock import DAY, HOUR, now
from crm.errors import NotFound
from crm.events import Events
from crm.glance import Glance, glance
from crm.kin import kin
from crm.notes import Note
from crm.operations import reading
from crm.pressing import pressing
from crm.promises import Promise, kept, promised
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.work import Tap
from models.target import find
from serving.rights.access import TEAM
from serving.rights.keys import Caller
from serving.work import notes, outcomes, steps
from serving.work.calendar import Calendar
from serving.work.worklists import Chosen, Place, Row, Worklist, listed, ranked

LATE: Final = 7 * DAY
"""A promised call that nobody made is put first for so long; then its place is by value again."""

Lookup = Callable[[str], Events]
Line = tuple[Place, Glance, int | None]
"""A place of the day, with the time of the call that is agreed."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with what its reader needs: ``due`` is the time of a promised call, ``tap`` what was said last,
    ``note`` what was last written; ``urgent`` says that something came of them that cannot wait, whatever their score.
    """

    row: Row
    seen: Glance
    due: int | None
    tap: Tap | None
    note: Note | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Workday:
    """``room`` is how many contacts the day holds, ``done`` how many subjects were dealt with today."""

    of: Worklist
    entries: list[Entry]
    taps: list[Tap]
    room: int
    done: int
    off: bool
    all: int


def workday(
    home: Home, target: str, caller: Caller, chosen: Chosen, lookup: Lookup, moment: int | None = None,
    lately: Collection[str] = (),
) -> Workday:  # fmt: skip
    """What the caller should do today; ``lately`` are subjects the inbox speaks of.

    Raises NotFound before the first scoring.
    """
    at = now() if moment is None else moment
    with reading(home) as session:
        run, found = ranked(session, home, target, caller, chosen)
        calendar = Calendar.of(session, home.settings, caller.person)
        day = _Day(home, calendar, at, latest_taps(session, target), lookup)
        taps = day.done_by(session, caller, target)
        done, share = len({tap.subject for tap in taps}), calendar.share(at)
        room = round(_capacity(session, home, target, caller) * (share or 1))
        entries = day.fill(found, max(room - done, 0), pressing(home, at - steps.HASTE).union(lately))
        shown = listed(session, home, target, run, found, [place for place, *_ in entries])
        said = notes.last(session, home, [place.subject for place, *_ in entries])
    rows = {row.card.subject: row for row in shown.rows}
    full = [
        Entry(rows[p.subject], seen, due, day.taps.get(p.subject), said.get(p.subject), p.subject in day.urgent)
        for p, seen, due in entries if p.subject in rows
    ]  # fmt: skip
    return Workday(shown, full, taps, room, done, share == 0, len(found))


def everybody(
    home: Home, target: str, caller: Caller, chosen: Chosen, lookup: Lookup, first: int, limit: int
) -> tuple[Worklist, list[Entry], int]:
    """Part of the caller's whole list with its entries, and how many it holds; raises as :func:`workday`."""
    with reading(home) as session:
        run, found = ranked(session, home, target, caller, chosen)
        taps, given = latest_taps(session, target), promised(home)
        part = listed(session, home, target, run, found, found[first : first + limit])
        said = notes.last(session, home, [row.card.subject for row in part.rows])
    entries = []
    for row in part.rows:
        tap = taps.get(row.card.subject)
        promise = agreed(tap, given.get(row.card.subject))
        seen = glance_of(lookup, row.card.subject, now())
        due = promise.due if promise else None
        entries.append(Entry(row, seen, due, tap, said.get(row.card.subject)))
    return part, entries, len(found)


def agreed(tap: Tap | None, promise: Promise | None) -> Promise | None:
    """The call agreed last, here or in the CRM; None where what was said last agrees none."""
    if tap is None or (promise is not None and promise.at > tap.at):
        return promise
    return Promise(tap.at, tap.due_at) if tap.due_at is not None else None


def latest_taps(session: Session, target: str) -> dict[str, Tap]:
    """The last tap of each subject that stands."""
    last = (
        select(Tap.subject, func.max(Tap.at).label("at"))
        .where(Tap.target == target, Tap.undone_at.is_(None)).group_by(Tap.subject).subquery()
    )  # fmt: skip
    same = (Tap.subject == last.c.subject) & (Tap.at == last.c.at) & Tap.undone_at.is_(None)
    return {tap.subject: tap for tap in session.scalars(select(Tap).join(last, same))}


def glance_of(lookup: Lookup, subject: str, moment: int) -> Glance:
    """The glance at a subject; blank for one whose events nobody holds."""
    try:
        return glance(lookup(subject), moment)
    except NotFound:
        return Glance()


def _capacity(session: Session, home: Home, target: str, caller: Caller) -> int:
    own = session.get(Person, caller.person) if caller.person is not None else None
    usual: int = getattr(home.settings.capacity, TEAM[find(target).subject])
    return own.capacity if own and own.capacity else usual


class _Day:
    """Decides who belongs on the list of one moment."""

    def __init__(self, home: Home, calendar: Calendar, at: int, taps: dict[str, Tap], lookup: Lookup) -> None:
        self.taps, self._at, self._lookup, self._home = taps, at, lookup, home
        self.urgent: set[str] = set()
        self._promised = promised(home)
        self._begins = calendar.begins(calendar.day(at))
        self._ends = self._begins + DAY
        self._rest = home.settings.hours.rest_hours * HOUR
        resting = [subject for subject in taps if self._rests(subject)]
        self._same = kin(home, resting).difference(resting)

    def done_by(self, session: Session, caller: Caller, target: str) -> list[Tap]:
        """What the caller tapped today, the newest first."""
        own = (Tap.target == target, Tap.person == caller.person, Tap.at >= self._begins)
        return list(session.scalars(select(Tap).where(*own, Tap.undone_at.is_(None)).order_by(Tap.at.desc())))

    def fill(self, found: list[Place], room: int, pressing: Collection[str]) -> list[Line]:
        """Promised calls in their order, all of them. Then, while there is room, those of ``pressing`` who cannot
        wait, whatever ranks them, and the best who may be contacted.
        """
        entries = self._promises(found)
        urgent = [place for place in found if place.subject in pressing]
        for places, look in ((urgent, self._waiting), (found, self._free)):
            taken = {place.subject for place, *_ in entries}
            for place in places:
                if len(entries) >= room:
                    break
                if place.subject not in taken and (seen := look(place.subject)) is not None:
                    entries.append((place, seen, None))
        return entries

    def _promises(self, found: list[Place]) -> list[Line]:
        given = self._promised.keys() | self.taps.keys()
        due = [(promise, place) for place in found
               if place.subject in given and (promise := self._due(place.subject))]  # fmt: skip
        entries: list[Line] = []
        for promise, place in sorted(due, key=lambda one: one[0].due):
            seen = glance_of(self._lookup, place.subject, self._at)
            if not kept(promise, seen.ours.at if seen.ours else None):
                entries.append((place, seen, promise.due))
        return entries

    def _waiting(self, subject: str) -> Glance | None:
        """The glance at one whose new message, ticket or bad rating nobody has dealt with."""
        seen, tap = glance_of(self._lookup, subject, self._at), self.taps.get(subject)
        since = steps.pressed(seen, self._at)
        if since is None or (tap and tap.at > since) or (seen.ours and seen.ours.at > since):
            return None
        self.urgent.add(subject)
        return seen

    def _free(self, subject: str) -> Glance | None:
        """The glance at one who may be contacted; None for who is left alone."""
        if self._rests(subject) or self._rests_elsewhere(subject):
            return None
        seen = glance_of(self._lookup, subject, self._at)
        return None if self._just_contacted(subject, seen) else seen

    def _agreed(self, subject: str) -> Promise | None:
        return agreed(self.taps.get(subject), self._promised.get(subject))

    def _due(self, subject: str) -> Promise | None:
        """The call that was promised, if that is for today or was lately."""
        promise = self._agreed(subject)
        return promise if promise and self._at - LATE < promise.due < self._ends else None

    def _rests(self, subject: str) -> bool:
        """Whether somebody dealt with the subject so lately that it is left alone."""
        tap, promise = self.taps.get(subject), self._agreed(subject)
        if promise is not None and promise.due >= self._ends:
            return True
        if tap is None:
            return False
        rest = outcomes.BY_CODE[tap.code].rest
        return self._at < tap.at + (self._rest if rest is None else rest)

    def _rests_elsewhere(self, subject: str) -> bool:
        """Whether another record of the same person rests: whoever holds that one has just called this number."""
        return subject in self._same and any(self._rests(one) for one in kin(self._home, [subject]))

    def _just_contacted(self, subject: str, seen: Glance) -> bool:
        """A contact the CRM knows of counts too, unless the customer has written since.

        The call that the last tap itself entered does not: how long that one rests the outcome says.
        """
        if seen.ours is None or seen.ours.at <= self._at - self._rest:
            return False
        if (tap := self.taps.get(subject)) is not None and seen.ours.at <= tap.at:
            return False
        return not (seen.theirs and seen.theirs.at > seen.ours.at)

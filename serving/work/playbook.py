"""What a team lead needs to know of a team: who holds how much, who is behind, and what to do about it."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.clock import HOUR, now
from crm.settings import Home, Settings
from crm.tables.people import Person, Team
from crm.tables.work import Alert, Assignment, Tap
from serving.work import holding
from serving.work.calendar import Calendar
from serving.work.sharing import SHARING, Seat

MOST: Final = 30
"""Leads listed that nobody touched."""

CROWDED: Final = 1.5
"""Who holds this much more than the team's average holds too much."""

EVEN: Final = 1
"""Urgent ones a person may have more than another while they are shared evenly."""


@dataclass(frozen=True, slots=True)
class Line:
    """One person of a team: what they hold, what of it waits, what they did today. ``late`` are urgent ones that have
    waited for more than a usual day of work, in the person's own working time.
    """

    person: int
    name: str
    here: bool
    away: bool
    load: int
    hot: int
    untouched: int
    untouched_hot: int
    missed: int
    done: int
    late: int


class Waiting(NamedTuple):
    """A lead nobody dealt with; ``recalled_at`` is when it goes back to the pool, None for never."""

    subject: str
    hot: bool
    holder: str
    since: int
    recalled_at: int | None


class Play(NamedTuple):
    """Something to do: a sentence by its ``code``, about somebody ("" is the team), and who could help."""

    code: str
    name: str
    n: int
    to: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """A team at work. ``hot`` are the fewest and the most urgent ones that somebody at work holds."""

    team: Team
    lines: list[Line]
    pool: int
    pool_hot: int
    waiting: list[Waiting]
    hot: tuple[int, int]
    plays: list[Play]

    @property
    def even(self) -> bool:
        """Whether the urgent ones are shared evenly."""
        return self.hot[1] - self.hot[0] <= EVEN


def overview(session: Session, home: Home, team: Team) -> Overview:
    """How a team stands now."""
    seats = holding.floor(session, home.settings).seats
    found = [(one, who) for one, who, of in holding.untouched(session) if of.id == team.id]
    pool = set(
        session.scalars(
            select(Assignment.subject).where(
                Assignment.team == team.id, Assignment.person.is_(None), Assignment.until.is_(None)
            )
        )
    )
    chances = holding.chances(session, home)
    hot = {subject for subject, chance in chances.items() if chance.hot}
    lines = [
        _line(
            session,
            home.settings,
            seats[person.id],
            person,
            [one for one, who in found if who and who.id == person.id],
            hot,
        )
        for person in _people(session, team)
        if person.id in seats
    ]
    waiting = _waiting(session, home.settings, team, found, hot)
    counted = [line.hot for line in lines if seats[line.person].here] or [0]
    plays = _plays(lines, len(pool), len(pool & hot))
    return Overview(team, lines, len(pool), len(pool & hot), waiting, (min(counted), max(counted)), plays)


def _people(session: Session, team: Team) -> list[Person]:
    at_work = Person.team == team.id, Person.left_at.is_(None)
    return list(session.scalars(select(Person).where(*at_work).order_by(Person.name, Person.id)))


def _line(
    session: Session,
    settings: Settings,
    seat: Seat,
    person: Person,
    untouched: list[Assignment],
    hot: set[str],
) -> Line:
    calendar = Calendar(settings)
    today = calendar.begins(calendar.day(now()))
    done = select(func.count()).where(Tap.person == person.id, Tap.at >= today, Tap.undone_at.is_(None))
    missed = select(func.count()).where(
        Alert.person == person.id, Alert.kind == "callback_missed", Alert.settled_at.is_(None)
    )
    urgent = [one for one in untouched if one.subject in hot]
    own = Calendar.of(session, settings, person.id)
    limit = holding.long_ago(own, now(), own.usual)
    late = [one for one in urgent if holding.waits_since(one, person) < limit]
    return Line(
        person.id, person.name, seat.here, person.role in SHARING and not seat.here, seat.load, seat.hot,
        len(untouched), len(urgent), session.scalar(missed) or 0, session.scalar(done) or 0, len(late),
    )  # fmt: skip


def _waiting(
    session: Session,
    settings: Settings,
    team: Team,
    found: list[tuple[Assignment, Person | None]],
    hot: set[str],
) -> list[Waiting]:
    """The urgent ones first, of these who waits the longest."""
    found = sorted(found, key=lambda one: (one[0].subject not in hot, holding.waits_since(*one)))[:MOST]
    calendar = holding.calendars(session, settings)
    listed = []
    for one, who in found:
        since = holding.waits_since(one, who)
        recalled = (
            calendar(who.id).after(since, team.recall_hours * HOUR) if who and team.recall_hours else None
        )
        listed.append(Waiting(one.subject, one.subject in hot, who.name if who else "", since, recalled))
    return listed


def _plays(lines: list[Line], pool: int, pool_hot: int) -> list[Play]:
    """What to do, the most urgent first."""
    free = min((line for line in lines if line.here), key=lambda line: line.load, default=None)
    average = sum(line.load for line in lines) / max(1, len(lines))
    away, call, missed, crowded = list[Play](), list[Play](), list[Play](), list[Play]()
    for line in lines:
        to = free.name if free and free is not line else ""
        if line.untouched_hot:
            (away if line.away else call).append(
                Play("Away" if line.away else "Call", line.name, line.untouched_hot, to)
            )
        if line.missed:
            missed.append(Play("Missed", line.name, line.missed))
        spare = round(line.load - average)
        if to and line.load > CROWDED * average and spare > EVEN:
            crowded.append(Play("Crowded", line.name, spare, to))
    waits = [Play("Pool_hot", "", pool_hot)] if pool_hot else [Play("Pool", "", pool)] if pool else []
    return [*away, *sorted(call, key=lambda play: -play.n), *missed, *waits[:1], *crowded]

"""Whose everything is now: the rows of ``assignment`` with what the rules need beside them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, func, select, tuple_, update
from sqlalchemy import text as sql
from sqlalchemy.orm import Session, aliased

from crm import operations
from crm.clock import DAY, now
from crm.errors import NotFound
from crm.settings import Home, Settings
from crm.standing import Standing
from crm.tables import table
from crm.tables.people import Absence, Person, Team
from crm.tables.scores import Score
from crm.tables.work import Assignment, Tap
from serving.bands import BANDS
from serving.rights.audit import COMMAND_LINE
from serving.rights.scope import TEAM
from serving.runs import newest
from serving.work.calendar import Calendar, day_number
from serving.work.endings import finished
from serving.work.sharing import HOLDING, SHARING, Chance, Floor, Group, Held, Place, Seat
from serving.work.worklists import ranked

CHUNK: Final = 500
"""Rows changed in one transaction: nobody waits long for the database."""

TARGETS: Final = {"lead": "lead_conversion", "customer": "churn"}
"""The target whose band says how urgent a subject is."""

URGENT: Final = frozenset(bands[0] for bands in BANDS.values())
LONGEST: Final = 400
"""Days looked back for working time."""

STORED: Final = table(Assignment).c
HAD: Final = select(STORED.subject).where(
    STORED.until.is_(None), STORED.subject.in_(bindparam("subjects", expanding=True))
)
"""Asked at every live score: built once, as all that a newcomer's place is found by."""

WHO, AWAY = table(Person).c, table(Absence).c
AT_WORK: Final = select(WHO.id, WHO.team, WHO.role, WHO.capacity, WHO.actor).where(
    WHO.left_at.is_(None), WHO.team.is_not(None), WHO.role.in_(HOLDING)
)
TEAMS: Final = select(table(Team)).order_by(table(Team).c.id)
ABSENT: Final = select(AWAY.person).where(
    AWAY.first_day <= bindparam("day"), AWAY.last_day >= bindparam("day")
)

T = TypeVar("T")


def chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """A transaction's worth at a time."""
    return (rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK))


Loads = dict[int, tuple[int, int]]
"""By person how many subjects they hold, and how many of them are urgent."""


def floor(session: Session, settings: Settings, carried: Loads | None = None) -> Floor:
    """The teams, and the people at work with what they hold, by default as counted now."""
    groups = [Group(team.id, team.kind, frozenset(team.sources), team.qualify_at) for team in _teams(session)]
    if not groups:
        return Floor([], [], {})
    at_work = session.execute(AT_WORK).all()
    away = absent(session, settings)
    seats = {person.id: _seat(person, settings, person.id in away) for person in at_work}
    for person, found in (loads(session) if carried is None else carried).items():
        if person in seats:
            seats[person].load, seats[person].hot = found
    return Floor(groups, seats.values(), {person.actor: person.id for person in at_work if person.actor})


def _teams(session: Session) -> Sequence[Row[*tuple[Any, ...]]]:
    return session.execute(TEAMS).all()


def absent(session: Session, settings: Settings) -> set[int]:
    """Who is on leave today."""
    today = day_number(Calendar(settings).day(now()))
    return set(session.scalars(ABSENT, {"day": today}))


def _seat(person: Row[*tuple[Any, ...]], settings: Settings, away: bool) -> Seat:
    usual = settings.capacity.care if person.role == "care" else settings.capacity.sales
    here = not away and person.role in SHARING
    return Seat(person.id, person.team, max(1, person.capacity or usual), here)


def loads(session: Session) -> Loads:
    """Counts what everybody holds and is not done with: with many subjects that takes a while."""
    return {person: (int(load), int(hot)) for person, load, hot in session.execute(_loads()) if person}


def _loads() -> Select[int | None, int, int]:
    hot = func.sum(case((Score.band.in_(URGENT), 1), else_=0))
    of_subject = (Score.subject == Assignment.subject) & Score.target.in_(TARGETS.values())
    return (
        select(Assignment.person, func.count(), hot)
        .join(Score, of_subject, isouter=True)
        .where(Assignment.until.is_(None), Assignment.person.is_not(None))
        .where(Assignment.subject.not_in(finished().with_only_columns(Tap.subject)))
        .group_by(Assignment.person)
    )


def unheld(session: Session, subjects: Collection[str]) -> set[str]:
    """Those of ``subjects`` that nobody has, and no pool."""
    return set(subjects) - set(session.scalars(HAD, {"subjects": list(subjects)})) if subjects else set()


def held(session: Session, subjects: Collection[str] | None = None) -> dict[str, Held]:
    """Whose everything is now, or each of ``subjects``; of what was recalled also who had it."""
    before = aliased(Assignment)
    recalled = (
        (Assignment.why == "recalled") & (before.subject == Assignment.subject)
        & (before.until == Assignment.since)
    )  # fmt: skip
    asked = (
        select(
            Assignment.subject,
            Assignment.person,
            Assignment.team,
            Assignment.since,
            Assignment.why,
            before.person,
        )
        .join(before, recalled, isouter=True)
        .where(Assignment.until.is_(None))
    )
    if subjects is not None:
        asked = asked.where(Assignment.subject.in_(subjects))
    return {
        subject: Held(person, team, since, why, had)
        for subject, person, team, since, why, had in session.execute(asked)
    }


def chances(session: Session, home: Home) -> dict[str, Chance]:
    """How urgent the lists say everybody is, so that who is worked by the rule is here too; the first band is hot."""
    found: dict[str, Chance] = {}
    for target in TARGETS.values():
        try:
            _, places = ranked(session, home, target, COMMAND_LINE)
        except NotFound:
            continue
        found |= {place.subject: Chance(place.probability, place.band in URGENT) for place in places}
    return found


def present_customers(session: Session) -> set[str]:
    """Customers of the newest scoring: those who are still with us."""
    try:
        run = newest(session, TARGETS["customer"])
    except NotFound:
        return set()
    current = tuple_(Score.cutoff, Score.load) >= (run.cutoff, run.load)
    return set(session.scalars(select(Score.subject).where(Score.target == run.target, current)))


def current(session: Session, subject: str) -> Assignment:
    """Whose a subject is now; raises NotFound."""
    one = standing(session, subject)
    if one is None:
        raise NotFound("nobody has this one", value=subject, where="assignments")
    return one


def standing(session: Session, subject: str) -> Assignment | None:
    """The same; None where nobody has it."""
    return session.scalar(select(Assignment).where(Assignment.subject == subject, Assignment.until.is_(None)))


def fit(session: Session, subject: str) -> Select[Person]:
    """Those at work who would have a subject on their lists: in a team of its work, or in any where there is none."""
    kinds = {team.id: team.kind for team in _teams(session)}
    wanted = TEAM.get(subject.partition(":")[0])
    teams = {team for team, kind in kinds.items() if kind == wanted} or set(kinds)
    return select(Person).where(Person.left_at.is_(None), Person.role.in_(HOLDING), Person.team.in_(teams))


def begin(session: Session, found: Sequence[tuple[Standing, Place]]) -> None:
    """The first assignment of each; who got one meanwhile keeps it. The CRM's owner has it since the CRM says so."""
    moment = now()
    rows = [
        {
            "subject": one.subject, "person": place.person, "team": place.team, "until": None, "why": place.why,
            "since": min(moment, one.owner_since or moment) if place.why == "crm" else moment, "by": None,
            "touched_at": one.touched_at,
        }
        for one, place in found
    ]  # fmt: skip
    if rows:
        insert = operations.insert(session, Assignment)
        once = insert.on_conflict_do_nothing(index_elements=["subject"], index_where=sql("until IS NULL"))
        session.execute(once, rows)


def replace(
    session: Session, subject: str, since: int, place: Place, moment: int, by: int | None = None
) -> bool:
    """Ends the assignment that began at ``since`` and begins the next; False where another did so first."""
    ended = end(session, [subject], moment, Assignment.since == since)
    if ended:
        session.add(
            Assignment(
                subject=subject, person=place.person, team=place.team, since=moment, until=None, why=place.why,
                by=by, touched_at=ended[0],
            )
        )  # fmt: skip
        session.flush()
    return bool(ended)


def end(
    session: Session, subjects: Iterable[str], moment: int, only: ColumnElement[bool] | None = None
) -> list[int | None]:
    """Ends the present assignments of ``subjects``; returns when each was last dealt with."""
    which = Assignment.subject.in_(list(subjects)) & Assignment.until.is_(None)
    if only is not None:
        which &= only
    ended = update(Assignment).where(which).values(until=moment).returning(Assignment.touched_at)
    return list(session.scalars(ended))


def note_touches(session: Session, touched: Mapping[str, int | None]) -> None:
    """Keeps when the history last saw somebody deal with each lead, for pages that cannot read it all."""
    rows = session.execute(
        select(Assignment.id, Assignment.subject, Assignment.touched_at).where(
            Assignment.until.is_(None), Assignment.subject.in_(touched)
        )
    ).all()
    newer = [{"id": id, "touched_at": touched[name]} for id, name, known in rows if touched[name] != known]
    if newer:
        session.execute(update(Assignment), newer)


def untouched(session: Session) -> list[tuple[Assignment, Person | None, Team]]:
    """Leads nobody dealt with since they came to who holds them (None: the pool), and which team it is."""
    tapped = (
        select(Tap.id)
        .where(Tap.subject == Assignment.subject, Tap.at >= Assignment.since, Tap.undone_at.is_(None))
        .exists()
    )
    asked = (
        select(Assignment, Person, Team)
        .join(Person, Person.id == Assignment.person, isouter=True)
        .join(Team, Team.id == Assignment.team)
        .where(
            Assignment.until.is_(None), Assignment.subject.startswith("lead:"), ~tapped,
            Assignment.touched_at.is_(None) | (Assignment.touched_at < Assignment.since),
        )
        .order_by(Assignment.since, Assignment.id)
    )  # fmt: skip
    return [(one, person, team) for one, person, team in session.execute(asked)]


def waits_since(one: Assignment, person: Person | None) -> int:
    """Since when a lead waits: since its holder got it and could first see it here."""
    return max(one.since, person.created_at if person else 0)


def patience(session: Session, settings: Settings, moment: int, length: int) -> Callable[[int | None], int]:
    """:func:`long_ago` by person, in the calendar by which their leads wait."""
    calendar = calendars(session, settings)

    @cache
    def limit(person: int | None) -> int:
        return long_ago(calendar(person), moment, length)

    return limit


def calendars(session: Session, settings: Settings) -> Callable[[int | None], Calendar]:
    """By which calendar somebody's leads wait: their own, whose leave is no working time; once they are away, and of
    nobody's, the company's, since the team is there to deal with them.
    """
    away = absent(session, settings)

    @cache
    def of(person: int | None) -> Calendar:
        return Calendar.of(session, settings, None if person in away else person)

    return of


def long_ago(calendar: Calendar, moment: int, length: int) -> int:
    """The latest moment since which ``length`` of working time has passed at ``moment``; microseconds."""
    day, left = calendar.day(moment), length
    for _ in range(LONGEST):
        for first, last in reversed(calendar.spans(day)):
            worked = min(last, moment) - first
            if worked >= left:
                return first + worked - left
            left -= max(0, worked)
        day -= timedelta(days=1)
    return moment - LONGEST * DAY

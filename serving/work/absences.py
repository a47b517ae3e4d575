"""Leave: days somebody is away, entered by themselves or by who leads them; the calendar gives them no work then."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import now, to_datetime
from crm.errors import Forbidden, NotFound, SourceError
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import Absence, Person
from serving.rights.audit import note
from serving.rights.callers import Caller
from serving.work.calendar import day_number, day_of

ANYBODY: Final = frozenset({"director", "admin"})
"""Roles that enter everybody's leave; a team lead enters that of the team."""

LONGEST: Final = timedelta(days=366)
"""Of one leave, and how far from today it may be."""


class Away(NamedTuple):
    """One leave, from the first local day to the last."""

    person: int
    name: str
    first: date
    last: date


def enter(home: Home, caller: Caller, person: int, first: date, last: date) -> None:
    """Keeps that somebody is away; leave that overlaps becomes one.

    Raises SourceError for days that cannot be meant, Forbidden for leave of somebody one does not lead, NotFound.
    """
    today = to_datetime(now(), home.settings.zone).date()
    if not first <= last <= first + LONGEST or not today - LONGEST <= first <= today + LONGEST:
        todo = "the last day is not before the first, and both are within a year"
        raise SourceError("not a usable leave", value=f"{first} - {last}", where="leave", todo=todo)
    numbers = day_number(first), day_number(last)
    with writing(home) as session:
        _check(session, caller, person)
        overlaps = Absence.first_day <= numbers[1], Absence.last_day >= numbers[0]
        for one in session.scalars(select(Absence).where(Absence.person == person, *overlaps)).all():
            numbers = min(numbers[0], one.first_day), max(numbers[1], one.last_day)
            session.delete(one)
        session.add(Absence(person=person, first_day=numbers[0], last_day=numbers[1]))
        note(session, caller, "leave.enter", f"person:{person}", first=str(first), last=str(last))


def take_back(home: Home, caller: Caller, person: int, day: date) -> None:
    """Forgets the leave of somebody that holds this day; raises Forbidden, and NotFound where there is none."""
    with writing(home) as session:
        _check(session, caller, person)
        holds = Absence.first_day <= day_number(day), Absence.last_day >= day_number(day)
        found = session.scalars(select(Absence).where(Absence.person == person, *holds)).first()
        if found is None:
            raise NotFound("no leave on this day", value=str(day), where=f"person {person}")
        first, last = day_of(found.first_day), day_of(found.last_day)
        session.delete(found)
        note(session, caller, "leave.take_back", f"person:{person}", first=str(first), last=str(last))


def coming(session: Session, people: Iterable[int], today: date) -> list[Away]:
    """Leave of these people that is not over, the soonest first."""
    rows = session.execute(
        select(Absence, Person.name)
        .join(Person, Person.id == Absence.person)
        .where(Absence.person.in_(list(people)), Absence.last_day >= day_number(today))
        .order_by(Absence.first_day, Person.name)
    )
    return [Away(one.person, name, day_of(one.first_day), day_of(one.last_day)) for one, name in rows]


def _check(session: Session, caller: Caller, person: int) -> None:
    """That the caller may enter leave of this person; raises Forbidden, and NotFound for nobody at work."""
    found = session.get(Person, person)
    if found is None or found.left_at is not None:
        raise NotFound("no such person at work", value=person)
    leads = caller.role == "team_lead" and caller.team is not None and caller.team == found.team
    if caller.person != person and caller.role not in ANYBODY and not leads:
        raise Forbidden("this is not your team", value=person, where="leave", todo="ask who leads the team")

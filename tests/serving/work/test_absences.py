from datetime import date, timedelta

import pytest
from sqlalchemy import select

from crm.clock import now, to_datetime
from crm.errors import Forbidden, NotFound, SourceError
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Absence, Deed
from serving.rights.keys import Caller
from serving.work import absences
from serving.work.calendar import Calendar
from tests.serving.teams import as_caller, person, team

ADMIN = Caller("admin", "key")
TODAY = to_datetime(now(), "Asia/Ho_Chi_Minh").date()


def after(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.fixture
def lan(home: Home) -> int:
    return person(home, "lan", team(home, "Một"))


def coming(home: Home, who: int) -> list[tuple[date, date]]:
    with reading(home) as session:
        return [(one.first, one.last) for one in absences.coming(session, [who], TODAY)]


@pytest.mark.databases("sqlite", "postgres")
def test_leave_takes_the_days_out_of_one_s_calendar_and_is_logged(home: Home, lan: int) -> None:
    caller = as_caller(home, lan)
    absences.enter(home, caller, lan, after(7), after(8))
    with reading(home) as session:
        calendar = Calendar.of(session, home.settings, lan)
        usual = Calendar(home.settings)
        assert [calendar.spans(after(day)) for day in (7, 8)] == [[], []]
        assert [calendar.spans(after(day)) for day in (6, 9)] == [usual.spans(after(day)) for day in (6, 9)]
    absences.take_back(home, caller, lan, after(8))
    assert coming(home, lan) == []
    with reading(home) as session:
        deeds = session.execute(select(Deed.action, Deed.object, Deed.person).order_by(Deed.id)).all()
    assert [*map(tuple, deeds)] == [
        ("leave.enter", f"person:{lan}", lan), ("leave.take_back", f"person:{lan}", lan),
    ]  # fmt: skip


def test_leave_that_overlaps_becomes_one(home: Home, lan: int) -> None:
    for first, last in ((1, 3), (10, 10), (3, 5), (1, 1)):
        absences.enter(home, ADMIN, lan, after(first), after(last))
    assert coming(home, lan) == [(after(1), after(5)), (after(10), after(10))]


def test_only_oneself_and_who_leads_the_team_enter_it(home: Home, lan: int) -> None:
    with reading(home) as session:
        own = session.get_one(absences.Person, lan).team
    other = team(home, "Hai")
    may = [as_caller(home, person(home, "lead", own, "team_lead")), Caller("director", "key"), ADMIN]
    may_not = [
        as_caller(home, person(home, "colleague", own)), as_caller(home, person(home, "boss", other, "team_lead")),
        Caller("data", "key"), Caller("team_lead", "key"),
    ]  # fmt: skip
    for caller in may_not:
        with pytest.raises(Forbidden, match="not your team"):
            absences.enter(home, caller, lan, TODAY, TODAY)
    for day, caller in enumerate(may):
        absences.enter(home, caller, lan, after(2 * day), after(2 * day))
        with pytest.raises(Forbidden):
            absences.take_back(home, may_not[0], lan, after(2 * day))
    with reading(home) as session:
        assert len(session.scalars(select(Absence)).all()) == len(may)


@pytest.mark.parametrize(("first", "last"), [(2, 1), (0, 400), (800, 801), (-800, 0)])
def test_days_that_cannot_be_meant_are_refused(home: Home, lan: int, first: int, last: int) -> None:
    with pytest.raises(SourceError, match="not a usable leave"):
        absences.enter(home, ADMIN, lan, after(first), after(last))


def test_who_left_and_a_day_at_work_have_no_leave(home: Home, lan: int) -> None:
    with pytest.raises(NotFound, match="no leave"):
        absences.take_back(home, ADMIN, lan, TODAY)
    gone = person(home, "gone", team(home, "Ba"), left_at=1)
    with pytest.raises(NotFound, match="no such person"):
        absences.enter(home, ADMIN, gone, TODAY, TODAY)

from datetime import date

import pytest

from crm.clock import HOUR, MINUTE, parse
from crm.settings import Hours, Settings
from serving.work.calendar import Calendar

CALENDAR = Calendar(Settings())


def at(text: str) -> int:
    return parse(text, "Asia/Ho_Chi_Minh")


def test_a_lead_of_ten_in_the_evening_has_waited_nothing_at_eight() -> None:
    assert CALENDAR.worked(at("2026-03-02T22:00"), at("2026-03-03T08:00")) == 0
    assert CALENDAR.worked(at("2026-03-02T22:00"), at("2026-03-03T08:30")) == 30 * MINUTE


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-03-02T11:00", "2026-03-02T14:30", 2),  # over lunch
        ("2026-03-06T17:00", "2026-03-07T09:00", 1.5),  # Friday evening to Saturday morning
        ("2026-03-07T11:00", "2026-03-09T09:00", 2),  # Saturday is a morning, Sunday nothing
        (
            "2026-02-13T17:00",
            "2026-02-23T08:30",
            1 + 4,
        ),  # Tết 2026: the 13th's end, Saturday 14, then Monday 23
    ],
)
def test_working_time(since: str, until: str, hours: float) -> None:
    assert CALENDAR.worked(at(since), at(until)) == hours * HOUR


@pytest.mark.parametrize("day", ["2026-02-15", "2026-02-17", "2026-04-26", "2026-04-30", "2026-09-02"])
def test_holidays_are_off(day: str) -> None:
    assert CALENDAR.spans(date.fromisoformat(day)) == []


def test_leave_and_the_company_s_own_days_off() -> None:
    day = date(2026, 3, 4)
    assert Calendar(Settings(), frozenset({day})).spans(day) == []
    assert Calendar(Settings(hours=Hours(closed=[day]))).spans(day) == []
    assert len(CALENDAR.spans(day)) == 2


def test_after_is_what_worked_undoes() -> None:
    for hour in range(0, 24 * 14, 5):
        since = at("2026-02-10T00:00") + hour * HOUR
        for length in (MINUTE, 3 * HOUR, 30 * HOUR):
            then = CALENDAR.after(since, length)
            assert CALENDAR.worked(since, then) == length
            assert CALENDAR.worked(since, then - 1) < length


def test_a_saturday_holds_half_a_day_s_work() -> None:
    assert CALENDAR.share(at("2026-03-07T10:00")) == 0.5
    assert CALENDAR.share(at("2026-03-08T10:00")) == 0
    assert CALENDAR.share(at("2026-03-09T22:00")) == 1


def test_calling_hours_end_at_five() -> None:
    assert not CALENDAR.may_call(at("2026-03-02T07:59"))
    assert CALENDAR.may_call(at("2026-03-02T16:59"))
    assert not CALENDAR.may_call(at("2026-03-02T17:00"))


@pytest.mark.parametrize(
    ("asked", "given"),
    [("03-02T16:59", "03-02T16:59"), ("03-02T17:00", "03-03T08:00"), ("03-02T05:00", "03-02T08:00")],
)
def test_the_next_moment_people_may_be_called(asked: str, given: str) -> None:
    assert CALENDAR.may_call_from(at(f"2026-{asked}")) == at(f"2026-{given}")


def test_hours_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(ValueError, match="begins before it ends"):
        Hours(week=["12:00-08:00"])

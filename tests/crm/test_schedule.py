"""Schedules: the newest moment at which a job is due."""

import hypothesis.strategies as st
import pytest
from hypothesis import given

from crm.clock import DAY, MINUTE, parse
from crm.errors import SettingsError
from crm.schedule import DAYS, coming, newest

ZONE = "Asia/Ho_Chi_Minh"
moments = st.integers(1_600_000_000_000_000, 1_900_000_000_000_000)
clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.integers(0, 59))


@pytest.mark.parametrize(
    ("schedule", "moment", "due"),
    [
        ("01:30", "2026-03-03 01:30", "2026-03-03 01:30"),
        ("01:30", "2026-03-03 01:29", "2026-03-02 01:30"),
        ("sunday 03:00", "2026-03-03 12:00", "2026-03-01 03:00"),
        ("sunday 03:00", "2026-03-01 02:59", "2026-02-22 03:00"),
        ("every 15 minutes", "2026-03-03 12:14", "2026-03-03 12:00"),
    ],
)
def test_the_company_clock_decides(schedule: str, moment: str, due: str) -> None:
    assert newest(schedule, parse(moment, ZONE), ZONE) == parse(due, ZONE)


@given(moments, clocks, st.sampled_from(DAYS))
def test_it_is_due_once_a_day_and_once_a_week(moment: int, clock: str, day: str) -> None:
    daily, weekly = newest(clock, moment, ZONE), newest(f"{day} {clock}", moment, ZONE)
    assert daily is not None
    assert weekly is not None
    assert 0 <= moment - daily < DAY
    assert 0 <= moment - weekly < 7 * DAY
    assert newest(clock, daily - 1, ZONE) == daily - DAY
    assert newest(f"{day} {clock}", weekly + 7 * DAY - MINUTE, ZONE) == weekly


@given(moments, clocks, st.sampled_from(DAYS), st.sampled_from([ZONE, "Europe/Berlin"]))
def test_what_comes_next_is_the_first_time_after(moment: int, clock: str, day: str, zone: str) -> None:
    for schedule in (clock, f"{day} {clock}", "every 7 minutes"):
        at = coming(schedule, moment, zone)
        assert at is not None
        assert at > moment
        assert newest(schedule, at, zone) == at
        assert newest(schedule, at - 1, zone) == newest(schedule, moment, zone)
    assert coming("", moment, zone) is None


@pytest.mark.parametrize("wrong", ["25:00", "1:30", "daily", "friday", "every minute", "every 15 minutes "])
def test_what_is_no_schedule_is_said(wrong: str) -> None:
    with pytest.raises(SettingsError, match="not a schedule"):
        newest(wrong, 0, ZONE)

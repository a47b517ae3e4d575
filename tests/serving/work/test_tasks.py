"""The task an outcome leaves in the CRM: what, and when somebody works and may call."""

from datetime import date

import pytest

from crm.clock import parse
from crm.settings import Home, Hours, Settings
from crm.tables.work import Tap
from serving.work.calendar import Calendar
from serving.work.tasks import Task, following

ZONE = "Asia/Ho_Chi_Minh"
TUESDAY = "2026-03-03 10:00"


def after(
    code: str, at: str, due: str = "", away: frozenset[date] = frozenset(), **hours: int
) -> Task | None:
    settings = Settings(hours=Hours(**hours))
    tap = Tap(code=code, at=parse(at, ZONE), due_at=parse(due, ZONE) if due else None)
    return following(tap, settings, Calendar(settings, away))


@pytest.mark.parametrize(
    ("code", "at", "due"),
    [
        ("no_answer", TUESDAY, "2026-03-04 10:00"),
        ("no_answer", "2026-03-03 12:30", "2026-03-04 13:30"),  # the next day's lunch is over
        ("no_answer", "2026-03-03 17:20", "2026-03-05 08:00"),  # after five nobody is called
        ("no_answer", "2026-03-07 11:00", "2026-03-09 08:00"),  # Saturday morning: Monday
        ("busy", TUESDAY, "2026-03-03 13:30"),
        ("unreachable", TUESDAY, "2026-03-04 10:00"),
        ("quoted", TUESDAY, "2026-03-05 09:00"),
        ("quoted", "2026-03-06 16:00", "2026-03-09 09:00"),  # Friday, Saturday, Monday
    ],
)
def test_another_try_and_the_question_about_a_quote_come_in_working_time(
    code: str, at: str, due: str
) -> None:
    found = after(code, at)
    assert found is not None
    assert found.due == parse(due, ZONE)


def test_days_off_are_passed_over_and_the_settings_say_how_long() -> None:
    gone = frozenset({date(2026, 3, 4), date(2026, 3, 5)})
    missed, quoted = after("no_answer", TUESDAY, away=gone), after("quoted", TUESDAY, quote_days=1)
    assert missed is not None
    assert quoted is not None
    assert missed.due == parse("2026-03-06 08:00", ZONE)
    assert quoted == (parse("2026-03-04 09:00", ZONE), "Hỏi ý khách về báo giá đã gửi 03/03/2026")


def test_what_was_agreed_is_the_task_and_other_outcomes_leave_none(home: Home) -> None:
    agreed = after("call_back", TUESDAY, "2026-03-08 20:00")
    assert agreed == (parse("2026-03-08 20:00", ZONE), "Gọi lại như đã hẹn lúc 08/03/2026 20:00")
    for code in ("interested", "not_now", "wrong_number", "duplicate", "renewed", "do_not_contact"):
        assert after(code, TUESDAY) is None

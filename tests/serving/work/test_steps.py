"""The next step, one story each: what stands with somebody decides it, what is most pressing first."""

import pytest

from crm.clock import DAY, HOUR
from crm.events import Signature
from crm.glance import Glance, Touch
from serving.work import steps

NOW = 1_770_000_000_000_000


def touch(hours_ago: float, direction: str = "out", code: str = "", kind: str = "call") -> Touch:
    words = Signature(kind, "", code, "phone", direction)
    return Touch(int(NOW - hours_ago * HOUR), words)


def said(code: str, days_ago: float = 1) -> Touch:
    """An outcome recorded here, as the history has it."""
    return Touch(int(NOW - days_ago * DAY), Signature("call", code, "answered", "phone", "out"))


OURS, THEIRS, TALKED = touch(5), touch(1, "in", kind="chat"), touch(1, "in", "answered")
SALES = [
    ("agreed", Glance(theirs=THEIRS), NOW + HOUR),
    ("agreed", Glance(), NOW - 2 * HOUR),
    ("broken", Glance(), NOW - 4 * HOUR),
    ("not_now", Glance(ours=said("not_now"), quoted_at=NOW - 9 * DAY), None),
    ("again", Glance(ours=said("not_now", 31)), None),
    ("waits", Glance(ours=said("not_now"), theirs=THEIRS), None),
    ("talked", Glance(ours=said("interested")), None),
    ("waits", Glance(ours=OURS, theirs=THEIRS), None),
    ("waits", Glance(theirs=THEIRS), None),
    ("called", Glance(ours=OURS, theirs=touch(1, "in", "missed")), None),
    ("first", Glance(theirs=touch(8 * 24, "in", kind="chat")), None),
    ("first", Glance(), None),
    ("missed", Glance(ours=OURS, missed=2), None),
    ("often", Glance(ours=OURS, missed=3), None),
    ("quoted", Glance(ours=OURS, quoted_at=NOW - DAY), None),
    ("talked", Glance(ours=OURS), None),
    ("talked", Glance(ours=OURS, theirs=TALKED), None),
    ("talked", Glance(ours=touch(1), theirs=touch(5, "in", kind="chat")), None),
]
CARE = [
    ("agreed", Glance(tickets=2), NOW + HOUR),
    ("broken", Glance(tickets=2), NOW - DAY),
    ("renewed", Glance(ours=said("renewed"), renews_at=NOW + DAY), None),
    ("renewal", Glance(ours=said("reordered"), renews_at=NOW + DAY), None),
    ("reordered", Glance(ours=said("reordered"), expected_at=NOW - 9 * DAY), None),
    ("debt", Glance(ours=said("reordered"), debt=5), None),
    (
        "complaint_solved",
        Glance(
            ours=said("complaint_solved"), tickets=1, ticket_at=NOW - 2 * DAY, csat=1, csat_at=NOW - 2 * DAY
        ),
        None,
    ),
    ("ticket", Glance(ours=said("complaint_solved"), tickets=1, ticket_at=NOW - HOUR), None),
    ("tickets", Glance(tickets=2, theirs=THEIRS), None),
    ("ticket", Glance(tickets=1), None),
    ("waits", Glance(theirs=THEIRS, csat=1), None),
    (
        "care",
        Glance(ours=touch(99 * 24), theirs=touch(90 * 24, "in", kind="chat"), ordered_at=NOW - 9 * DAY),
        None,
    ),
    ("care", Glance(theirs=THEIRS, ordered_at=NOW - HOUR // 2), None),
    ("care", Glance(theirs=THEIRS, ordered_at=NOW - 3 * HOUR), None),
    ("waits", Glance(theirs=THEIRS, ordered_at=NOW - 20 * HOUR), None),
    ("unhappy", Glance(csat=2, csat_at=NOW - DAY, renews_at=NOW + DAY), None),
    ("care", Glance(csat=2, csat_at=NOW - 31 * DAY), None),
    ("renewal", Glance(csat=3, renews_at=NOW + 59 * DAY), None),
    ("reorder", Glance(renews_at=NOW + 61 * DAY, expected_at=NOW - 1), None),
    ("debt", Glance(expected_at=NOW + DAY, debt=5), None),
    ("missed", Glance(ours=OURS, missed=1), None),
    ("care", Glance(), None),
]


@pytest.mark.parametrize(("name", "seen", "due"), SALES)
def test_sales(name: str, seen: Glance, due: int | None) -> None:
    assert steps.sales(seen, due, NOW).name == name


@pytest.mark.parametrize(("name", "seen", "due"), CARE)
def test_care(name: str, seen: Glance, due: int | None) -> None:
    assert steps.care(seen, due, NOW).name == name


@pytest.mark.parametrize(
    ("seen", "since"),
    [(Glance(), None), (Glance(ours=OURS, theirs=THEIRS), NOW - HOUR), (Glance(theirs=touch(4 * 24, "in")), None),
     (Glance(tickets=1, ticket_at=NOW - DAY), NOW - DAY), (Glance(tickets=1, ticket_at=NOW - 4 * DAY), None),
     (Glance(csat=2, csat_at=NOW - DAY), NOW - DAY), (Glance(csat=2, csat_at=NOW - 9 * DAY), None),
     (Glance(csat=3, csat_at=NOW - DAY), None)],
)  # fmt: skip
def test_what_cannot_wait_is_of_these_days(seen: Glance, since: int | None) -> None:
    assert steps.pressed(seen, NOW) == since


def test_every_step_is_said_with_what_goes_into_it() -> None:
    assert {name for name, *_ in SALES + CARE} == set(steps.SAID)
    assert steps.sales(Glance(), NOW, NOW).at == NOW
    assert steps.sales(Glance(ours=OURS, missed=4), None, NOW).number == 4
    assert steps.care(Glance(csat=2, csat_at=NOW - DAY), None, NOW).number == 2
    assert steps.care(Glance(renews_at=NOW + DAY), None, NOW).at == NOW + DAY
    for vi, en in steps.SAID.values():
        assert {part for part in ("{at}", "{day}", "{number}") if part in vi} == {
            part for part in ("{at}", "{day}", "{number}") if part in en
        }

"""A planned call stands until it is made, wherever it was planned."""

import pytest

from crm.clock import HOUR
from crm.inbox import Inbox, Said
from crm.promises import Promise, promised
from crm.settings import Home
from tests.crm.company import Company, day

LEAD, CUSTOMER = "lead:crm:L", "customer:crm:K"


@pytest.fixture
def company(home: Home) -> Company:
    """A callback planned on day 1 for day 5, for a lead and for a customer."""
    company = Company(home.path)
    company.tell("lead", "L", day(0), created_at=day(0), name="Lan")
    company.tell("party", "K", day(0), kind="person", name="Hoa", created_at=day(0), customer_since=day(0))
    for record, whose in (("P", {"lead": "L"}), ("Q", {"party": "K"})):
        company.tell("activity", record, day(1), kind="callback", occurred_at=day(1), due_at=day(5), **whose)
    return company


def called(company: Company, at: int) -> None:
    company.tell(
        "activity", f"C{at}", at, kind="call", direction="out", occurred_at=at, outcome="no_answer", lead="L"
    )


def test_it_stands_until_it_is_done_or_another_is_given(company: Company) -> None:
    company.load()
    due = day(5) // 1_000_000 * 1_000_000
    assert promised(company.home) == {LEAD: Promise(day(1), due), CUSTOMER: Promise(day(1), due)}
    company.tell(
        "activity", "P", day(6), kind="callback", occurred_at=day(1), due_at=day(5), done_at=day(6), lead="L"
    )
    company.load()
    assert set(promised(company.home)) == {CUSTOMER}
    company.tell("activity", "R", day(7), kind="callback", occurred_at=day(7), due_at=day(9), lead="L")
    company.load()
    assert promised(company.home)[LEAD].at == day(7)


@pytest.mark.parametrize(
    ("at", "stands"),
    [
        (day(2), True),
        (day(5) - 3 * HOUR, True),
        (day(5) - HOUR, False),
        (day(5) + HOUR, False),
        (day(20), False),
    ],
)
def test_a_contact_in_its_time_keeps_it_though_the_task_stays_open(
    company: Company, at: int, stands: bool
) -> None:
    called(company, at)
    company.load()
    assert (LEAD in promised(company.home)) == stands


def test_what_is_planned_and_done_live_counts_at_once(company: Company) -> None:
    company.load()
    inbox, said = (
        Inbox(company.home),
        {"kind": "callback", "occurred_at": day(8), "due_at": day(9), "lead": "L"},
    )
    inbox.put("a", [Said("activity", "crm", "LIVE", said)])
    assert promised(company.home)[LEAD] == Promise(day(8), day(9))
    inbox.put("b", [Said("activity", "crm", "LIVE", {"done_at": day(9)})])
    assert set(promised(company.home)) == {CUSTOMER}
    inbox.put("c", [Said("activity", "crm", "LIVE", {}, deleted=True)])
    assert LEAD in promised(company.home)

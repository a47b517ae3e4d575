from pathlib import Path

import pytest

from crm.clock import HOUR
from crm.events import EventStore
from crm.glance import Glance, glance
from tests.crm.company import Company, day

CALL = {"kind": "call", "direction": "out", "channel": "phone"}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.tell("lead", "L", day(0), created_at=day(0), name="Lan")
    company.tell("party", "K", day(0), kind="organisation", name="An Phát", created_at=day(0))
    return company


def seen(company: Company, subject: str, moment: float) -> Glance:
    return glance(EventStore.open(company.home).one(subject), day(moment))


def test_calls_missed_are_counted_since_somebody_last_answered(company: Company) -> None:
    for number, outcome in enumerate(("no_answer", "answered", "busy", "unreachable")):
        at = day(1 + number)
        company.tell("activity", f"C{number}", at, **CALL, occurred_at=at, outcome=outcome, lead="L")
    company.load()
    assert [seen(company, "lead:crm:L", moment).missed for moment in (1.5, 2.5, 3.5, 4.5)] == [1, 0, 1, 2]
    found = seen(company, "lead:crm:L", 4.5)
    assert found.ours is not None
    assert (found.ours.at, found.ours.words.code) == (day(4), "unreachable")
    assert found.theirs is None


def test_a_promise_stands_until_the_callback_is_made(company: Company) -> None:
    company.tell(
        "activity", "P", day(1), kind="callback", occurred_at=day(1), due_at=day(5), done_at=day(6), lead="L"
    )
    company.load()
    assert seen(company, "lead:crm:L", 2).appointment == day(5) // 1_000_000 * 1_000_000
    assert seen(company, "lead:crm:L", 7).appointment is None


def test_a_customer_s_orders_debt_tickets_and_term(company: Company) -> None:
    for number in range(3):
        at = day(10 + 20 * number)
        company.tell("transaction", f"O{number}", at, kind="order", party="K", occurred_at=at, amount=5_000_000,
                     currency="VND")  # fmt: skip
    company.tell("transaction", "I", day(50), kind="invoice", party="K", occurred_at=day(50), due_at=day(55),
                 amount=5_000_000, currency="VND")  # fmt: skip
    company.tell("transaction", "S", day(1), kind="subscription", party="K", product="crm", starts_at=day(1),
                 ends_at=day(366), occurred_at=day(1), amount=9_000_000, currency="VND")  # fmt: skip
    company.tell(
        "ticket", "T1", day(40), party="K", created_at=day(40), resolved_at=day(41), csat=2, rated_at=day(42)
    )
    company.tell("ticket", "T2", day(57), party="K", created_at=day(57))
    company.load()
    found = seen(company, "customer:crm:K", 60)
    assert (found.ordered_at, found.ordered, found.expected_at) == (day(50), 5_000_000, day(70))
    assert (found.debt, found.tickets, found.csat) == (5_000_000, 1, 2)
    assert found.renews_at == day(366) // 1_000_000 * 1_000_000
    assert seen(company, "customer:crm:K", 54).debt == 0


def test_nothing_of_what_comes_later_is_told(company: Company) -> None:
    company.tell("activity", "C", day(3), **CALL, occurred_at=day(2), outcome="answered", lead="L")
    company.load()
    assert seen(company, "lead:crm:L", 2 + HOUR / day(1)) == Glance()

"""Who wrote last, has an open ticket or rated us is looked at, whatever ranks them."""

from pathlib import Path

from crm.pressing import pressing
from tests.crm.company import Company, day

CHAT = {"kind": "chat", "channel": "zalo"}


def test_who_wrote_last_or_has_a_ticket_or_rated_is_found_and_who_was_answered_is_not(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for name in ("A", "B", "C"):
        company.tell("lead", name, day(0), created_at=day(0), name=name)
    for name in ("K", "M", "N"):
        company.tell(
            "party", name, day(0), kind="person", name=name, created_at=day(0), customer_since=day(0)
        )
    for name, direction, at in (("A", "in", 3), ("B", "in", 3), ("B", "out", 4), ("C", "in", 1)):
        record = f"{name}{at}"
        company.tell("activity", record, day(at), direction=direction, occurred_at=day(at), lead=name, **CHAT)
    company.tell("ticket", "T1", day(5), party="K", created_at=day(5))
    company.tell("ticket", "T2", day(2), party="M", created_at=day(2), resolved_at=day(4))
    company.tell(
        "ticket", "T3", day(1), party="N", created_at=day(1), resolved_at=day(2), csat=1, rated_at=day(5)
    )
    assert pressing(company.home, 0) == set()
    company.load()
    assert pressing(company.home, day(3)) == {"lead:crm:A", "customer:crm:K", "customer:crm:N"}
    assert pressing(company.home, day(4)) == {"customer:crm:K", "customer:crm:N"}
    assert "lead:crm:C" in pressing(company.home, 0)

from pathlib import Path

from crm.clock import DAY
from crm.gaps import SPAN, gaps
from crm.settings import Home
from tests.crm.company import Company, day


def told(path: Path) -> Company:
    company = Company(path)
    company.tell("actor", "S1", day(0), name="Trần Thu")
    for number in range(10):
        owner, moment = ("S1", "S2")[number % 2], day(100 + number)
        phone = None if number % 2 else "+84912345678"
        company.tell(
            "lead", f"L{number}", moment, created_at=moment, owner=owner, phone=phone, channel="zalo"
        )
    company.tell("lead", "OLD", day(1), created_at=day(109) - SPAN - DAY, owner="S1", channel="zalo")
    return company


def test_who_leaves_most_out_comes_first_by_name(tmp_path: Path) -> None:
    company = told(tmp_path)
    company.load()
    found = gaps(company.home)
    assert [(gap.person, gap.records, gap.missing) for gap in found] == [
        ("S2", 5, {"phone": 5, "channel": 0}),
        ("Trần Thu", 5, {"phone": 0, "channel": 0}),
    ]
    assert found[0].share == 0.5


def test_nothing_imported_leaves_nothing_out(tmp_path: Path) -> None:
    assert gaps(Home(tmp_path).create()) == []

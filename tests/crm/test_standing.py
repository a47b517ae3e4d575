from crm.clock import HOUR
from crm.inbox import Inbox, Said
from crm.settings import Home
from crm.standing import entered_first, merges, open_leads
from tests.crm.company import Company, day


def a_company(home: Home) -> Company:
    company = Company(home.path)
    company.tell("actor", "hoa", day(0), name="Hoa")
    company.tell(
        "lead", "A", day(1), created_at=day(1), owner="hoa", channel="zalo", phone="+84912345678", name="An"
    )
    company.tell("lead", "B", day(2), created_at=day(2), owner="minh", phone="+84912345678", name="An")
    company.tell("lead", "WON", day(1), created_at=day(1), owner="hoa", converted_at=day(3))
    company.tell("lead", "LOST", day(1), created_at=day(1), owner="hoa", lost_at=day(3))
    company.tell("lead", "GONE", day(1), created_at=day(1), owner="hoa")
    company.tell("lead", "GONE", day(2), deleted=True)
    return company


def test_open_leads_with_their_owner_and_since_when(home: Home) -> None:
    company = a_company(home)
    company.load()
    company.tell(
        "lead", "A", day(5), created_at=day(1), owner="minh", channel="zalo", phone="+84912345678", name="An"
    )
    company.load()
    company.tell(
        "lead", "A", day(7), created_at=day(1), owner="minh", channel="web", phone="+84912345678", name="An"
    )
    company.load()
    found = open_leads(company.home)
    assert set(found) == {"lead:crm:A", "lead:crm:B"}
    one = found["lead:crm:A"]
    assert (one.owner, one.owner_since, one.channel, one.created_at) == ("crm:minh", day(5), "web", day(1))
    assert one.owner_load == 2


def test_only_what_our_own_people_do_is_dealing_with_a_lead(home: Home) -> None:
    company = a_company(home)
    for number, (kind, direction, outcome) in enumerate(
        [
            ("call", "out", "no_answer"),
            ("call", "in", "missed"),
            ("form", "in", None),
            ("campaign", "out", None),
        ]
    ):
        at = day(3) + number * HOUR
        company.tell(
            "activity",
            f"C{number}",
            at,
            kind=kind,
            direction=direction,
            outcome=outcome,
            occurred_at=at,
            lead="A",
        )
    company.load()
    found = open_leads(company.home)
    assert found["lead:crm:A"].touched_at == day(3)
    assert found["lead:crm:B"].touched_at is None


def test_what_came_live_counts_too(home: Home) -> None:
    company = a_company(home)
    company.load()
    inbox = Inbox(company.home)
    inbox.put("1", [
        Said("lead", "crm", "NEW", {"owner": "hoa", "channel": "facebook"}),
        Said("lead", "crm", "B", {"lost_at": day(9)}),
        Said("lead", "crm", "A", {"owner": "lan"}),
        Said("activity", "crm", "C9", {"kind": "call", "direction": "out", "occurred_at": day(8), "lead": "A"}),
    ])  # fmt: skip
    found = open_leads(company.home)
    assert set(found) == {"lead:crm:A", "lead:crm:NEW"}
    assert (found["lead:crm:A"].owner, found["lead:crm:A"].touched_at) == ("crm:lan", day(8))
    assert found["lead:crm:A"].owner_since > day(8)
    assert found["lead:crm:NEW"].channel == "facebook"


def test_who_entered_first_is_told_of_people_with_several_records(home: Home) -> None:
    company = a_company(home)
    company.tell("lead", "ALONE", day(2), created_at=day(2), owner="hoa", phone="+84987654321", name="Bình")
    company.tell(
        "change",
        "1",
        day(6),
        object="lead",
        record="A",
        field="owner",
        old="nhom.kinhdoanh",
        new="hoa",
        occurred_at=day(6),
    )
    company.load()
    found = entered_first(company.home, ["lead:crm:A", "lead:crm:B", "lead:crm:ALONE"])
    assert set(found) == {"lead:crm:A", "lead:crm:B"}
    assert found["lead:crm:A"] == found["lead:crm:B"]
    first = found["lead:crm:B"]
    assert (first.subject, first.at, first.owner, first.name) == ("lead:crm:A", day(1), "crm:hoa", "Hoa")


def test_a_merged_lead_is_not_open_any_more(home: Home) -> None:
    company = a_company(home)
    company.tell("link", "M1", day(4), table="lead", record="B", subject="lead:crm:A", rule="merge")
    company.load()
    assert merges(company.home) == {"lead:crm:B": ("lead:crm:A", 1)}
    assert set(open_leads(company.home)) == {"lead:crm:A"}


def test_before_anything_was_imported_there_is_nobody(home: Home) -> None:
    assert open_leads(home) == {}

"""Cards name the person to call, as known now."""

from pathlib import Path

import pytest

from crm.directory import Card, cards, channels, sources
from crm.inbox import Inbox, Said
from tests.crm.company import Company, day


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.tell("actor", "S1", day(0), name="Trần Thị Hoa")
    company.tell(
        "lead", "L", day(0), created_at=day(0), name="Lan", salutation="Chị", phone="+84901234567", owner="S1",
        product="crm", channel="zalo",
    )  # fmt: skip
    company.tell(
        "party", "A", day(1), created_at=day(1), kind="organisation", name="An Phát", channel="event"
    )
    company.tell("party", "P", day(2), created_at=day(2), kind="person", name="Minh", organisation="A")
    company.tell(
        "party",
        "Q",
        day(1),
        created_at=day(1),
        kind="person",
        name="Tú",
        organisation="A",
        phone="+84911111111",
    )
    company.tell(
        "transaction", "T", day(3), kind="subscription", party="P", product="pos", occurred_at=day(3)
    )
    company.tell("deal", "D", day(3), created_at=day(3), party="Q", name="Gói POS", product="pos", owner="S9")
    company.load()
    return company


def test_a_lead_s_card_names_its_person_and_colleague(company: Company) -> None:
    card = cards(company.home, ["lead:crm:L"])["lead:crm:L"]
    assert (card.name, card.salutation, card.phone) == ("Lan", "Chị", "+84901234567")
    assert (card.owner, card.product, card.channel) == ("Trần Thị Hoa", "crm", "zalo")
    assert (card.source, card.source_id, card.created_at) == ("crm", "L", day(0))
    assert "Lan" not in repr(card)


def test_a_company_s_card_names_who_can_be_reached_there(company: Company) -> None:
    card = cards(company.home, ["customer:crm:A"])["customer:crm:A"]
    assert (card.name, card.phone, card.company) == ("Tú", "+84911111111", "An Phát")
    assert (card.product, card.channel) == ("pos", "event")


def test_a_deal_s_card_is_its_party_s(company: Company) -> None:
    card = cards(company.home, ["deal:crm:D"])["deal:crm:D"]
    assert (card.name, card.company, card.owner) == ("Tú", "An Phát", "S9")


def test_cards_follow_the_newest_load_and_forget_the_deleted(company: Company) -> None:
    company.tell("lead", "L", day(5), created_at=day(0), name="Lan Anh")
    company.load()
    assert cards(company.home, ["lead:crm:L"])["lead:crm:L"].name == "Lan Anh"
    company.tell("lead", "L", day(6), deleted=True)
    company.load()
    assert cards(company.home, ["lead:crm:L"]) == {"lead:crm:L": Card("lead:crm:L", "crm", "L")}


def test_what_was_delivered_since_stands_on_the_card_at_once(company: Company) -> None:
    said = {"phone": "+84988888888", "status": "called"}
    Inbox(company.home).put(
        "crm/1", [Said("lead", "crm", "L", said), Said("party", "crm", "Q", {"name": "Tú Anh"})]
    )
    asked = ["lead:crm:L", "customer:crm:A", "deal:crm:D"]
    lead, customer, deal = cards(company.home, asked).values()
    assert (lead.name, lead.phone, lead.stage, lead.owner) == (
        "Lan",
        "+84988888888",
        "called",
        "Trần Thị Hoa",
    )
    assert (customer.name, customer.phone, customer.company) == ("Tú Anh", "+84911111111", "An Phát")
    assert (deal.name, deal.phone) == ("Tú Anh", "+84911111111")
    Inbox(company.home).put("crm/2", [Said("party", "crm", "A", {"phone": "+84977777777", "channel": "web"})])
    card = cards(company.home, asked)["customer:crm:A"]
    assert (card.phone, card.channel) == ("+84911111111", "web"), "the number is of who is called there"


def test_the_channels_of_newcomers_are_known_at_once(company: Company) -> None:
    assert sources(company.home) == ["event", "zalo"]
    Inbox(company.home).put("crm/1", [Said("lead", "crm", "N", {"channel": "website"})])
    assert sources(company.home) == ["event", "website", "zalo"]
    assert (channels(company.home)["lead:crm:N"], channels(company.home)["lead:crm:L"]) == ("website", "zalo")

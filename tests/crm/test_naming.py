"""People type the ids their CRM shows them, of whichever record they have before them."""

from pathlib import Path

import pytest

from crm.errors import NotFound
from crm.events import EventStore
from crm.naming import named
from tests.crm.company import Company, day


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """Two contacts of a company that buys, the lead one of them was, a deal; a contact of one that does not."""
    company = Company(tmp_path_factory.mktemp("company"))
    company.tell("party", "ACC1", day(0), created_at=day(0), kind="organisation", name="An Phát")
    company.tell("party", "ACC2", day(0), created_at=day(0), kind="organisation", name="Bình Minh")
    for contact, at in (("CON1", "ACC1"), ("CON2", "ACC1"), ("CON3", "ACC2")):
        company.tell(
            "party", contact, day(2), created_at=day(2), kind="person", name="Minh", organisation=at,
            phone="+84901234567",
        )  # fmt: skip
    for lead, contact in (("L1", "CON1"), ("L2", "CON2"), ("L3", None)):
        won = {"converted_at": day(2), "converted_party": contact} if contact else {}
        company.tell("lead", lead, day(1), created_at=day(1), channel="zalo", **won)
    company.tell("deal", "D1", day(3), created_at=day(3), party="CON2")
    company.tell("transaction", "T", day(4), kind="order", party="ACC1", occurred_at=day(4), amount=5)
    company.load()
    return company


@pytest.mark.parametrize(
    ("kind", "text", "subject"),
    [
        ("customer", "ACC1", "customer:crm:ACC1"),
        ("customer", "customer:crm:ACC1", "customer:crm:ACC1"),
        ("customer", "CON1", "customer:crm:ACC1"),
        ("customer", "L1", "customer:crm:ACC1"),
        ("customer", "D1", "customer:crm:ACC1"),
        ("lead", "L3", "lead:crm:L3"),
        ("lead", "CON1", "lead:crm:L1"),
        ("deal", "CON2", "deal:crm:D1"),
        ("deal", "ACC1", "deal:crm:D1"),
    ],
)
def test_a_record_stands_for_the_subject_it_is_linked_with(
    company: Company, kind: str, text: str, subject: str
) -> None:
    assert named(company.home, EventStore.open(company.home), kind, text) == subject


def test_where_several_are_meant_the_error_lists_them(company: Company) -> None:
    with pytest.raises(NotFound, match="several leads") as refused:
        named(company.home, EventStore.open(company.home), "lead", "ACC1")
    assert refused.value.todo == "choose one of lead:crm:L1, lead:crm:L2"
    assert refused.value.where == "party of crm"


@pytest.mark.parametrize("text", ["L9", "0901234567", "+84901234567", "Minh", "' OR 1=1 --", "lead:crm:L1"])
def test_what_is_no_id_says_what_to_give(company: Company, text: str) -> None:
    with pytest.raises(NotFound, match="no customer has this id") as refused:
        named(company.home, EventStore.open(company.home), "customer", text)
    assert refused.value.value == text
    assert "phone numbers are not looked up" in refused.value.todo


@pytest.mark.parametrize(("kind", "text"), [("customer", "CON3"), ("customer", "L3"), ("deal", "L3")])
def test_a_record_that_leads_nowhere_is_said_to_be_known(company: Company, kind: str, text: str) -> None:
    with pytest.raises(NotFound, match=f"no {kind} is linked with this record"):
        named(company.home, EventStore.open(company.home), kind, text)


def test_an_id_of_several_records_is_not_guessed_at(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.tell("party", "7", day(0), created_at=day(0), kind="person", name="Lan")
    company.tell("party", "40", day(0), created_at=day(0), kind="person", name="Hoa")
    company.tell("lead", "7", day(0), created_at=day(0), converted_at=day(1), converted_party="40")
    company.tell("transaction", "T", day(4), kind="order", party="40", occurred_at=day(4), amount=5)
    company.load()
    with pytest.raises(NotFound, match="several records have this id") as refused:
        named(company.home, EventStore.open(company.home), "customer", "7")
    assert refused.value.where == "lead of crm, party of crm"
    assert refused.value.todo == "choose one of customer:crm:40"


def test_the_same_id_in_two_sources_is_asked_about(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for source in ("odoo", "zoho"):
        company.tell("lead", "7", day(0), created_at=day(0), source=source)
    company.load()
    with pytest.raises(NotFound, match="several records have this id") as refused:
        named(company.home, EventStore.open(company.home), "lead", "7")
    assert refused.value.where == "lead of odoo, lead of zoho"
    assert refused.value.todo == "choose one of lead:odoo:7, lead:zoho:7"

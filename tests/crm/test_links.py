"""Which subjects an event reaches, since when, and which records are one person."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from crm import links
from crm.events import EventStore
from crm.links import groups
from tests.crm.company import Company, day, kinds

CALL = {"kind": "call", "direction": "in"}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.tell("lead", "L", day(0), created_at=day(0), name="Lan", phone="+84901234567")
    return company


def converted(company: Company, party_created: float = 10) -> None:
    """The lead L became the party P on day 10, as an export after the fact tells it."""
    company.tell(
        "lead", "M", day(1), created_at=day(1), name="Minh", converted_at=day(10), converted_party="P"
    )
    company.tell("party", "P", day(party_created), created_at=day(party_created), name="Minh", kind="person")
    company.tell("transaction", "O", day(12), kind="order", party="P", amount=9, occurred_at=day(12))


def calls(store: EventStore, subject: str, cutoff: float) -> int:
    return kinds(store.one(subject), day(cutoff)).count("call")


def test_activities_moved_to_the_contact_belong_to_the_lead_it_was(company: Company) -> None:
    converted(company)
    company.tell("activity", "1", day(3), **CALL, party="P", occurred_at=day(3))
    company.tell("activity", "2", day(11), **CALL, party="P", occurred_at=day(11))
    store = company.load()
    assert [calls(store, "lead:crm:M", at) for at in (3, 4, 20)] == [0, 1, 1]
    assert [calls(store, "customer:crm:P", at) for at in (4, 10.5, 20)] == [0, 1, 2]


def test_a_conversion_heard_of_later_hides_nothing_from_before_it(company: Company) -> None:
    """What moved with the lead was the lead's, and known as it was, whichever import first said it moved."""
    company.tell("lead", "M", day(1), created_at=day(1), name="Minh")
    company.tell("activity", "1", day(3), **CALL, lead="M", occurred_at=day(3))
    company.load()
    company.tell(
        "lead", "M", day(14), created_at=day(1), name="Minh", converted_at=day(10), converted_party="P"
    )
    company.tell("party", "P", day(10), created_at=day(10), name="Minh", kind="person")
    company.tell("activity", "1", day(14), **CALL, party="P", occurred_at=day(3))
    company.tell("activity", "2", day(8), **CALL, party="P", occurred_at=day(8))
    company.tell("activity", "3", day(11), **CALL, party="P", occurred_at=day(11))
    store = company.load()
    assert [calls(store, "lead:crm:M", at) for at in (3, 4, 9, 12, 15)] == [0, 1, 2, 2, 2]
    assert ["converted" in kinds(store.one("lead:crm:M"), day(at)) for at in (13, 15)] == [False, True]


def test_what_an_existing_party_did_is_the_lead_s_only_once_the_conversion_is_known(company: Company) -> None:
    company.tell("lead", "M", day(1), created_at=day(1), name="Minh")
    company.tell("party", "P", day(5), created_at=day(5), name="Minh", kind="person")
    company.tell("activity", "1", day(8), **CALL, party="P", occurred_at=day(8))
    company.load()
    company.tell(
        "lead", "M", day(14), created_at=day(1), name="Minh", converted_at=day(10), converted_party="P"
    )
    store = company.load()
    assert [calls(store, "lead:crm:M", at) for at in (9, 14, 15)] == [0, 0, 1]


def test_activities_of_an_older_customer_stay_its_own(company: Company) -> None:
    converted(company, party_created=0)
    company.tell("activity", "1", day(3), **CALL, party="P", occurred_at=day(3))
    store = company.load()
    assert calls(store, "lead:crm:M", 20) == 0
    assert calls(store, "customer:crm:P", 20) == 1


def test_a_lead_s_history_reaches_the_customer_at_conversion_and_the_order_leads_back(
    company: Company,
) -> None:
    converted(company)
    company.tell("activity", "1", day(3), **CALL, lead="M", occurred_at=day(3))
    store = company.load()
    assert [calls(store, "customer:crm:P", at) for at in (9, 10, 10.1)] == [0, 0, 1]
    assert "converted" in kinds(store.one("customer:crm:P"), day(11))
    assert kinds(store.one("lead:crm:M"), day(20)).count("order") == 1
    assert kinds(store.one("customer:crm:P"), day(20)).count("created") == 1


def test_a_call_without_an_id_finds_its_lead_by_phone(company: Company) -> None:
    company.tell("activity", "1", day(-2), **CALL, phone="+84901234567", occurred_at=day(-2))
    company.tell("activity", "2", day(2), **CALL, phone="+84901234567", occurred_at=day(2))
    company.tell("activity", "3", day(2), **CALL, phone="+84999999999", occurred_at=day(2))
    store = company.load()
    assert [calls(store, "lead:crm:L", at) for at in (0, 1, 3)] == [0, 1, 2]
    assert store.about.counts["nobody"] == 1


def test_a_number_under_many_names_leads_to_nobody_from_then_on(company: Company) -> None:
    for number in range(5):
        company.tell(
            "lead", f"H{number}", day(5), created_at=day(5), name=f"Người {number}", phone="+84901234567"
        )
    company.tell("activity", "1", day(2), **CALL, phone="+84901234567", occurred_at=day(2))
    store = company.load()
    assert [calls(store, "lead:crm:L", at) for at in (3, 5, 6)] == [1, 1, 0]
    assert store.subjects("lead")["party"].nunique() == 6


def test_one_person_under_spellings_of_a_name_keeps_the_number(company: Company) -> None:
    for number, name in enumerate(["LAN", "Lân", "lan", "Lán", "Lẫn", "Làn", "lAn"]):
        company.tell("lead", f"D{number}", day(1), created_at=day(1), name=name, phone="+84901234567")
    company.tell("activity", "1", day(2), **CALL, phone="+84901234567", occurred_at=day(2))
    store = company.load()
    assert calls(store, "lead:crm:L", 3) == 1
    assert store.subjects("lead")["party"].nunique() == 1


def test_people_count_for_the_organisation_they_work_for(company: Company) -> None:
    company.tell("party", "A", day(1), created_at=day(1), kind="organisation", name="An Phát")
    company.tell("party", "P", day(2), created_at=day(2), kind="person", organisation="A")
    company.tell("transaction", "O", day(3), kind="order", party="P", amount=9, occurred_at=day(3))
    store = company.load()
    assert store.subjects("customer")["subject"].tolist() == ["customer:crm:A"]
    assert sorted(kinds(store.one("customer:crm:A"))) == ["created", "item", "order"]
    assert store.subjects("customer")["known_at"].tolist() == [day(3)]


def test_a_party_that_never_bought_is_no_customer(company: Company) -> None:
    company.tell("party", "P", day(2), created_at=day(2), kind="person")
    company.tell("party", "Q", day(2), created_at=day(2), kind="person", customer_since=day(4))
    company.tell("activity", "1", day(3), **CALL, party="P", occurred_at=day(3))
    customers = company.load().subjects("customer")
    assert customers["subject"].tolist() == ["customer:crm:Q"]
    assert customers["known_at"].tolist() == [day(4)]


def test_a_party_without_a_date_is_known_since_something_names_it(company: Company) -> None:
    company.tell("party", "A", day(50), kind="organisation")
    company.tell("party", "P", day(50), kind="person", organisation="A")
    company.tell("transaction", "O", day(3), kind="order", party="P", amount=9, occurred_at=day(3))
    store = company.load()
    assert kinds(store.one("customer:crm:A"), day(4)).count("order") == 1
    assert store.subjects("customer")[["subject", "known_at"]].to_numpy().tolist() == [
        ["customer:crm:A", day(3)]
    ]


def test_a_merge_carries_activities_over_until_it_is_undone(company: Company) -> None:
    company.tell("lead", "D", day(1), created_at=day(1), name="Lan")
    company.tell("activity", "1", day(2), **CALL, lead="D", occurred_at=day(2))
    merge = {"table": "lead", "record": "D", "subject": "L", "rule": "merge"}
    company.tell("link", "1", day(5), **merge)
    company.load()
    company.tell("link", "1", day(8), **merge, until=day(8))
    store = company.load()
    assert [calls(store, "lead:crm:L", at) for at in (4, 6, 9)] == [0, 1, 0]
    assert [calls(store, "lead:crm:D", at) for at in (4, 6, 9)] == [1, 0, 1]
    assert [kinds(store.one("lead:crm:D"), day(at)).count("created") for at in (4, 6, 9)] == [1, 0, 1]
    assert kinds(store.one("lead:crm:L"), day(6)).count("created") == 1


def test_merges_are_followed_through(company: Company) -> None:
    for lead in ("D", "E"):
        company.tell("lead", lead, day(1), created_at=day(1))
    company.tell("activity", "1", day(2), **CALL, lead="E", occurred_at=day(2))
    company.tell("link", "1", day(5), table="lead", record="E", subject="D", rule="merge")
    company.tell("link", "2", day(7), table="lead", record="D", subject="lead:crm:L", rule="merge")
    store = company.load()
    assert [calls(store, "lead:crm:L", at) for at in (6, 8)] == [0, 1]
    assert [calls(store, "lead:crm:D", at) for at in (4, 6, 8)] == [0, 1, 0]


def test_a_deal_reaches_its_party_and_its_lead(company: Company) -> None:
    company.tell("party", "P", day(1), created_at=day(1), customer_since=day(1))
    company.tell(
        "deal", "D", day(3), created_at=day(3), party="P", lead="L", product="crm", amount=7, won_at=day(5)
    )
    company.tell("activity", "1", day(4), **CALL, deal="D", occurred_at=day(4))
    store = company.load()
    for subject in ("deal:crm:D", "lead:crm:L", "customer:crm:P"):
        told = [kind for kind in kinds(store.one(subject)) if kind != "created"]
        assert told == ["deal_opened", "call", "deal_won"]


def test_the_import_s_own_links_are_followed(company: Company) -> None:
    company.tell("activity", "1", day(2), **CALL, occurred_at=day(2))
    company.tell("link", "1", day(4), table="activity", record="1", subject="lead:crm:L", rule="id")
    assert [calls(company.load(), "lead:crm:L", at) for at in (3, 5)] == [0, 1]


def test_no_key_shows_in_the_name_of_a_group(company: Company) -> None:
    company.tell("lead", "Z", day(1), created_at=day(1), phone="+84901234567", email="a@b.vn")
    assert company.load().subjects("lead")["party"].tolist() == ["lead:crm:L", "lead:crm:L"]


def test_records_of_which_none_is_alike_another_make_no_group() -> None:
    nobody = pa.chunked_array([], pa.string())
    assert groups(pa.table({"one": nobody, "other": nobody})).num_rows == 0


def test_many_leads_of_one_source_are_joined_with_their_own_party_only() -> None:
    """Joined by the source alone, as a planner may choose, they would be every lead with every party."""
    n = 20_000
    ids = [[f"{letter}{number}" for number in range(n)] for letter in "LP"]
    always = {"source": ["crm"] * n, "created_at": [1] * n, "known_at": [1] * n, "known_until": [99] * n}
    leads = always | {"source_id": ids[0], "converted_party": ids[1], "converted_at": [9] * n}
    parties = always | {"source_id": ids[1], "created_at": [5] * n, "known_at": [5] * n}
    with duckdb.connect(config={"memory_limit": "400MB", "threads": 2, "temp_directory": ""}) as connection:
        connection.execute(links.SET_UP)
        connection.register("lead", pa.table(leads))
        connection.register("party", pa.table(parties))
        connection.execute("""
            INSERT INTO way SELECT 'lead', source, source_id, 'lead:crm:' || source_id, true, first_time(),
                last_time(), known_at, known_until FROM lead""")
        connection.execute(links.MOVED_WAYS)
        found = connection.execute(
            "SELECT count(*), min(happened_from), max(happened_until) FROM way WHERE object = 'moved'"
        )
        assert found.fetchone() == (2 * n, 1, 9)

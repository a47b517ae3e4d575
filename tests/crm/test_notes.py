"""The last note of each lead and customer, from whatever record it was written to."""

import pytest

from crm.events import EventStore
from crm.folding import fold
from crm.glance import glance
from crm.history import History
from crm.inbox import Inbox, Said
from crm.notes import Note, notes
from crm.settings import Home
from tests.crm.company import Company, day


@pytest.fixture
def company(home: Home) -> Company:
    company = Company(home.path)
    company.tell("lead", "L", day(0), created_at=day(0))
    company.tell("party", "K", day(0), kind="organisation", created_at=day(0))
    company.tell("party", "P", day(0), kind="person", organisation="K", created_at=day(0))
    company.tell("deal", "D", day(0), lead="L", party="P", created_at=day(0))
    return company


def write(company: Company, source_id: str, at: float, text: str, **about: str) -> None:
    custom = f'{{"note": "{text}"}}' if text else None
    company.tell("activity", source_id, day(at), kind="note", occurred_at=day(at), custom=custom, **about)


def test_the_newest_note_of_a_record_its_deal_or_its_people_counts(company: Company) -> None:
    write(company, "A", 1, "Cần gấp", lead="L")
    write(company, "B", 2, "", lead="L")
    write(company, "C", 3, "Hỏi giá", party="P")
    write(company, "E", 4, "Chốt tuần sau", deal="D")
    company.load()
    last = Note(day(4), "Chốt tuần sau")
    assert notes(company.home) == {"lead:crm:L": last, "customer:crm:K": last}


def test_a_note_that_was_corrected_or_taken_back_is_not_shown(company: Company) -> None:
    write(company, "A", 1, "Cũ", lead="L")
    write(company, "B", 2, "Nhầm", lead="L")
    company.load()
    write(company, "A", 1, "Mới", lead="L")
    company.tell("activity", "B", day(3), deleted=True)
    company.load(day(3))
    assert notes(company.home) == {"lead:crm:L": Note(day(1), "Mới")}


def test_a_note_that_came_live_is_there_when_it_is_folded_and_is_no_feature(company: Company) -> None:
    company.load()
    before = History(company.home).load_number
    told = {"kind": "call", "occurred_at": day(2), "lead": "L", "outcome": "answered"}
    Inbox(company.home).put(
        "crm/1", [Said("activity", "crm", "A", told, {"note": "Gọi chị Hoa"})], moment=day(3)
    )
    assert notes(company.home) == {"lead:crm:L": Note(day(2), "Gọi chị Hoa")}, "at once"
    fold(company.home)
    assert History(company.home).load_number > before
    assert notes(company.home) == {"lead:crm:L": Note(day(2), "Gọi chị Hoa")}
    events = EventStore.open(company.home).one("lead:crm:L")
    assert not any("Hoa" in str(words) for words in events.signatures)


def test_a_note_that_comes_live_is_corrected_and_taken_back(company: Company) -> None:
    write(company, "OLD", 1, "Hỏi giá", lead="L")
    company.load()
    inbox, told = Inbox(company.home), {"kind": "note", "occurred_at": day(2), "lead": "L"}
    found = []
    for number, said in enumerate((
        Said("activity", "crm", "A", told, {"note": "Gọi chị Hoa"}),
        Said("activity", "crm", "A", {}, {"note": "Gọi anh Ba"}),
        Said("activity", "crm", "B", told | {"occurred_at": day(0)}, {"note": "Chuyện cũ"}),
        Said("activity", "crm", "A", {}, deleted=True),
    )):  # fmt: skip
        inbox.put(f"crm/{number}", [said], moment=day(3) + number)
        found.append(notes(company.home)["lead:crm:L"].text)
    assert found == ["Gọi chị Hoa", "Gọi anh Ba", "Gọi anh Ba", "Hỏi giá"]


def test_of_a_note_without_text_the_glance_tells_what_it_was_about(company: Company) -> None:
    company.tell(
        "activity", "A", day(1), kind="note", occurred_at=day(1), subject_code="Đổi người liên hệ", lead="L"
    )
    company.load()
    seen = glance(EventStore.open(company.home).one("lead:crm:L"), day(2))
    assert seen.noted is not None
    assert (seen.noted.at, seen.noted.words.field) == (day(1), "Đổi người liên hệ")
    assert notes(company.home) == {}


def test_our_own_note_that_the_crm_tells_again_is_not_the_last(company: Company) -> None:
    write(company, "A", 1, "Mới", lead="L")
    company.tell(
        "activity", "B", day(3), kind="note", occurred_at=day(2), lead="L",
        custom='{"leadkeep_key": "77ab", "note": "Cũ"}',
    )  # fmt: skip
    company.load()
    assert notes(company.home) == {"lead:crm:L": Note(day(1), "Mới")}
    again = Said(
        "activity", "crm", "C", {"occurred_at": day(4), "lead": "L"}, {"leadkeep_key": "77ac", "note": "Cũ"}
    )
    Inbox(company.home).put("crm/1", [again])
    assert notes(company.home) == {"lead:crm:L": Note(day(1), "Mới")}, "nor when it comes live"

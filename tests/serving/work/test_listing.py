"""What an address asks of a list, and what a row says of itself."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.clock import DAY, HOUR, now, parse
from crm.directory import Card
from crm.errors import Forbidden, SourceError
from crm.events import Signature
from crm.glance import Glance, Touch
from crm.notes import Note
from crm.operations import reading, writing
from crm.sample import ADDRESSES
from crm.settings import Home
from crm.tables.scores import Score
from crm.tables.work import Tap
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.rights.keys import Caller
from serving.wording import words
from serving.work import outcomes
from serving.work.calendar import Calendar
from serving.work.listing import Asked, target_of
from serving.work.spoken import FACTS, Spoken
from serving.work.workday import Entry
from serving.work.worklists import Chosen, Place, Row
from tests.conftest import settle
from tests.serving import teams
from tests.serving.stored import ORIGIN, store


def spoken(home: Home, kind: str = "lead", lang: str = "vi") -> Spoken:
    return Spoken(home.settings, kind, lang, Calendar(home.settings))


def entry(seen: Glance, due: int | None = None, **card: str) -> Entry:
    given = Card(f"lead:crm:{card.get('source_id', '1')}", "crm", **({"source_id": "1"} | card))
    return Entry(Row(Score(), given, Place("lead:crm:1", "hot", 0.3, None)), seen, due, None)


def test_an_address_says_the_view_the_page_and_the_filters() -> None:
    asked = Asked.of({"xem": "tat-ca", "trang": "3", "nhom": "7", "chi-nhanh": "Huế", "nguon": "zalo"})
    assert asked == (True, 3, Chosen(7, "Huế", "zalo"))
    assert asked.query(trang=4) == "xem=tat-ca&nhom=7&chi-nhanh=Hu%E1%BA%BF&nguon=zalo&trang=4"
    assert Asked.of({}).query() == ""


@pytest.mark.parametrize("number", ["", "0", "-1", "x", "1.5", "²", "9" * 5_000, "99999999999999999999"])
def test_numbers_that_cannot_be_are_left_out(number: str) -> None:
    asked = Asked.of({"trang": number, "nhom": number, "xem": "alles"})
    assert asked == (False, 1, Chosen(None, "", ""))


@pytest.mark.parametrize(
    "query", ["trang=99999", "nhom=99999999999999999999", "chi-nhanh=%00", "nguon=%ff", "xem=x"]
)
def test_an_address_nobody_made_is_answered(browser: TestClient, home: Home, query: str) -> None:
    store(home, "lead_conversion", {})
    assert browser.get(f"/hom-nay?xem=tat-ca&{query}").status_code == 200


@pytest.mark.parametrize(("calling", "told"), [("00:00-00:01", True), ("00:00-23:59", False)])
def test_everywhere_a_number_stands_it_is_told_when_nobody_may_be_called(
    browser: TestClient, home: Home, calling: str, told: bool
) -> None:
    settle(home, f'[hours]\ncalling = "{calling}"\n')
    store(home, "churn", {})
    said = f"Ngoài giờ gọi theo luật ({calling.replace('-', '–')})"
    for view in ("", "?xem=tat-ca"):
        assert (said in browser.get(f"/khach-co-nguy-co{view}").text) == told


@pytest.mark.parametrize(("hour", "late"), [("20:00", True), ("09:00", False)])
def test_a_call_agreed_for_the_evening_stands_and_that_nobody_works_then_is_said(
    client: TestClient, home: Home, hour: str, late: bool
) -> None:
    settle(home, '[hours]\nweek = ["08:00-17:00"]\nsaturday = ["08:00-17:00"]\nsunday = ["08:00-17:00"]\n')
    store(home, "lead_conversion", {})
    lan = teams.person(home, "lan", teams.team(home, "Một"))
    teams.hold(home, "lead:crm:R0", lan, 1, since=1)
    with writing(home) as session:
        client.cookies.set(COOKIE, keys.opened(session, teams.as_caller(home, lan)))
    days = (Calendar(home.settings).day(now() + ahead * DAY) for ahead in range(1, 30))
    day = next(day for day in days if Calendar(home.settings).spans(day))
    form = {"csrf": keys.csrf(client.cookies[COOKIE]), "id": str(uuid4()), "target": "lead_conversion",
            "subject": "lead:crm:R0", "code": "call_back", "due": f"{day}T{hour}"}  # fmt: skip
    answer = client.post("/ghi", data=form, headers={"origin": ORIGIN, "x-leadkeep-part": "1"})
    assert ("ngoài giờ làm việc của bạn" in answer.text) == late
    with reading(home) as session:
        due = session.scalars(select(Tap.due_at)).one()
    assert due == parse(f"{day}T{hour}", home.settings.zone)


def test_a_form_names_a_list_of_its_senders_role() -> None:
    assert target_of({"target": "churn"}, Caller("care", "k")) == "churn"
    assert target_of({"danh-sach": "lead_conversion"}, Caller("sales", "k")) == "lead_conversion"
    for role, target in (("care", "lead_conversion"), ("sales", "churn"), ("data", "churn")):
        with pytest.raises(Forbidden, match="not your list"):
            target_of({"target": target}, Caller(role, "k"))
    with pytest.raises(SourceError, match="no list"):
        target_of({"target": "deals"}, Caller("admin", "k"))


def test_a_list_has_pages_and_the_filters_stay_on_them(browser: TestClient, home: Home) -> None:
    one = teams.team(home, "Một")
    teams.team(home, "Hai")
    store(home, "lead_conversion", *({"expected": 900 - number} for number in range(120)))
    for number in range(110):
        teams.hold(home, f"lead:crm:R{number}", None, one, since=1)
    last = browser.get(f"/hom-nay?xem=tat-ca&nhom={one}&trang=3").text
    assert "Trang 3/3" in last
    assert last.count('class="person"') == 10
    assert f"xem=tat-ca&amp;nhom={one}&amp;trang=2" in last
    assert "trang=4" not in last
    assert 'start="101"' in last


def test_a_step_is_said_with_its_time_and_number(home: Home) -> None:
    due = now() + 3 * DAY
    assert spoken(home).when(due) in spoken(home).step(entry(Glance(), due))
    missed = Glance(ours=Touch(1, Signature("call", "", "no_answer", "phone", "out")), missed=4)
    assert "4 lần" in spoken(home).step(entry(missed))
    assert "Missed 4 calls" in spoken(home, lang="en").step(entry(missed))
    quoted = Glance(ours=Touch(1, Signature("quote")), quoted_at=parse("2026-03-02", "Asia/Ho_Chi_Minh"))
    assert "02/03/2026" in spoken(home).step(entry(quoted))


def test_proposed_callbacks_are_working_times_ahead_in_order(home: Home) -> None:
    speaker, calendar = spoken(home), Calendar(home.settings)
    times = [parse(value, home.settings.zone) for value, _ in speaker.callbacks]
    assert 2 <= len(times) <= 3
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[0] > speaker.moment
    assert all(calendar.works(time) or calendar.works(time - 1) for time in times)
    assert [said for _, said in speaker.callbacks] == [speaker.when(time) for time in times]


def test_a_touch_says_when_what_and_how_it_went_and_ours_in_our_own_words(home: Home) -> None:
    speaker = spoken(home)
    call = Touch(speaker.moment - HOUR, Signature("call", "Báo giá", "no_answer", "phone", "out"))
    said = speaker.touch(call)
    assert said.count(" · ") == 3
    assert "Báo giá" in said
    ours = Touch(speaker.moment, Signature("call", "interested", "answered", "phone", "out"))
    assert speaker.touch(ours).endswith("Quan tâm")
    assert speaker.touch(None) == ""


def test_the_crm_is_opened_by_the_settings_address_with_a_harmless_id(home: Home) -> None:
    card = Card("lead:crm:a/b?c", "crm", "a/b?c")
    assert spoken(home).crm_link(card) == ""
    settle(home, '[crm]\nlead = "https://crm.example/leads/{id}/edit"\n')
    assert spoken(home).crm_link(card) == "https://crm.example/leads/a%2Fb%3Fc/edit"


def test_the_sample_company_has_links_and_a_home_that_stands_keeps_its_own(tmp_path: Path) -> None:
    home = Home(tmp_path / "new").create(**ADDRESSES)
    card = Card("lead:cloudgo:L1", "cloudgo", "L1")
    shown = {kind: spoken(home, kind).crm_link(card) for kind in ADDRESSES}
    assert shown == {kind: address.replace("{id}", "L1") for kind, address in ADDRESSES.items()}
    plain = Home(tmp_path / "old").create().create(**ADDRESSES)
    assert spoken(plain).crm_link(card) == ""


@pytest.mark.parametrize(("kind", "page"), [("lead", "today"), ("customer", "at_risk")])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_fact_has_its_word_and_nobody_knows_nothing(
    home: Home, kind: str, page: str, lang: str
) -> None:
    facts = dict(spoken(home, kind, lang).facts(entry(Glance()), words(page, lang), {}))
    assert len(facts) == len(FACTS[kind])
    assert {value for value in facts.values() if value} == {"crm · 1"}


def test_the_last_note_is_the_newer_of_what_was_written_and_what_the_crm_is_about(home: Home) -> None:
    at = now()
    told = Touch(at - HOUR, Signature(kind="note", field="Đổi người liên hệ"))
    said = spoken(home)
    for noted, shown in (
        (Note(at, "Gọi chị Hoa"), "Gọi chị Hoa"),
        (Note(at - DAY, "Cũ rồi"), "Đổi người liên hệ"),
        (None, "Đổi người liên hệ"),
    ):
        assert said.noted(noted, told).endswith(f" · {shown}")
    ours = Touch(at, Signature(kind="note", field="duplicate"))
    assert (said.noted(None, ours), said.noted(None, None)) == ("", ""), "an outcome of ours stands elsewhere"


def test_facts_of_a_customer(home: Home) -> None:
    ordered, page = parse("2026-02-03", "Asia/Ho_Chi_Minh"), words("at_risk", "vi")
    seen = Glance(tickets=2, csat=4, debt=3_000_000, ordered_at=ordered, ordered=9_000_000)
    said = dict(spoken(home, "customer").facts(entry(seen, owner="Lan"), page, {}))
    expected = {
        "tickets": "2", "rating": "4/5", "debt": "3 triệu ₫", "last_order": "03/02/2026 · 9 triệu ₫", "owner": "Lan",
        "record": "crm · 1",
    }  # fmt: skip
    assert {name: said[page[name]] for name in expected} == expected


def test_an_order_that_was_expected_says_how_late_it_is(home: Home) -> None:
    for lang, over in (("vi", "đã quá 12 ngày"), ("en", "12 days late")):
        said = spoken(home, "customer", lang)
        due = said.moment - 12 * DAY
        assert said.awaited(due) == f"{said.day(due)} · {over}"
        assert said.awaited(said.moment + DAY) == said.day(said.moment + DAY)
        assert said.awaited(None) == ""


def test_one_in_the_pool_is_nobodys_whatever_the_crm_says(home: Home) -> None:
    said, page = spoken(home), words("today", "vi")
    for place, owner in (
        ({"team": 1}, "Kho chung của đội"), ({"team": 1, "person": 7}, "Minh"), ({}, "Lan"),
    ):  # fmt: skip
        known = entry(Glance(), owner="Lan")
        row = replace(known.row, place=known.row.place._replace(**place))
        assert dict(said.facts(replace(known, row=row), page, {7: "Minh"}))[page["owner"]] == owner


def test_an_appointment_of_last_year_is_none_any_more(home: Home) -> None:
    said, page = spoken(home), words("today", "vi")
    told = []
    for days in (-400, -3, 2):
        due = said.moment + days * DAY
        told.append(bool(dict(said.facts(entry(Glance(appointment=due)), page, {}))[page["appointment"]]))
    assert told == [False, True, True]


def test_buttons_and_their_reasons(home: Home) -> None:
    assert spoken(home).outcomes == outcomes.SALES
    assert spoken(home, "customer").outcomes == outcomes.CARE
    assert ("price", "Giá tốt hơn") in spoken(home).whys("bought_elsewhere")
    assert ("price", "Better price") in spoken(home, lang="en").whys("bought_elsewhere")
    assert spoken(home).new_id() != spoken(home).new_id()

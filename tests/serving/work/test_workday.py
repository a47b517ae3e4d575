"""A day's list: promised calls first, then the best there is room for, leaving alone whom somebody just dealt with."""

from datetime import date, datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from crm.clock import DAY, HOUR, MINUTE, now, to_micros
from crm.inbox import Inbox, Said
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import Absence, Person
from crm.tables.trial import Enrolment
from serving.rights.keys import Caller
from serving.scores.live import Live
from serving.work.calendar import day_number
from serving.work.taps import Given, tap
from serving.work.workday import Workday, everybody, workday
from serving.work.worklists import EVERYBODY
from tests.conftest import settle
from tests.crm.company import Company
from tests.serving import teams
from tests.serving.stored import store

TARGET = "lead_conversion"
VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def at(day: int, hour: int) -> int:
    """March 2026, in Việt Nam; the 4th is a Wednesday."""
    return to_micros(datetime(2026, 3, day, hour, tzinfo=VIETNAM))


NINE = at(4, 9)


@pytest.fixture
def lan(home: Home) -> Caller:
    """A salesperson with ten leads, the best first, who can call four a day."""
    team = teams.team(home, "Một")
    store(home, TARGET, *({"expected": 100 - number, "probability": 0.5} for number in range(10)))
    person = teams.person(home, "lan", team, capacity=4)
    for number in range(10):
        teams.hold(home, f"lead:crm:R{number}", person, team, since=1)
    return teams.as_caller(home, person)


def day(home: Home, caller: Caller, moment: int = NINE) -> Workday:
    live = Live(home)
    live.refresh()
    return workday(home, TARGET, caller, EVERYBODY, live.events_of, moment)


def names(found: Workday) -> list[str]:
    return [entry.row.card.source_id for entry in found.entries]


def test_the_best_there_is_room_for(home: Home, lan: Caller) -> None:
    found = day(home, lan)
    assert names(found) == ["R0", "R1", "R2", "R3"]
    assert (found.room, found.done, found.all, found.off) == (4, 0, 10, False)


def test_what_was_done_today_takes_room_and_is_left_alone(home: Home, lan: Caller) -> None:
    teams.tap(home, "lead:crm:R0", lan.person, at=NINE - HOUR)
    teams.tap(home, "lead:crm:R0", lan.person, "busy", at=NINE - MINUTE)
    teams.tap(home, "lead:crm:R1", lan.person, at=NINE - DAY - HOUR)
    found = day(home, lan)
    assert names(found) == ["R1", "R2", "R3"], (
        "two taps of one lead are one contact; yesterday's rest is over"
    )
    assert (found.done, len(found.taps)) == (1, 2)
    assert [tap.code for tap in found.taps] == ["busy", "no_answer"], "the newest first"


def test_each_outcome_has_its_rest_though_its_call_is_in_the_history_at_once(home: Home, lan: Caller) -> None:
    company = Company(home.path)
    codes = ["busy", "no_answer", "interested", "wrong_number"]
    for number, code in enumerate(codes):
        company.tell("lead", f"R{number}", NINE, created_at=NINE, name="Lan")
        tap(home, lan, Given(str(uuid4()), f"lead:crm:R{number}", TARGET, code))
    company.load()
    with writing(home) as session:
        session.get_one(Person, lan.person).capacity = 40
    began = now()
    back = {}
    for hours in (1, 3, 23, 25, 47, 49, 20_000):
        listed = names(day(home, lan, began + hours * HOUR))
        back[hours] = [code for number, code in enumerate(codes) if f"R{number}" in listed]
    assert back == {
        1: [], 3: ["busy"], 23: ["busy"], 25: ["busy", "no_answer"], 47: ["busy", "no_answer"],
        49: ["busy", "no_answer", "interested"], 20_000: ["busy", "no_answer", "interested"],
    }  # fmt: skip


@pytest.mark.databases("sqlite", "postgres")
def test_a_promised_call_comes_first_even_where_the_day_is_full(home: Home, lan: Caller) -> None:
    for number in range(4):
        teams.tap(home, f"lead:crm:R{number}", lan.person, at=NINE - HOUR)
    teams.tap(home, "lead:crm:R9", lan.person, "call_back", at=NINE - 2 * DAY, due_at=NINE + 3 * HOUR)
    teams.tap(home, "lead:crm:R8", lan.person, "call_back", at=NINE - 2 * DAY, due_at=NINE - HOUR)
    found = day(home, lan)
    assert names(found) == ["R8", "R9"]
    assert [entry.due for entry in found.entries] == [NINE - HOUR, NINE + 3 * HOUR]


@pytest.mark.parametrize("arm", ["score", "rule"])
def test_who_wrote_and_waits_comes_before_the_best_whatever_ranks_them(
    home: Home, lan: Caller, arm: str
) -> None:
    company = Company(home.path)
    for number, hours in ((9, 2), (8, 200)):
        company.tell("lead", f"R{number}", NINE - 30 * DAY, created_at=NINE - 30 * DAY, name="Lan")
        company.tell("activity", f"M{number}", NINE - hours * HOUR, kind="chat", direction="in", channel="zalo",
                     occurred_at=NINE - hours * HOUR, lead=f"R{number}")  # fmt: skip
    company.load()
    with writing(home) as session:
        session.add(Enrolment(target=TARGET, party="lead:crm:R9", subject="lead:crm:R9", at=NINE - DAY, arm=arm,
                              exempt=None, owner=None, probability=0.5))  # fmt: skip
    first, *others = day(home, lan).entries
    assert (first.row.card.source_id, first.due, first.urgent) == ("R9", None, True)
    assert not any(one.urgent for one in others), "its band says why the others are there"
    assert "R8" not in names(day(home, lan)), "an older message has no haste any more"
    teams.tap(home, "lead:crm:R9", lan.person, "no_answer", at=NINE - HOUR)
    assert "R9" not in names(day(home, lan))


def test_a_message_that_came_live_comes_first_too(home: Home, lan: Caller) -> None:
    company = Company(home.path)
    company.tell("lead", "R9", NINE - 30 * DAY, created_at=NINE - 30 * DAY, name="Lan")
    company.load()
    said = {"kind": "chat", "direction": "in", "channel": "zalo", "occurred_at": now() - HOUR, "lead": "R9"}
    Inbox(home).put("d1", [Said("activity", "crm", "M", said)])
    live = Live(home)
    live.refresh()
    lookup = live.looking_up()
    found = workday(home, TARGET, lan, EVERYBODY, lookup, now() + MINUTE, live.concerned(0)[0])
    assert names(found)[0] == "R9"


def test_a_call_promised_for_later_rests_until_its_day(home: Home, lan: Caller) -> None:
    teams.tap(home, "lead:crm:R0", lan.person, "call_back", at=NINE - 2 * DAY, due_at=NINE + DAY)
    assert names(day(home, lan)) == ["R1", "R2", "R3", "R4"]
    assert names(day(home, lan, NINE + DAY))[0] == "R0"


def test_a_promise_long_broken_is_only_a_lead_again(home: Home, lan: Caller) -> None:
    teams.tap(home, "lead:crm:R3", lan.person, "call_back", at=NINE - 12 * DAY, due_at=NINE - 8 * DAY)
    teams.tap(home, "lead:crm:R9", lan.person, "call_back", at=NINE - 12 * DAY, due_at=NINE - 6 * DAY)
    assert names(day(home, lan)) == ["R9", "R0", "R1", "R2"]


def test_whom_a_colleague_just_called_under_another_record_is_left_alone(home: Home, lan: Caller) -> None:
    company = Company(home.path)
    for number in (0, 1, 2):
        company.tell("lead", f"R{number}", NINE - DAY, created_at=NINE - DAY, name="Lan",
                     phone="+84912345678" if number < 2 else "+84912345679")  # fmt: skip
    company.load()
    minh = teams.person(home, "minh", lan.team or 0)
    teams.tap(home, "lead:crm:R0", minh, "busy", at=NINE - HOUR)
    assert names(day(home, lan)) == ["R2", "R3", "R4", "R5"]
    assert names(day(home, lan, NINE + 2 * HOUR))[:2] == ["R0", "R1"]


@pytest.mark.databases("sqlite", "postgres")
def test_a_tap_taken_back_changes_nothing(home: Home, lan: Caller) -> None:
    teams.tap(home, "lead:crm:R0", lan.person, at=NINE - HOUR, undone_at=NINE)
    found = day(home, lan)
    assert (names(found)[0], found.done) == ("R0", 0)


def test_half_a_saturday_holds_half_the_calls_and_a_day_off_is_a_preview(home: Home, lan: Caller) -> None:
    assert day(home, lan, at(7, 9)).room == 2
    sunday = day(home, lan, at(8, 9))
    assert (sunday.off, sunday.room) == (True, 4)
    with writing(home) as session:
        number = day_number(date(2026, 3, 4))
        session.add(Absence(person=lan.person, first_day=number, last_day=number))
    assert day(home, lan).off


def test_without_a_figure_of_ones_own_the_settings_say_how_many(home: Home, lan: Caller) -> None:
    settle(home, "[capacity]\nsales = 7\n")
    with writing(home) as session:
        session.get_one(Person, lan.person).capacity = None
    assert len(day(home, lan).entries) == 7


@pytest.mark.databases("sqlite", "postgres")
def test_everybody_comes_in_parts_with_what_was_said(home: Home, lan: Caller) -> None:
    teams.tap(home, "lead:crm:R4", lan.person, "call_back", at=NINE, due_at=NINE + DAY)
    found, entries, total = everybody(home, TARGET, lan, EVERYBODY, Live(home).events_of, 3, 3)
    assert [entry.row.card.source_id for entry in entries] == ["R3", "R4", "R5"]
    assert (total, found.counts["hot"]) == (10, 10)
    said = entries[1]
    assert said.tap is not None
    assert (said.tap.code, said.due, entries[0].tap) == ("call_back", NINE + DAY, None)

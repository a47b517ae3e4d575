"""What arrives live tells at once what the history tells after it was folded, and is folded once."""

import random
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.clock import DAY, HOUR, MINUTE
from crm.errors import NotFound
from crm.events import Events, EventStore
from crm.folding import fold
from crm.fresh import Overlay
from crm.glance import glance
from crm.history import History
from crm.inbox import Inbox, Said
from crm.settings import Home
from tests import mortal
from tests.conftest import Homes
from tests.crm.company import Company, day, kinds

NOON = day(400)
SOURCES = ("crm", "zalo", "shop", "web")
"""Each tells a story of its own, in the same words; what one says is nothing to the others."""


def phone(number: int, source: str = "crm") -> str:
    return f"+8490100{SOURCES.index(source)}00{number}"


def base(home: Home, sources: tuple[str, ...] = ("crm",)) -> Home:
    """Two leads, a customer with an invoice and an open ticket, a deal; all told before the deliveries."""
    company = Company(home.path)
    invoice: dict[str, Any] = {"kind": "invoice", "reference": "R1", "occurred_at": day(7), "due_at": day(30)}
    term = {"kind": "subscription", "product": "CRM", "starts_at": day(8), "ends_at": day(373)}
    worth: dict[str, Any] = {"amount": 5_000_000, "currency": "VND", "party": "K1"}
    for source in sources:
        tell = partial(company.tell, source=source)
        tell("lead", "L1", day(1), created_at=day(1), channel="zalo", status="mới", phone=phone(1, source))
        tell("lead", "L2", day(2), created_at=day(2), channel="web")
        tell("party", "K1", day(3), created_at=day(3), kind="person", channel="web")
        tell("deal", "D1", day(4), created_at=day(4), party="K1", lead="L2", stage="mới", product="CRM")
        tell("activity", "C1", day(5), kind="call", direction="out", occurred_at=day(5), lead="L1")
        tell("activity", "P1", day(6), kind="callback", entered_at=day(6), due_at=day(390), lead="L1")
        tell("transaction", "I1", day(7), **invoice, **worth)
        tell("transaction", "S1", day(8), **term, **worth)
        tell("ticket", "T1", day(9), party="K1", category="lỗi", created_at=day(9))
    company.load()
    return company.home


def activity(number: int, **columns: Any) -> Said:
    told = {"kind": "call", "direction": "out", "outcome": "answered", "occurred_at": NOON - number * MINUTE}
    return Said("activity", "crm", f"A{number}", told | columns)


SAYINGS = (
    Said("lead", "crm", "L1", {"status": "đang liên hệ"}),
    Said("lead", "crm", "L1", {"status": "hẹn gặp", "rating": "A"}),
    Said("lead", "crm", "N1", {"created_at": NOON - HOUR, "channel": "facebook", "phone": phone(2), "status": "mới"}),
    Said("lead", "crm", "N1", {"lost_at": NOON - MINUTE, "lost_reason": "giá"}),
    activity(1, lead="L1"), activity(2, lead="N1", kind="chat", direction="in", channel="zalo"),
    activity(3, phone=phone(2)), activity(4, phone=phone(1)), activity(5, party="K1"), activity(6, deal="D1"),
    Said("activity", "crm", "A1", {"duration": 90}),
    Said("activity", "crm", "P1", {"done_at": NOON - 2 * MINUTE}),
    Said("activity", "crm", "P2", {"kind": "callback", "entered_at": NOON - HOUR, "due_at": NOON - MINUTE,
                                   "lead": "N1"}),
    Said("deal", "crm", "D1", {"stage": "báo giá"}), Said("deal", "crm", "D1", {"won_at": NOON - 3 * MINUTE}),
    Said("transaction", "crm", "I1", {"paid_at": NOON - HOUR}),
    Said("transaction", "crm", "M1", {"kind": "payment", "party": "K1", "reference": "R1", "amount": 5_000_000,
                                      "currency": "VND", "occurred_at": NOON - HOUR}),
    Said("transaction", "crm", "S2", {"kind": "renewal", "party": "K1", "product": "CRM", "starts_at": day(374),
                                      "ends_at": day(739), "amount": 6_000_000, "currency": "USD"}),
    Said("transaction", "crm", "O1", {"kind": "order", "party": "K2", "amount": 1_000, "currency": "VND",
                                      "occurred_at": NOON - HOUR}),
    Said("party", "crm", "K2", {"kind": "person", "created_at": NOON - DAY, "channel": "shop"}),
    Said("ticket", "crm", "T1", {"resolved_at": NOON - HOUR, "csat": 1, "rated_at": NOON - MINUTE}),
    Said("ticket", "crm", "T2", {"party": "K1", "category": "giao hàng", "created_at": NOON - HOUR}),
    Said("ticket", "crm", "T2", {}, deleted=True),
)  # fmt: skip


def overlay(home: Home) -> Overlay:
    made = Overlay(EventStore.open(home), Inbox(home), "VND", "Asia/Ho_Chi_Minh")
    made.catch_up()
    return made


def told(events: Events) -> list[tuple[Any, ...]]:
    """Every column of every event, numbers resolved into words."""
    columns = zip(
        events.occurred_at.tolist(), events.known_at.tolist(), events.known_until.tolist(), events.value.tolist(),
        events.duration.tolist(), events.day.tolist(), (events.signatures[number] for number in events.signature),
        strict=True,
    )  # fmt: skip
    return list(columns)


def found(source: Overlay | EventStore, subject: str) -> list[tuple[Any, ...]] | None:
    try:
        return told(source.one(subject))
    except NotFound:
        return None


def by(source: str, said: Said) -> Said:
    """The same words from another system."""
    own = {
        name: phone(int(value[-1]), source) if name == "phone" else value
        for name, value in said.columns.items()
    }
    return said._replace(source=source, columns=own)


@pytest.fixture(scope="module")
def four(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company whose four systems hold the same story, to be copied."""
    return base(lasting.new(tmp_path_factory.mktemp("four")), SOURCES)


STORY = st.lists(st.sampled_from(SAYINGS), min_size=1, max_size=14)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(STORY, STORY, STORY, STORY), st.integers(0, 9))
def test_live_events_are_those_of_the_history_after_the_fold(
    four: Home,
    homes: Homes,
    tmp_path_factory: pytest.TempPathFactory,
    stories: tuple[list[Said], ...],
    later: int,
) -> None:
    home = homes.copy(four, tmp_path_factory.mktemp("home"))
    told_by = [[by(source, said) for said in story] for source, story in zip(SOURCES, stories, strict=True)]
    inbox, live = Inbox(home), overlay(home)
    for number, sayings in enumerate(zip_longest(*told_by)):
        inbox.put(f"crm/{number}", [said for said in sayings if said], moment=NOON + number)
        if number % 3 == later % 3:
            live.catch_up()  # in batches of any size
    live.catch_up()
    at_once = {subject: found(live, subject) for subject in live.since(0)[0]}
    fold(home)
    store = EventStore.open(home)
    assert store.about.inbox == inbox.newest()
    assert {subject: found(store, subject) for subject in at_once} == at_once
    everybody = {
        subject for kind in ("lead", "customer", "deal") for subject in store.subjects(kind)["subject"]
    }
    assert {subject for subject in at_once if at_once[subject] is not None} <= everybody


def test_the_order_of_arrival_changes_nothing_where_the_source_says_when(
    four: Home, homes: Homes, tmp_path: Path
) -> None:
    home = homes.copy(four, tmp_path)
    words = [
        Said("lead", "crm", "L1", {"status": word, "rating": rating}, said_at=NOON + place)
        for place, (word, rating) in enumerate([("gọi", "C"), ("hẹn", "B"), ("báo giá", "A")])
    ]
    for seed, source in enumerate(SOURCES):
        shuffled = random.Random(seed).sample(words, 3)
        for number, said in enumerate([*shuffled, *shuffled]):
            Inbox(home).put(f"{source}/{number}", [by(source, said)], moment=NOON + HOUR + number)
    live = overlay(home)
    for source in SOURCES:
        events, newest = live.one(f"lead:{source}:L1"), {}
        for row in range(len(events)):
            words_of = events.signatures[events.signature[row]]
            if words_of.kind == "change":
                newest[words_of.field] = words_of.code
        assert newest == {"status": "báo giá", "rating": "A"}


def test_nothing_live_is_visible_before_it_was_received(home: Home) -> None:
    base(home)
    before = kinds(EventStore.open(home).one("lead:crm:L1"), NOON)
    Inbox(home).put("crm/1", [activity(1, lead="L1")], moment=NOON)
    live = overlay(home).one("lead:crm:L1")
    assert kinds(live, NOON) == before
    assert kinds(live, NOON + 1) == [*before, "call"]


def test_a_fold_happens_once(home: Home) -> None:
    base(home)
    Inbox(home).put("crm/1", list(SAYINGS), moment=NOON)
    report = fold(home)
    assert report is not None
    assert report.read == len(SAYINGS)
    assert report.read == report.new + report.changed + report.unchanged + report.refused + report.other
    loads = History(home).load_number
    assert fold(home) is None
    assert History(home).load_number == loads
    live = overlay(home)
    assert live.since(0)[0] == {}


def test_an_empty_history_takes_deliveries(home: Home) -> None:
    Inbox(home).put("crm/1", [SAYINGS[2]], moment=NOON)
    assert fold(home) is not None
    assert "created" in kinds(EventStore.open(home).one("lead:crm:N1"))


@pytest.mark.slow
def test_a_fold_killed_at_any_moment_loses_and_doubles_nothing(home: Home) -> None:
    base(home)
    chance, expected = random.Random(1), []
    Inbox(home).put("crm/first", [activity(1, lead="L2")], moment=NOON)
    whole, kills = mortal.lasts(fold, home), 0
    while kills < 12:
        round_ = len(expected)
        said = activity(100 + round_, lead="L1", occurred_at=NOON + round_)
        Inbox(home).put(f"crm/{round_}", [said], moment=NOON + HOUR + round_)
        expected.append(said.columns["occurred_at"])
        lasted = mortal.attempt(fold, home, seconds=chance.uniform(0, whole))
        kills, whole = kills + (lasted is None), lasted or whole
        events = overlay(home).one("lead:crm:L1")
        calls = [
            int(events.occurred_at[row]) for row in range(len(events)) if events.occurred_at[row] >= NOON
        ]
        assert calls == expected
    fold(home)
    rows = History(home).read("activity").to_pylist()
    assert (
        sorted(row["occurred_at"] for row in rows if row["source_id"] > "A1" and row["file"] == "inbox")
        == expected
    )


def test_the_crm_s_own_rows_of_outcomes_written_back_tell_nothing_twice(home: Home) -> None:
    base(home)
    missed = {"outcome": "no_answer", "occurred_at": NOON, "lead": "L1"}
    taps = [
        activity(1, **missed)._replace(source_id="leadkeep:1"),
        activity(2, **missed)._replace(source_id="leadkeep:2"),
    ]
    echoes = [activity(n, **missed)._replace(custom={"leadkeep_key": f"77ab{n}"}) for n in (3, 4)]
    echoes.append(
        activity(5, kind="callback", due_at=NOON + DAY, lead="L1")._replace(custom={"leadkeep_key": "77ab5"})
    )
    Inbox(home).put("taps", taps, moment=NOON)
    Inbox(home).put("live", echoes[:1], moment=NOON + HOUR)
    # A later word of a row that the CRM's own need not repeat the key.
    Inbox(home).put("more", [Said("activity", "crm", "A3", {"duration": 5})], moment=NOON + HOUR)
    live = overlay(home)
    assert glance(live.one("lead:crm:L1"), NOON + DAY).missed == 2
    company = Company(home.path)
    fold(home)
    assert found(EventStore.open(home), "lead:crm:L1") == found(live, "lead:crm:L1")
    for one in echoes[1:]:
        custom = f'{{"leadkeep_key": "{one.custom["leadkeep_key"]}"}}'
        company.tell("activity", one.source_id, NOON + HOUR, **one.columns, custom=custom)
    company.load()
    assert found(EventStore.open(home), "lead:crm:L1") == found(live, "lead:crm:L1")
    assert {"A3", "A4", "A5"} <= set(History(home).read("activity")["source_id"].to_pylist()), "they are kept"
    Inbox(home).put("late", [Said("activity", "crm", "A4", {"duration": 7})], moment=NOON + DAY)
    assert glance(overlay(home).one("lead:crm:L1"), NOON + 2 * DAY).missed == 2

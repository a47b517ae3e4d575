"""From history to events: each moment at its two times, in the words of crm/moments."""

from pathlib import Path

import pytest

from crm.clock import DAY, FOREVER, UNKNOWN
from crm.events import EventStore
from tests.crm.company import Company, day, story

SECONDS = 86_400


@pytest.fixture
def company(tmp_path: Path) -> Company:
    company = Company(tmp_path)
    company.tell("lead", "L", day(0), created_at=day(0), channel="zalo", name="Lan", phone="+84901234567")
    company.tell("party", "P", day(10), created_at=day(10), kind="organisation", name="An Phát")
    return company


def spans(store: EventStore, subject: str, kind: str) -> list[tuple[int, int]]:
    """The times within which events of ``kind`` are known."""
    events = store.one(subject)
    rows = [row for row in range(len(events)) if events.signatures[events.signature[row]].kind == kind]
    return [(int(events.known_at[row]), int(events.known_until[row])) for row in rows]


def said(store: EventStore, subject: str, kind: str) -> list[tuple[object, ...]]:
    return [words for words in story(store.one(subject)) if words[0] == kind]


def test_a_late_entry_is_known_from_its_entry(company: Company) -> None:
    company.tell("activity", "1", day(1), kind="meeting", lead="L", occurred_at=day(1), entered_at=day(4))
    assert spans(company.load(), "lead:crm:L", "meeting") == [(day(4), FOREVER)]


def test_a_callback_is_promised_missed_and_kept(company: Company) -> None:
    company.tell(
        "activity", "1", day(1), kind="callback", lead="L", occurred_at=day(1), due_at=day(2), done_at=day(5)
    )
    company.tell("activity", "2", day(1), kind="callback", lead="L", occurred_at=day(1), due_at=day(3))
    company.tell(
        "activity", "3", day(1), kind="callback", lead="L", occurred_at=day(1), due_at=day(3), done_at=day(2)
    )
    store = company.load()
    assert sorted(spans(store, "lead:crm:L", "callback_overdue")) == [(day(2), day(5)), (day(3), FOREVER)]
    assert [words[2] for words in said(store, "lead:crm:L", "callback_done")] == ["on_time", "late"]
    assert said(store, "lead:crm:L", "callback_planned")[0][-1] == day(2) // 1_000_000


def test_a_changed_row_closes_only_what_it_changes(company: Company) -> None:
    company.tell("ticket", "T", day(11), party="P", created_at=day(11), category="bug")
    company.tell("transaction", "O", day(11), kind="order", party="P", amount=5, occurred_at=day(11))
    company.load()
    company.tell(
        "ticket", "T", day(20), party="P", created_at=day(11), category="bug", resolved_at=day(15), csat=4,
        rated_at=day(16),
    )  # fmt: skip
    store = company.load()
    customer = "customer:crm:P"
    assert spans(store, customer, "ticket") == [(day(11), FOREVER)]
    assert spans(store, customer, "ticket_open") == [(day(11), day(20))]
    assert spans(store, customer, "ticket_resolved") == [(day(20), FOREVER)]
    assert said(store, customer, "csat")[0][-1] == 4
    company.tell("ticket", "T", day(30), deleted=True)
    assert spans(company.load(), customer, "ticket") == [(day(11), day(30))]


def test_a_correction_shows_the_old_value_before_and_the_new_one_after(company: Company) -> None:
    company.tell("activity", "1", day(1), kind="call", outcome="busy", lead="L", occurred_at=day(1))
    company.load()
    company.tell("activity", "1", day(3), kind="call", outcome="answered", lead="L", occurred_at=day(1))
    events = company.load().one("lead:crm:L")
    assert [words[2] for words in story(events, day(2)) if words[0] == "call"] == ["busy"]
    assert [words[2] for words in story(events, day(4)) if words[0] == "call"] == ["answered"]


def test_lines_of_one_order_are_added_up_as_they_become_known(company: Company) -> None:
    lines = {"kind": "order", "reference": "SO1", "party": "P", "currency": "VND", "occurred_at": day(12)}
    company.tell("transaction", "1", day(12), **lines, amount=100, product="crm")
    company.tell("transaction", "2", day(12), **lines, amount=50, product="pos")
    company.tell("transaction", "3", day(14), **lines, amount=7, product="pos")
    events = company.load().one("customer:crm:P")
    assert [words[-1] for words in story(events, day(13)) if words[0] == "order"] == [150]
    assert [words[-1] for words in story(events, day(15)) if words[0] == "order"] == [157]
    assert sorted(words[-1] for words in story(events, day(15)) if words[0] == "item") == [7, 50, 100]
    assert {words[1] for words in story(events) if words[0] == "item"} == {"order"}


def test_an_invoice_is_overdue_until_its_payments_cover_it(company: Company) -> None:
    company.tell(
        "transaction",
        "I",
        day(12),
        kind="invoice",
        party="P",
        amount=100,
        occurred_at=day(12),
        due_at=day(20),
    )
    for number, when in enumerate((18, 25, 28)):
        company.tell(
            "transaction", f"P{number}", day(when), kind="payment", reference="I", party="P", amount=50,
            occurred_at=day(when),
        )  # fmt: skip
    store = company.load()
    assert spans(store, "customer:crm:P", "invoice_overdue") == [(day(20), day(25))]
    payments = store.one("customer:crm:P")
    rows = [r for r in range(len(payments)) if payments.signatures[payments.signature[r]].kind == "payment"]
    assert [payments.signatures[payments.signature[r]].code for r in rows] == ["on_time", "late", "late"]
    assert [int(payments.duration[r]) for r in rows] == [0, 5 * SECONDS, 8 * SECONDS]


def test_a_subscription_runs_and_is_renewed_or_not(company: Company) -> None:
    term = {"party": "P", "product": "crm", "amount": 12}
    company.tell(
        "transaction", "1", day(11), kind="subscription", occurred_at=day(11), starts_at=day(12),
        ends_at=day(40), **term,
    )  # fmt: skip
    company.tell(
        "transaction", "2", day(45), kind="renewal", occurred_at=day(45), starts_at=day(45),
        ends_at=day(80), **term,
    )  # fmt: skip
    company.tell(
        "transaction", "3", day(45), kind="subscription", occurred_at=day(45), ends_at=day(99),
        cancelled_at=day(60), **term | {"product": "pos"},
    )  # fmt: skip
    store = company.load()
    customer = "customer:crm:P"
    assert spans(store, customer, "subscription_active") == [
        (day(12), day(40)), (day(45), day(80)), (day(45), day(60))
    ]  # fmt: skip
    assert spans(store, customer, "subscription_ended") == [
        (day(40), day(45)), (day(60), FOREVER), (day(80), FOREVER)
    ]  # fmt: skip
    ended = said(store, customer, "subscription_ended")
    assert [words[2] for words in ended] == ["not_renewed", "cancelled", "not_renewed"]
    assert [words[1] for words in said(store, customer, "subscription")] == ["new", "renewal", "new"]


def test_a_change_log_tells_the_value_at_creation_too(company: Company) -> None:
    for place, name in enumerate(("new", "contacted", "quoted")):
        company.tell("stage", name, day(0), object="lead", name=name, position=place)
    log = {"object": "lead", "record": "L", "field": "status", "provenance": "history"}
    company.tell("change", "1", day(2), **log, old="new", new="contacted", occurred_at=day(2))
    company.tell("change", "2", day(3), **log, old="contacted", new="new", occurred_at=day(3))
    company.tell("change", "3", day(9), **log | {"provenance": "logged"}, new="new", occurred_at=day(9))
    store = company.load()
    changes = said(store, "lead:crm:L", "change")
    assert [(words[2], words[4], words[5]) for words in changes] == [
        ("new", "", day(0)), ("contacted", "forward", day(2)), ("new", "backward", day(3))
    ]  # fmt: skip


def test_a_logged_value_without_a_log_was_so_from_the_start(company: Company) -> None:
    logged = {"object": "lead", "record": "L", "provenance": "logged", "occurred_at": day(9)}
    company.tell("change", "1", day(9), **logged, field="status", new="new")
    company.load()
    company.tell("change", "2", day(12), **logged, field="status", new="lost")
    store = company.load()
    changes = said(store, "lead:crm:L", "change")
    assert [(words[2], words[5]) for words in changes] == [("new", day(0)), ("lost", day(12))]


def test_compared_values_are_known_from_the_load_and_numbers_are_numbers(company: Company) -> None:
    compared = {"object": "lead", "record": "L", "provenance": "comparison", "occurred_at": day(9)}
    company.tell("change", "1", day(9), **compared, field="employees", new="25")
    company.tell("change", "2", day(9), **compared, field="rating", new="hot")
    changes = said(company.load(), "lead:crm:L", "change")
    assert sorted((words[1], words[2], words[-1]) for words in changes) == [
        ("employees", "", 25), ("rating", "hot", UNKNOWN)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("logged", "live", "told"),
    [
        ([(3, "b")], [(3.001, "b")], [(3, "b")]),
        ([(3, "b")], [(2.999, "b")], [(3, "b")]),
        ([(3, "b")], [(4, "b")], [(3, "b")]),
        ([(3, "b"), (3.001, "c")], [(3.002, "b"), (3.003, "c")], [(3, "b"), (3.001, "c")]),
        ([(3, "b")], [(4, "a"), (4.5, "b")], [(3, "b"), (4, "a"), (4.5, "b")]),
        ([(3, "b"), (4, "a"), (4.5, "b")], [(4.6, "b")], [(3, "b"), (4, "a"), (4.5, "b")]),
        ([], [(3, "b"), (4, "b")], [(3, "b"), (4, "b")]),
        ([(3, "b"), (3.02, "b")], [], [(3, "b"), (3.02, "b")]),
    ],
)
def test_a_log_that_repeats_what_a_webhook_told_counts_once(
    company: Company,
    logged: list[tuple[float, str]],
    live: list[tuple[float, str]],
    told: list[tuple[float, str]],
) -> None:
    for provenance, rows in (("webhook", live), ("history", logged)):
        for at, new in rows:
            company.tell(
                "change", f"{provenance}{at}", day(at), object="lead", record="L", field="status", new=new,
                provenance=provenance, occurred_at=day(at),
            )  # fmt: skip
    events = company.load().one("lead:crm:L")
    found = [(words[-2], words[2]) for words in story(events) if words[:2] == ("change", "status")]
    assert found == [(day(at), new) for at, new in told]


def test_an_outcome_without_a_date_comes_from_the_status_that_says_it(company: Company) -> None:
    company.tell("stage", "1", day(0), object="lead", name="won", position=1, outcome="won")
    company.tell("stage", "2", day(0), object="lead", name="junk", position=2, outcome="lost")
    for number, new in enumerate(("junk", "won")):
        company.tell(
            "change", new, day(3 + number), object="lead", record="L", field="status", new=new,
            provenance="history", occurred_at=day(3 + number),
        )  # fmt: skip
    store = company.load()
    assert spans(store, "lead:crm:L", "lost") == [(day(3), FOREVER)]
    company.tell("lead", "L", day(8), created_at=day(0), channel="zalo", converted_at=day(4))
    store = company.load()
    assert spans(store, "lead:crm:L", "converted") == [(day(4), day(8)), (day(8), FOREVER)]
    assert spans(store, "lead:crm:L", "created") == [(day(0), FOREVER)]


def test_other_currencies_are_kept_and_not_added_up(company: Company) -> None:
    company.tell(
        "transaction", "1", day(12), kind="payment", party="P", amount=9, currency="USD", occurred_at=day(12)
    )
    store = company.load()
    assert said(store, "customer:crm:P", "payment")[0][-1] == UNKNOWN
    assert store.about.counts["other_currency"] == 1


def test_events_are_made_again_when_the_zone_changes(company: Company) -> None:
    store = company.load()
    assert store.one("lead:crm:L").day.tolist() == [day(0) // DAY + (day(0) % DAY >= 17 * DAY // 24)]
    (company.home.path / "settings.toml").write_text('zone = "Pacific/Auckland"\n')
    assert EventStore.open(company.home).about.zone == "Pacific/Auckland"


WORDS = {
    "lead": ("channel",), "party": ("channel",), "deal": ("product", "channel"),
    "ticket": ("category", "priority", "channel"),
}  # fmt: skip
OPENING = {"lead": "created", "party": "created", "deal": "deal_opened", "ticket": "ticket"}


@pytest.mark.parametrize("table", WORDS)
def test_what_may_change_is_told_from_its_load_on_and_what_is_fixed_from_the_start(
    company: Company, table: str
) -> None:
    values = {name: name.upper() for name in WORDS[table]}
    for subject, provenance in (("M", "comparison"), ("N", "fixed"), ("O", "")):
        owner = {} if table in ("lead", "party") else {"party": subject}
        sale = {"kind": "order", "party": subject, "occurred_at": day(1)}
        if table in ("party", "ticket", "deal"):
            company.tell("transaction", subject, day(1), **sale)
        if owner:
            company.tell("party", subject, day(1), created_at=day(1))
        company.tell(table, subject, day(1), created_at=day(1), **owner, **values)
        for name in WORDS[table] if provenance else ():
            said_so = {"object": table, "record": subject, "field": name, "provenance": provenance}
            company.tell("change", subject + name, day(1), occurred_at=day(1), new=values[name], **said_so)
    store = company.load(day(9))
    for subject, first in (("M", set()), ("N", set(values.values())), ("O", set())):
        events = store.one(f"{'lead' if table == 'lead' else 'customer'}:crm:{subject}")
        for cutoff, expected in ((day(5), first), (day(10), set(values.values()))):
            (told,) = [words for words in story(events, cutoff) if words[0] == OPENING[table]]
            assert set(told[1:4]) - {""} == expected


def test_a_deal_is_won_with_a_product_that_was_known(company: Company) -> None:
    company.tell("deal", "D", day(11), party="P", created_at=day(11), product="pos", amount=7, won_at=day(13))
    company.tell("transaction", "O", day(11), kind="order", party="P", occurred_at=day(11))
    events = company.load(day(20)).one("customer:crm:P")
    for cutoff, product in ((15, ""), (21, "pos")):
        won = [words for words in story(events, day(cutoff)) if words[0] == "deal_won"]
        assert [(words[2], words[-2], words[-1]) for words in won] == [(product, day(13), 7)]


def test_a_rating_is_known_when_it_was_given_else_at_the_closing_else_at_its_load(company: Company) -> None:
    company.tell("transaction", "O", day(11), kind="order", party="P", occurred_at=day(11))
    ticket = {"party": "P", "created_at": day(11), "csat": 4}
    company.tell("ticket", "1", day(11), **ticket, resolved_at=day(13), rated_at=day(14))
    company.tell("ticket", "2", day(11), **ticket, resolved_at=day(13))
    company.tell("ticket", "3", day(11), **ticket)
    company.load(day(20))
    company.tell("ticket", "3", day(30), **ticket, category="bug")
    store = company.load(day(30))
    rated = said(store, "customer:crm:P", "csat")
    assert sorted({words[-2] for words in rated}) == [day(13), day(14), day(20)]
    first_known: dict[int, int] = {}
    for words, (known_at, _) in zip(rated, spans(store, "customer:crm:P", "csat"), strict=True):
        first_known[words[-2]] = min(known_at, first_known.get(words[-2], known_at))
    assert all(occurred == known for occurred, known in first_known.items())


def test_a_call_is_known_when_it_is_over(company: Company) -> None:
    call = {"kind": "call", "outcome": "answered", "lead": "L"}
    for number, duration in enumerate((None, 0, 600, 200_000_000)):
        at = day(1 + number)
        company.tell("activity", f"{number}", at, occurred_at=at, duration=duration, **call)
    over = [
        known_at - day(1 + n) for n, (known_at, _) in enumerate(spans(company.load(), "lead:crm:L", "call"))
    ]
    assert over == [0, 0, 600_000_000, 0]

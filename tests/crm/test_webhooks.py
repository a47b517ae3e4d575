"""What other systems deliver, read into canonical rows; what means nothing is refused in words."""

import copy
import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from crm import inbox
from crm.cleaning import Context
from crm.clock import parse
from crm.discover import modules
from crm.errors import SourceError
from crm.events import EventStore
from crm.folding import fold
from crm.fresh import Overlay
from crm.inbox import LIVE, Inbox, Said
from crm.schema import TABLES
from crm.settings import Home
from crm.webhooks import Sender, facebook, leadkeep, zalo
from tests.crm.company import Company, day

SENDER = Sender("web", Context())
AT = "2026-03-02T09:30:00+07:00"

SHIPPED = Path(__file__).parents[2] / "docs" / "webhooks"
FACEBOOK, SUBMITTED, WROTE, TICKET = (
    json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))
    for name in ("facebook", "zalo-submitted", "zalo-message", "leadkeep")
)

OURS = {
    "records": [
        {"table": "lead", "id": "N1", "said_at": AT, "custom": {"a": 1},
         "columns": {"name": "Lan", "channel": "zalo", "phone": "0912345678", "employees": 9,
                     "created_at": 1772418600}},
        {"table": "activity", "id": "A1", "deleted": False,
         "columns": {"kind": "call", "lead": "N1", "duration": 30, "occurred_at": AT}},
        {"table": "transaction", "id": "T1",
         "columns": {"kind": "order", "party": "K1", "amount": "1.500.000", "quantity": 3, "currency": "VND",
                     "occurred_at": AT}},
        {"table": "ticket", "id": "TT1", "columns": {"party": "K1", "csat": 5, "created_at": AT}},
    ]
}  # fmt: skip
EXAMPLES = {"leadkeep": [OURS], "facebook": [FACEBOOK], "zalo": [SUBMITTED, WROTE]}
ODD: list[Any] = [
    None, True, 0, -1, 1e308, 10**300, -(10**18), 10**15, "", " ", "\x00", "\u202e=1+1", "x" * 5000, [], {}, [[]],
    {"": None}, "2026-02-30", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "99999999999999:00:00",
]  # fmt: skip


def places(said: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value of a delivery."""
    yield path
    if isinstance(said, dict | list):
        for name in said if isinstance(said, dict) else range(len(said)):
            yield from places(said[name], (*path, name))


def changed(said: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The delivery with another value in one place."""
    if not path:
        return value
    said = copy.deepcopy(said)
    part = said
    for name in path[:-1]:
        part = part[name]
    part[path[-1]] = value
    return said


def ours(*records: dict[str, Any]) -> dict[str, Any]:
    return {"records": list(records)}


@pytest.mark.parametrize(
    ("module", "body"),
    [(facebook, FACEBOOK), (zalo, SUBMITTED), (zalo, WROTE), (leadkeep, ours({"table": "lead", "id": "1"}))],
)
def test_every_format_gives_rows_the_inbox_keeps(module: Any, body: dict[str, Any]) -> None:
    assert module.TITLE
    (said,) = module.read(body, SENDER)
    assert said.table in LIVE
    assert said.source == "web"
    assert set(said.columns) <= set(TABLES[said.table])


def test_the_shipped_ticket_and_call_are_read_with_the_note() -> None:
    ticket, call = leadkeep.read(TICKET, SENDER)
    assert (ticket.table, ticket.columns["category"], call.table) == ("ticket", "Giao hàng", "activity")
    assert call.custom == {"note": "Hẹn giao lại sáng mai"}
    assert {file.stem for file in SHIPPED.glob("*.json")} == {
        "facebook",
        "zalo-submitted",
        "zalo-message",
        "leadkeep",
    }


def test_all_formats_are_tested_here() -> None:
    assert set(modules("crm.webhooks")) == {"facebook", "leadkeep", "zalo"}


def test_a_facebook_lead_is_cleaned_as_an_import_cleans_it() -> None:
    (said,) = facebook.read(FACEBOOK, SENDER)
    assert said.source_id == "44444"
    assert said.columns == {
        "channel": "facebook", "campaign": "Tết 2026", "name": "Nguyễn Thị Hoa", "phone": "+84323456789",
        "created_at": 1772418600 * 1_000_000,
    }  # fmt: skip
    assert said.custom == {"số_nhân_viên": "20"}


def test_other_facebook_changes_say_nothing() -> None:
    assert facebook.read({"entry": [{"changes": [{"field": "feed", "value": {}}]}]}, SENDER) == []


def test_a_zalo_message_is_a_chat_without_its_text() -> None:
    (said,) = zalo.read(WROTE, SENDER)
    assert (said.table, said.columns["direction"], said.columns["lead"]) == ("activity", "in", "55")
    assert "Giá" not in repr(said)


def test_who_shares_their_details_on_zalo_is_a_lead() -> None:
    (said,) = zalo.read(SUBMITTED, SENDER)
    assert said.columns["phone"] == "+84912345678"
    assert said.columns["created_at"] == 1772418600 * 1_000_000


def test_our_own_format_takes_any_record() -> None:
    call = {
        "table": "activity",
        "id": "A1",
        "said_at": AT,
        "columns": {"kind": "call", "lead": "L1", "occurred_at": AT},
    }
    order = {
        "table": "transaction",
        "id": "T1",
        "columns": {"kind": "order", "amount": "1.500.000 ₫", "party": "K1"},
    }
    found = leadkeep.read(ours(call, order, {"table": "lead", "id": "L9", "deleted": True}), SENDER)
    assert [said.deleted for said in found] == [False, False, True]
    assert found[0].columns["occurred_at"] == found[0].said_at == parse(AT, "UTC")
    assert found[1].columns["amount"] == 1_500_000


@pytest.mark.parametrize(
    ("module", "body", "what"),
    [
        (leadkeep, {}, "records is missing"),
        (leadkeep, {"records": {}}, "records is not a list"),
        (leadkeep, ours(), "1 to 500"),
        (leadkeep, ours({"table": "stage", "id": "1"}), "no such table"),
        (leadkeep, ours({"table": "lead"}), "id is missing"),
        (leadkeep, ours({"table": "lead", "id": "1", "colour": 1}), "no such field"),
        (leadkeep, ours({"table": "lead", "id": "1", "columns": {"colour": 1}}), "no column of this name"),
        (leadkeep, ours({"table": "lead", "id": "1", "columns": {"created_at": "hôm qua"}}), "not a time"),
        (leadkeep, ours({"table": "lead", "id": "1", "columns": {"employees": "nhiều"}}), "not a number"),
        (leadkeep, ours({"table": "lead", "id": "1", "columns": {"name": ["a"]}}), "not one value"),
        (leadkeep, ours({"table": "lead", "id": "1", "custom": {"a": {"b": 1}}}), "not one value"),
        (leadkeep, ours({"table": "lead", "id": "1", "deleted": "yes"}), "true or false"),
        (leadkeep, ours("lead"), "table is missing"),
        (leadkeep, [], "records is missing"),
        (facebook, {"entry": [{"changes": [{"field": "leadgen", "value": {}}]}]}, "leadgen_id is missing"),
        (facebook, {"entry": [3]}, "changes is missing"),
        (zalo, {"event_name": "follow"}, "timestamp is missing"),
        (zalo, {"event_name": "user_send_text", "timestamp": "x"}, "not a time"),
        (zalo, {"event_name": "user_send_text", "timestamp": "1", "sender": {"id": "5"}}, "message is missing"),
        (leadkeep, ours({"table": "lead", "id": "1", "columns": {"created_at": 1e300}}), "not a time"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_in_words(module: Any, body: Any, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        module.read(body, SENDER)


def test_odd_values_are_refused_or_become_history(home: Home) -> None:
    """One that were kept and not understood would hold up everybody's."""
    company = Company(home.path)
    company.tell("party", "K1", day(0), name="Công ty 1", created_at=day(0))
    company.load()
    kept = list[Said]()
    for format, bodies in EXAMPLES.items():
        for said, odd in product(bodies, ODD):
            for path in places(said):
                with suppress(SourceError):
                    found = modules("crm.webhooks")[format].read(changed(said, path, odd), SENDER)
                    for one in found:
                        inbox._check(one)
                    kept += found
    assert len(kept) > 500
    Inbox(home).put("1", kept)
    live = Overlay(EventStore.open(home), Inbox(home), "VND", "Asia/Ho_Chi_Minh")
    live.catch_up()
    assert live.since(0)[0].keys() >= {"lead:web:N1", "lead:web:55"}
    assert fold(home)

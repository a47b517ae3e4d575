"""As known then: whatever is appended later, and known later, leaves what a cutoff could see unchanged."""

from collections import Counter
from typing import Any

import hypothesis.strategies as st
import pyarrow as pa
from hypothesis import given, settings

from crm import materialise
from crm.clock import FOREVER
from crm.eventfiles import KINDS
from crm.history import query, schema
from crm.schema import TABLES
from tests.crm.company import day

Row = tuple[str, dict[str, Any]]
"""A table and one row of it; a later row of the same record replaces it, ``deleted`` closes it."""

LEADS, PARTIES, PHONES = ("L0", "L1", "L2"), ("P0", "P1", "P2"), ("+8490", "+8491")
times = st.integers(0, 40).map(day)
some = st.one_of


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return some(st.none(), strategy)


def rows_of(table: str, ids: tuple[str, ...], /, **columns: st.SearchStrategy[Any]) -> st.SearchStrategy[Row]:
    """Rows of one table: its columns, when they became known, and now and then a deletion."""
    columns |= {"known_at": times, "deleted": st.sampled_from([False] * 7 + [True])}
    return st.tuples(st.just(table), st.fixed_dictionaries({"source_id": st.sampled_from(ids), **columns}))


ties = {"lead": maybe(st.sampled_from(LEADS)), "party": maybe(st.sampled_from(PARTIES))}
keys = {"phone": maybe(st.sampled_from(PHONES)), "name": st.sampled_from("ABCDEFGH")}
amount = st.integers(1, 9)
anything = some(
    rows_of(
        "lead", LEADS, created_at=st.just(day(0)), converted_at=maybe(times),
        converted_party=maybe(st.sampled_from(PARTIES)), lost_at=maybe(times), **keys,
    ),
    rows_of(
        "party", PARTIES, created_at=st.sampled_from([None, day(0), day(5)]),
        organisation=maybe(st.sampled_from(PARTIES)), **keys,
    ),
    rows_of(
        "deal", ("D0",), created_at=st.just(day(3)), won_at=maybe(times), amount=amount,
        product=maybe(st.sampled_from("ab")), **ties,
    ),
    rows_of(
        "activity", ("A0", "A1", "A2"), kind=st.sampled_from(["call", "callback"]), occurred_at=times,
        entered_at=maybe(times), due_at=maybe(times), done_at=maybe(times),
        deal=maybe(st.just("D0")), phone=keys["phone"], **ties,
    ),
    rows_of(
        "transaction", ("T0", "T1", "T2"), reference=maybe(st.sampled_from(["R0", "R1"])), amount=amount,
        kind=st.sampled_from(["order", "invoice", "payment", "subscription"]), occurred_at=times,
        due_at=maybe(times), paid_at=maybe(times), ends_at=maybe(times), cancelled_at=maybe(times), **ties,
    ),
    rows_of(
        "ticket", ("K0",), party=st.sampled_from(PARTIES), created_at=st.just(day(2)), csat=maybe(amount),
        category=maybe(st.sampled_from("ab")), resolved_at=maybe(times),
    ),
    rows_of(
        "change", ("C0", "C1", "C2"), object=st.just("lead"), record=st.sampled_from(LEADS),
        field=st.just("status"), old=st.just("new"), new=st.sampled_from("xyz"), occurred_at=times,
        provenance=st.sampled_from(["history", "comparison", "fixed"]),
    ),
    rows_of(
        "link", ("M0", "M1"), table=st.just("lead"), record=st.sampled_from(LEADS),
        subject=st.sampled_from(LEADS), rule=st.just("merge"), until=maybe(times),
    ),
    rows_of(
        "link", ("M2", "M3"), table=st.just("party"), record=st.sampled_from(PARTIES),
        subject=st.sampled_from(PARTIES), rule=st.just("merge"), until=maybe(times),
    ),
)  # fmt: skip


def stored(worlds: dict[str, list[Row]]) -> dict[str, pa.Table]:
    """The canonical tables as ``History.read`` gives them, one source a world, rows in order of loading."""
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for source, rows in worlds.items():
        versions: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for table, row in rows:
            own = {"phone": f"{row['phone']}@{source}"} if row.get("phone") else {}
            versions.setdefault((table, row["source_id"]), []).append(row | own | {"source": source})
        for (table, _), told in versions.items():
            ends = [row["known_at"] for row in told[1:]] + [FOREVER]
            tables[table] += [
                row | {"known_until": end} for row, end in zip(told, ends, strict=True) if not row["deleted"]
            ]
    shapes = {table: schema(table).append(pa.field("known_until", pa.int64())) for table in TABLES}
    return {table: pa.Table.from_pylist(rows, schema=shapes[table]) for table, rows in tables.items()}


def told(worlds: dict[str, list[Row]]) -> dict[str, list[dict[str, Any]]]:
    """All events of each world, and its subjects as rows of kind ``subject``."""
    tables = stored(worlds)
    found: dict[str, list[dict[str, Any]]] = {source: [] for source in worlds}
    with query() as connection:
        numeric = materialise.numeric_fields(tables)
        conformed = {
            table: materialise.conform(table, materialise.seen(rows, {})) for table, rows in tables.items()
        }
        materialise.gather(connection, conformed, numeric)
        materialise.number(connection)
        for kind in KINDS:
            asked = {"kind": kind, "bucket": 0, "currency": "VND"}
            events = connection.execute(materialise.BUCKET, asked).to_arrow_table().to_pylist()
            subjects = connection.execute(materialise.PLACES, {"kind": kind}).to_arrow_table().to_pylist()
            for row in events:
                found[row["subject"].split(":")[1]].append(row)
            for row in subjects:
                found[row["source"]].append(row | {"kind": "subject"})
    return found


def seen(rows: list[dict[str, Any]], cutoff: int) -> Counter[tuple[Any, ...]]:
    """What is visible at ``cutoff`` of the subjects known by then, without the source's name."""
    known = {row["subject"] for row in rows if row["kind"] == "subject" and row["known_at"] < cutoff}
    words = ("kind", "field", "code", "channel", "value", "duration", "occurred_at", "known_at")
    return Counter(
        (
            row["subject"].split(":")[-1],
            row["event_id"].split(":", 2)[-1],
            *(row[word] for word in words),
        )
        for row in rows
        if row["kind"] != "subject"
        and row["subject"] in known
        and row["occurred_at"] < cutoff
        and row["known_at"] < cutoff <= row["known_until"]
    )


def moved(row: Row, begins: dict[str, int]) -> bool:
    """Whether an activity may be older than its party: a party without a date is as old as what is known of it."""
    table, said = row
    return table == "activity" and said["party"] is not None and said["occurred_at"] < begins[said["party"]]


def following(rows: list[Row], newest: dict[tuple[str, str], int], least: int) -> list[Row]:
    """The rows as loads after each other bring them: each known later than what its record said before."""
    found = []
    for table, row in rows:
        record = (table, row["source_id"])
        newest[record] = max(row["known_at"], newest.get(record, least) + 1)
        found.append((table, row | {"known_at": newest[record]}))
    return found


@st.composite
def appended(draw: st.DrawFn) -> tuple[list[Row], list[Row], int]:
    """A history, rows appended to it that are known at the cutoff or later, and the cutoff.

    Each lead's log begins at its creation, and each party is in the history before the rows appended: a log that
    begins later, and a party without a date, rightly tell of the time before. So does an activity of a party older
    than the party, which a conversion moved there.
    """
    cutoff = draw(times)
    told = {"known_at": day(0), "created_at": day(0), "occurred_at": day(0), "deleted": False}
    log = {"object": "lead", "field": "status", "provenance": "history", "old": "new", "new": "new"}
    first: list[Row] = []
    for lead in LEADS:
        first.append(("lead", {"source_id": lead} | told))
        first.append(("change", {"source_id": f"log of {lead}", "record": lead} | told | log))
    begins = {}
    for party in PARTIES:
        dates = {"known_at": draw(times), "created_at": draw(maybe(st.just(day(5))))}
        first.append(("party", {"source_id": party, "deleted": False} | dates))
        begins[party] = max(day(5), dates["known_at"])
    before = draw(st.lists(anything, min_size=4, max_size=16))
    later = draw(st.lists(anything, min_size=1, max_size=8))
    before, later = ([row for row in rows if not moved(row, begins)] for rows in (before, later))
    newest: dict[tuple[str, str], int] = {}
    before = following(first + before, newest, 0)
    newest = {record: max(known, cutoff - 1) for record, known in newest.items()}
    return before, following(later, newest, cutoff - 1), cutoff


@settings(max_examples=25, deadline=None)
@given(st.lists(appended(), min_size=1, max_size=6))
def test_what_becomes_known_later_changes_nothing_seen_before(
    histories: list[tuple[list[Row], list[Row], int]],
) -> None:
    worlds = {}
    for number, (before, later, _) in enumerate(histories):
        worlds[f"then{number}"] = before
        worlds[f"now{number}"] = before + later
    found = told(worlds)
    for number, (_, _, cutoff) in enumerate(histories):
        assert seen(found[f"then{number}"], cutoff) == seen(found[f"now{number}"], cutoff)
        ids = [
            (row["subject"], row["event_id"], row["kind"], row["known_at"])
            for row in found[f"now{number}"]
            if row["kind"] != "subject" and row["known_at"] < cutoff <= row["known_until"]
        ]
        assert len(ids) == len(set(ids))

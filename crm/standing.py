"""How open leads stand as known now: whose they are in the CRM and since when, who dealt with them, who came first."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from crm.clock import FOREVER, UNKNOWN
from crm.directory import newest
from crm.errors import HistoryError
from crm.events import Events, EventStore, Signature
from crm.history import History, query
from crm.inbox import Fresh, Inbox
from crm.settings import Home

CONTACTS: Final = frozenset(
    {"call", "email", "meeting", "chat", "visit", "note", "quote", "callback_planned"}
)
"""Events by which somebody deals with a lead; what comes in counts once it was answered."""

MERGED: Final = {"lead": "lead", "party": "customer"}
"""What a record of a table is as a subject, where whose it is outlasts a merge."""

OWNED: Final = """
WITH said AS (
    SELECT *, lag(owner) OVER one AS before, row_number() OVER one AS place
    FROM rows WHERE NOT deleted
    WINDOW one AS (PARTITION BY source, source_id ORDER BY load, known_at)
),
since AS (
    SELECT source, source_id, max(known_at) FILTER (place = 1 OR owner IS DISTINCT FROM before) AS owner_since,
        max(load) FILTER (place = 1 OR owner IS DISTINCT FROM before) AS owner_load
    FROM said GROUP BY source, source_id
)
SELECT s.*, r.owner, r.channel, coalesce(r.created_at, r.known_at) AS created_at
FROM since s JOIN rows r USING (source, source_id)
QUALIFY row_number() OVER (PARTITION BY source, source_id ORDER BY r.load DESC, r.known_at DESC) = 1
    AND NOT r.deleted
"""

FIRST: Final = """
WITH said AS (
    SELECT source, record, old AS owner, 2 * occurred_at AS at FROM change WHERE object = 'lead' AND field = 'owner'
    UNION ALL
    SELECT source, record, new, 2 * occurred_at + 1 FROM change WHERE object = 'lead' AND field = 'owner'
    UNION ALL
    SELECT source, source_id, owner, 9223372036854775807 FROM lead
),
first_colleague AS (
    SELECT s.source, s.record, arg_min(s.owner, s.at) AS owner, arg_min(a.name, s.at) AS name
    FROM said s JOIN actor a ON a.source = s.source AND a.source_id = s.owner
    GROUP BY s.source, s.record
)
SELECT l.source, l.source_id, f.owner, f.name, l.created_at
FROM lead l LEFT JOIN first_colleague f ON f.source = l.source AND f.record = l.source_id
"""
"""A group's name among the owners is nobody: the first colleague counts."""


@dataclass(slots=True)
class Standing:
    """An open lead or a customer. ``owner`` is ``<source>:<staff id>`` or ""; times are UTC microseconds.

    ``owner_load`` is the load that named the owner, 0 for a word that came live.
    """

    subject: str
    owner: str = ""
    owner_since: int = 0
    owner_load: int = 0
    channel: str = ""
    created_at: int = 0
    touched_at: int | None = None


@dataclass(frozen=True, slots=True)
class First:
    """The record by which somebody entered first, when, and who had it then."""

    subject: str
    at: int
    owner: str
    name: str


def open_leads(home: Home) -> dict[str, Standing]:
    """Every lead that was neither won, lost, deleted nor merged away, by subject; what came live included."""
    history, inbox = History(home), _inbox(home)
    try:
        ended, touched = _lives(EventStore.open(home, history.load_number))
    except HistoryError:
        if history.load_number:
            raise
        ended, touched = set(), {}
    found = _owned(history, "lead")
    for subject, touch in touched.items():
        if subject in found:
            found[subject].touched_at = touch
    for one in inbox:
        _add(found, ended, one)
    gone = ended | set(merges(home))
    return {subject: standing for subject, standing in found.items() if subject not in gone}


def arrived(home: Home, subjects: Iterable[str]) -> dict[str, Standing]:
    """Those of ``subjects`` that are open leads the inbox speaks of, by what it says of them; quick."""
    found: dict[str, Standing] = {}
    ended: set[str] = set()
    inbox = Inbox(home)
    for subject in subjects:
        _, source, source_id = subject.split(":", 2)
        for one in inbox.of("lead", source, source_id):
            _add(found, ended, one)
    return {subject: standing for subject, standing in found.items() if subject not in ended}


def customers(home: Home, subjects: Iterable[str]) -> dict[str, Standing]:
    """The standing of each of ``subjects``, blank for those the history does not hold as parties."""
    found = _owned(History(home), "party")
    return {subject: found.get(subject) or Standing(subject) for subject in subjects}


class Merge(NamedTuple):
    """The lead or customer another was merged into, and the load that says so."""

    into: str
    load: int


def merges(home: Home) -> dict[str, Merge]:
    """Leads and customers that were merged away."""
    return _merges(home.path, History(home).load_number)


@lru_cache(maxsize=2)
def _merges(path: Path, load: int) -> dict[str, Merge]:
    rows = History(Home(path), load).read("link").to_pylist()
    return {
        f"{MERGED[row['table']]}:{row['source']}:{row['record']}": Merge(row["subject"], row["load"])
        for row in rows
        if row["rule"] == "merge" and row["table"] in MERGED and row["until"] is None
    }


def entered_first(home: Home, subjects: Iterable[str]) -> dict[str, First]:
    """Of each lead whose person has several records: the first of them and who had it; others are left out."""
    load = History(home).load_number
    known = _firsts(home.path, load) if load else {}
    return {subject: known[subject] for subject in subjects if subject in known}


@lru_cache(maxsize=2)
def _firsts(path: Path, load: int) -> dict[str, First]:
    """Of every lead of a load that has others beside it."""
    home = Home(path)
    people = EventStore.open(home, load).subjects("lead").sort_values(["created_at", "subject"])
    same = people[people.groupby("party")["subject"].transform("size") > 1]
    first = same.drop_duplicates("party").set_index("party")["subject"].to_dict()
    about = _entries(History(home, load), set(first.values()))
    pairs = zip(same["subject"], same["party"], strict=True)
    return {subject: about[first[party]] for subject, party in pairs if first[party] in about}


def _entries(history: History, subjects: set[str]) -> dict[str, First]:
    read = {
        "lead": ("owner", "created_at"),
        "change": ("object", "record", "field", "old", "new", "occurred_at"),
        "actor": ("name",),
    }
    with newest(history, read) as connection:
        rows = connection.execute(FIRST).to_arrow_table().to_pylist()
    named = ((f"lead:{row['source']}:{row['source_id']}", row) for row in rows)
    return {
        subject: First(subject, row["created_at"] or 0, f"{row['source']}:{row['owner'] or ''}", row["name"] or "")
        for subject, row in named
        if subject in subjects
    }  # fmt: skip


def _owned(history: History, table: str) -> dict[str, Standing]:
    columns = ["source", "source_id", "load", "known_at", "deleted", "owner", "channel", "created_at"]
    kind = "customer" if table == "party" else table
    with query() as connection:
        connection.register("rows", history.rows(table, columns))
        rows = connection.execute(OWNED).to_arrow_table().to_pylist()
    return {
        (subject := f"{kind}:{row['source']}:{row['source_id']}"): Standing(
            subject, f"{row['source']}:{row['owner']}" if row["owner"] else "", row["owner_since"] or 0,
            row["owner_load"] or 0, row["channel"] or "", row["created_at"] or 0,
        )
        for row in rows
    }  # fmt: skip


def _lives(store: EventStore) -> tuple[set[str], dict[str, int]]:
    """Leads that were won or lost, and when each was last dealt with."""
    ended: set[str] = set()
    touched: dict[str, int] = {}
    for block in store.blocks("lead"):
        over = _times(block, lambda words: words.kind in ("converted", "lost"))
        touch = _times(block, lambda words: is_contact(words.kind, words.direction, words.code))
        for number, subject in enumerate(block.subjects):
            if over[number] != UNKNOWN:
                ended.add(subject)
            if touch[number] != UNKNOWN:
                touched[subject] = int(touch[number])
    return ended, touched


def is_contact(kind: str | None, direction: str | None, code: str | None) -> bool:
    """Whether somebody of ours dealt with the lead by this.

    >>> is_contact("call", "out", "no_answer"), is_contact("call", "in", "missed"), is_contact("form", "in", "")
    (True, False, False)
    """
    return kind in CONTACTS and (direction != "in" or code == "answered")


def _times(block: Events, chosen: Any) -> Any:
    """The last moment of a chosen event that still stands, by subject; UNKNOWN where there is none."""
    wanted = np.array([chosen(Signature(*words)) for words in block.signatures], dtype=bool)
    latest = np.full(len(block.subjects), UNKNOWN)
    if not len(block) or not len(wanted):
        return latest
    rows = np.flatnonzero(wanted[block.signature] & (block.known_until == FOREVER))
    owner = np.searchsorted(block.offsets, rows, side="right") - 1
    np.maximum.at(latest, owner, block.occurred_at[rows])
    return latest


def _inbox(home: Home) -> Iterator[Fresh]:
    number = History(home).inbox
    inbox = Inbox.waiting(home, number)
    while inbox is not None and (rows := inbox.after(number)):
        yield from rows
        number = rows[-1].number


def _add(found: dict[str, Standing], ended: set[str], one: Fresh) -> None:
    """What one row of the inbox says of a lead."""
    said = one.said.columns
    if one.said.table == "lead":
        subject = f"lead:{one.said.source}:{one.said.source_id}"
        if one.said.deleted or said.get("converted_at") or said.get("lost_at"):
            ended.add(subject)
        made = found.setdefault(
            subject, Standing(subject, created_at=said.get("created_at") or one.received_at)
        )
        owner = f"{one.said.source}:{said['owner']}" if said.get("owner") else made.owner
        if owner != made.owner:
            made.owner, made.owner_since, made.owner_load = owner, one.received_at, 0
        made.channel = said.get("channel") or made.channel
    elif one.said.table == "activity" and said.get("lead"):
        lead = found.get(f"lead:{one.said.source}:{said['lead']}")
        if lead and is_contact(said.get("kind"), said.get("direction"), said.get("outcome")):
            lead.touched_at = max(lead.touched_at or 0, said.get("occurred_at") or one.received_at)

"""Folds the inbox into the history: one load that holds every row up to a number, once."""

from collections import defaultdict

import pyarrow as pa

from crm.clock import now
from crm.events import EventStore
from crm.fresh import declared, where
from crm.history import History, put, schema
from crm.inbox import Fresh, Inbox
from crm.loads import FOLDED, LoadReport, TableReport
from crm.records import Records
from crm.settings import Home
from crm.versions import Version, changes_of, versions


def fold(home: Home) -> LoadReport | None:
    """Makes the inbox's rows part of the history; None where there are none to fold.

    The load names the last number it holds, and becomes visible with it: killed half-way, nothing happened and
    the next fold begins anew. The event files of the load are made here, so that no server has to. Raises as
    :meth:`crm.history.History.writing`.
    """
    report = append(home)
    if report is not None:
        EventStore.open(home)
    return report


def append(home: Home) -> LoadReport | None:
    """The same without event files, for an import that appends more."""
    inbox = Inbox.waiting(home, History(home).inbox)
    if inbox is None:
        return None
    with History(home).writing() as writing:
        fresh = _all(inbox, writing.before.inbox)
        if not fresh:
            return None
        report = LoadReport(writing.number, now(), FOLDED, "", written=True, inbox=fresh[-1].number)
        pending = _rows(writing.before, fresh, report)
        for table, rows in pending.items():
            writing.append(table, _numbered(table, rows, writing.number))
        writing.finish(report)
    inbox.prune(report.inbox)
    return report


def _all(inbox: Inbox, above: int) -> list[Fresh]:
    found: list[Fresh] = []
    while more := inbox.after(found[-1].number if found else above):
        found += more
    return found


def _rows(before: History, fresh: list[Fresh], report: LoadReport) -> dict[str, list[Version]]:
    """New rows by table, the changes of their fields, and a closing row for what was deleted."""
    records = Records(EventStore.open(before.home, before.load_number).folder) if before.load_number else None
    fields = declared(records) if records else {}
    pending: dict[str, list[Version]] = defaultdict(list)
    groups: dict[tuple[str, str], list[Fresh]] = defaultdict(list)
    for one in fresh:
        groups[one.said.table, where(records, one.said)].append(one)
    counted = {table: TableReport("inbox", table) for table, _ in groups}
    for (table, place), some in groups.items():
        standing = records.rows(table, place) if records else None
        told = versions(standing.to_pylist() if standing is not None else [], some)
        new = [row for row in told if row.get("load") == 0]
        pending[table] += new
        pending[table] += [_closing(one) for one in some if one.said.deleted]
        pending["change"] += changes_of(table, told, fields)
        count = counted[table]
        first = len(
            {row["source_id"] for row in new} - {row["source_id"] for row in told if row.get("load") != 0}
        )
        count.read, count.new = count.read + len(some), count.new + first
        count.changed += len(new) - first
        count.unchanged += len(some) - len(new)
    report.tables = list(counted.values())
    return {table: rows for table, rows in pending.items() if rows}


def _closing(one: Fresh) -> Version:
    return {
        "source": one.said.source, "source_id": one.said.source_id, "known_at": one.received_at, "deleted": True,
        "assumed": False, "file": "inbox", "line": one.number,
    }  # fmt: skip


def _numbered(table: str, rows: list[Version], number: int) -> pa.Table:
    made = pa.Table.from_pylist(rows, schema(table))
    return put(made, "load", pa.array([number] * len(made), pa.int64()))

"""What deliveries make of a record: its rows one after the other, and the changes of its fields between them."""

import json
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from crm.clock import FOREVER
from crm.inbox import Fresh
from crm.schema import CREATED, TABLES

Version = dict[str, Any]
"""A row as the history keeps it, with ``known_until``; ``load`` 0 while the history does not hold it."""

Fields = dict[tuple[str, str], dict[str, bool]]
"""By source and table the fields that may be features: True where known from the record's creation."""

USUAL: Final = {
    "lead": {"channel": True, "campaign": True, "product": True, "province": True, "title": True,
             "industry": True, "status": False, "rating": False},
    "party": {"channel": True, "province": True, "title": True, "industry": True},
    "ticket": {"category": True, "priority": True, "channel": True},
    "deal": {"channel": True, "product": True, "stage": False},
}  # fmt: skip
"""For a source that was never imported."""


def versions(before: Sequence[Version], fresh: Sequence[Fresh]) -> list[Version]:
    """All rows of some records: those of the history, and one more for each delivery that says something new.

    Rows follow each other by ``known_at``, each known until the next. Of a column the newest word stands, by
    ``said_at`` where given. A deletion ends its record's last row.
    """
    found = [dict(row) for row in before]
    last = {(row["source"], row["source_id"]): row for row in found if row["known_until"] == FOREVER}
    newest: dict[tuple[str, str, str], int] = {}
    for one in fresh:
        said = one.said
        place = said.source, said.source_id
        standing = last.get(place)
        if said.deleted:
            if standing:
                standing["known_until"] = one.received_at
                last.pop(place)
            continue
        row = _merged(standing, one, newest)
        if standing is not None:
            if row["content"] == _content(standing):
                continue
            standing["known_until"] = one.received_at
        last[place] = row
        found.append(row)
    return found


def _merged(standing: Version | None, one: Fresh, newest: dict[tuple[str, str, str], int]) -> Version:
    said = one.said
    row = dict(standing) if standing else dict.fromkeys(TABLES[said.table])
    own = json.loads((standing or {}).get("custom") or "{}")
    for kept, columns in ((row, said.columns), (own, said.custom)):
        for name, value in columns.items():
            place = said.source, said.source_id, name
            if said.said_at is not None:
                if newest.get(place, said.said_at) > said.said_at:
                    continue
                newest[place] = said.said_at
            kept[name] = value
    row |= {
        "source": said.source, "source_id": said.source_id, "known_at": one.received_at, "known_until": FOREVER,
        "loaded_at": one.received_at, "assumed": False, "deleted": False,
        "custom": json.dumps(own, ensure_ascii=False, sort_keys=True) if own else None,
        "load": 0, "file": "inbox", "line": one.number,
    }  # fmt: skip
    return row | {"content": _content(row), "table": said.table}


def _content(row: Version) -> str:
    """A hash of what a row says, the same for a repetition; another than an import's, which hashes its cells."""
    names = sorted(set().union(*TABLES.values()) & set(row))
    said = [(name, row[name]) for name in names if row[name] is not None]
    return blake2b(repr([said, row.get("custom")]).encode(), digest_size=16).hexdigest()


def changes_of(table: str, told: Sequence[Version], fields: Fields) -> list[Version]:
    """Rows of the table ``change`` for what the new rows of ``told`` say of fields that may be features."""
    found = []
    last: dict[tuple[str, str], Version] = {}
    for row in told:
        place = row["source"], row["source_id"]
        before, last[place] = last.get(place), row
        if row.get("load") != 0:
            continue
        for name, fixed in fields.get((row["source"], table), USUAL.get(table, {})).items():
            old, new = _text(before, name), _text(row, name)
            if new and new != old:
                found.append(_change(table, row, name, old or None, new, fixed=fixed and before is None))
    return found


def _text(row: Version | None, name: str) -> str:
    if row is None:
        return ""
    value = row[name] if name in row else json.loads(row.get("custom") or "{}").get(name)
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _change(table: str, row: Version, name: str, old: str | None, new: str, *, fixed: bool) -> Version:
    created = row.get(CREATED.get(table, "")) if fixed else None
    return {
        "source": row["source"], "source_id": f"{table}:{row['source_id']}:{name}:inbox{row['line']}",
        "object": table, "record": row["source_id"], "field": name, "old": old, "new": new,
        "occurred_at": created or row["known_at"], "known_at": row["known_at"], "known_until": FOREVER,
        "loaded_at": row["known_at"], "provenance": "fixed" if fixed else "webhook", "precision": "second",
        "assumed": False, "deleted": False,
        "load": 0, "file": "inbox", "line": row["line"],
    }  # fmt: skip

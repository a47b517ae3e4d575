"""What came live of leads, parties, tickets, contacts, planned callbacks and notes, until a load holds it."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Final

from crm.clock import FOREVER
from crm.glance import CONTACT
from crm.history import History
from crm.inbox import Fresh, Inbox
from crm.schema import KEYED
from crm.settings import Home
from crm.versions import Version, versions

KINDS: Final = {"lead": "lead", "party": "customer"}
"""What a row of each table is, as a subject."""

ACTIVITY: Final = "activity"
TICKET: Final = "ticket"
CALLBACK: Final = "callback"
NOTE: Final = "note"
"""The company's own column of an activity that holds what was written; a mapping gives it this name."""


class Arrivals:
    """The inbox of one home above a row, read on at each look; for several threads."""

    def __init__(self, home: Home, number: int) -> None:
        self._home, self._number, self._lock = home, number, Lock()
        self._said: dict[str, list[Fresh]] = {}
        self._rows: dict[str, Version] = {}

    def rows(self) -> Mapping[str, Version]:
        """The newest row of each subject the inbox speaks of, and of each activity and ticket kept.

        Later looks leave it as it is.
        """
        with self._lock:
            inbox = Inbox.waiting(self._home, self._number)
            while inbox is not None and (fresh := inbox.after(self._number)):
                self._rows = self._rows | self._told(fresh)
                self._number = fresh[-1].number
            return self._rows

    def _told(self, fresh: list[Fresh]) -> dict[str, Version]:
        concerned = set()
        for one in fresh:
            kind = KINDS.get(one.said.table, one.said.table)
            name = f"{kind}:{one.said.source}:{one.said.source_id}"
            if one.said.table in KINDS or name in self._said or _is_told(one):
                self._said.setdefault(name, []).append(one)
                concerned.add(name)
        newest = {subject: versions([], self._said[subject]) for subject in concerned}
        return {subject: rows[-1] for subject, rows in newest.items() if rows}


def arrivals(home: Home) -> Mapping[str, Version]:
    """What the inbox says of each lead (``lead:…``) and party (``customer:…``) above the newest load.

    A column is None where no delivery spoke of it. Raises HistoryError, ResourceError.
    """
    return {name: row for name, row in _standing(home) if row["table"] in KINDS}


def callbacks(home: Home) -> list[Version]:
    """Activities of the kind callback that the inbox plans or ends above the newest load; raises as the above."""
    return [row for _, row in _standing(home) if row["table"] == ACTIVITY and row["kind"] == CALLBACK]


def noted(home: Home) -> list[Version]:
    """Activities with a :data:`NOTE` that the inbox holds above the newest load; raises as the above."""
    told = (row for _, row in _standing(home) if row["table"] == ACTIVITY)
    return [row for row in told if row["custom"] and NOTE in json.loads(row["custom"])]


def heard(home: Home) -> list[Version]:
    """Contacts from their side, and tickets, that the inbox holds above the newest load; raises as the above."""
    return [
        row
        for _, row in _standing(home)
        if row["table"] == TICKET
        or (row["table"] == ACTIVITY and row["kind"] in CONTACT and row["direction"] == "in")
    ]


def _is_told(one: Fresh) -> bool:
    """Whether an activity is one of those that are kept."""
    kind = one.said.columns.get("kind")
    return one.said.table == TICKET or (
        one.said.table == ACTIVITY and (kind == CALLBACK or kind in CONTACT or NOTE in one.said.custom)
    )


def _standing(home: Home) -> Iterator[tuple[str, Version]]:
    rows = _of(home.path, History(home).inbox).rows()
    standing = ((name, row) for name, row in rows.items() if row["known_until"] == FOREVER)
    return ((name, row) for name, row in standing if KEYED not in (row["custom"] or ""))


@lru_cache(maxsize=4)
def _of(path: Path, number: int) -> Arrivals:
    return Arrivals(Home(path), number)

"""Calls promised to leads and customers that nobody made: planned in the CRM, or here and come into the history."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.arrivals import KINDS, callbacks
from crm.clock import FOREVER, HOUR, SECOND, UNKNOWN
from crm.events import Events, EventStore, Signature
from crm.glance import CONTACT
from crm.settings import Home

EARLY: Final = 2 * HOUR
"""A contact so long before the time agreed, or any later one, keeps the promise, whatever the CRM's task says."""


class Promise(NamedTuple):
    """When it was given and for when; UTC microseconds."""

    at: int
    due: int


def kept(promise: Promise, contact: int | None) -> bool:
    """Whether our last contact kept it."""
    return contact is not None and contact > promise.at and contact >= promise.due - EARLY


def promised(home: Home) -> dict[str, Promise]:
    """The newest promise to each lead and customer that was not kept, as the newest told load and the inbox know."""
    load = EventStore.ready(home)
    found = dict(_promised(home.path, load)) if load else {}
    for row in callbacks(home):
        given = row["occurred_at"] or row["known_at"]
        for table, kind in KINDS.items():
            subject = f"{kind}:{row['source']}:{row[table]}"
            if row[table] is None or (subject in found and found[subject].at > given):
                continue
            if row["done_at"] is not None or row["due_at"] is None:
                found.pop(subject, None)
            else:
                found[subject] = Promise(given, row["due_at"])
    return found


@lru_cache(maxsize=2)
def _promised(path: Path, load: int) -> dict[str, Promise]:
    store = EventStore.open(Home(path), load)
    found: dict[str, Promise] = {}
    for kind in KINDS.values():
        for block in store.blocks(kind):
            found |= _open(block)
    return found


def _open(block: Events) -> dict[str, Promise]:
    """By subject the newest promise with no callback made and no contact in its time."""
    planned = _rows(block, lambda words: words.kind == "callback_planned")
    done = latest(block, lambda words: words.kind == "callback_done")
    contact = latest(block, lambda words: words.kind in CONTACT and words.direction != "in")
    newest = {int(subject): int(row) for subject, row in zip(_owner(block, planned), planned, strict=True)}
    found = {}
    for subject, row in newest.items():
        promise = Promise(int(block.occurred_at[row]), int(block.value[row]) * SECOND)
        open_yet = block.value[row] != UNKNOWN and promise.at > done[subject]
        if open_yet and not kept(promise, int(contact[subject])):
            found[block.subjects[subject]] = promise
    return found


def latest(block: Events, chosen: Callable[[Signature], bool]) -> NDArray[np.int64]:
    """The time of each subject's last chosen event; UNKNOWN where there is none."""
    rows, latest = _rows(block, chosen), np.full(len(block.subjects), UNKNOWN)
    np.maximum.at(latest, _owner(block, rows), block.occurred_at[rows])
    return latest


def _rows(block: Events, chosen: Callable[[Signature], bool]) -> NDArray[np.int64]:
    wanted = np.array([chosen(words) for words in block.signatures], dtype=bool)
    return np.flatnonzero(wanted[block.signature] & (block.known_until == FOREVER))


def _owner(block: Events, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(block.offsets, rows, side="right") - 1

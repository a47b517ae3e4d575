"""Whom something happened to that cannot wait: they wrote last, their ticket is open, or they rated us."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from crm.arrivals import KINDS, TICKET, heard
from crm.clock import UNKNOWN
from crm.directory import holders
from crm.events import Events, EventStore, Signature
from crm.glance import CONTACT
from crm.promises import latest
from crm.settings import Home


def pressing(home: Home, since: int) -> set[str]:
    """Leads and customers it happened to from ``since`` (UTC microseconds) on, as the newest told load knows.

    What it was, and whether it still stands, a :func:`crm.glance.glance` at each tells; the inbox may know more.
    """
    return {subject for subject, moment in last_pressed(home).items() if moment >= since}


def last_pressed(home: Home) -> dict[str, int]:
    """By subject when the last of these happened, as the newest told load knows."""
    load = EventStore.ready(home)
    return _pressing(home.path, load) if load else {}


def last_heard(home: Home) -> dict[str, int]:
    """By subject when they wrote, called, opened a ticket or rated us since the newest load, as the inbox holds it.

    Who is named by a phone or an e-mail only is whoever the newest load knows by it. Raises as :func:`holders`.
    """
    found: dict[str, int] = {}
    for row in heard(home):
        if row.get("outcome") == "answered":
            continue  # they took our call
        at = max(row.get(name) or UNKNOWN for name in ("occurred_at", "created_at", "rated_at"))
        if at == UNKNOWN and row["table"] == TICKET:
            continue  # of one the history holds: a reply, or its end
        at = at if at != UNKNOWN else row["known_at"]
        own = [f"{kind}:{row['source']}:{row[table]}" for table, kind in KINDS.items() if row.get(table)]
        for subject in own or holders(home, {row[by] for by in ("phone", "email") if row[by]}):
            found[subject] = max(at, found.get(subject, at))
    return found


@lru_cache(maxsize=2)
def _pressing(path: Path, load: int) -> dict[str, int]:
    store = EventStore.open(Home(path), load)
    found: dict[str, int] = {}
    for kind in KINDS.values():
        for block in store.blocks(kind):
            found |= _last(block)
    return found


def _last(block: Events) -> dict[str, int]:
    """By subject when the newest of these happened."""
    wrote, ours = latest(block, _theirs), latest(block, _ours)
    other = latest(block, lambda words: words.kind in ("ticket_open", "csat"))
    newest = np.maximum(np.where(wrote > ours, wrote, UNKNOWN), other)
    return {block.subjects[place]: int(newest[place]) for place in np.flatnonzero(newest != UNKNOWN)}


def _theirs(words: Signature) -> bool:
    return words.kind in CONTACT and words.direction == "in" and words.code != "answered"


def _ours(words: Signature) -> bool:
    return words.kind in CONTACT and not _theirs(words)

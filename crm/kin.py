"""Which records are one person's: those a conversion, a merge, a phone or an e-mail joins, also of who just came."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from crm.arrivals import arrivals
from crm.directory import cards, holders
from crm.eventfiles import KINDS
from crm.events import EventStore
from crm.settings import Home

BY = ("phone", "email")
"""What a newcomer is known again by."""


@dataclass(frozen=True, slots=True)
class People:
    """Every subject of a load beside its party, the name that all records of one person share."""

    subjects: pa.Array
    parties: pa.Array


def kin(home: Home, subjects: Collection[str]) -> frozenset[str]:
    """Every subject, these included, that is a record of the same people; raises HistoryError."""
    if not subjects:
        return frozenset()
    came = arrivals(home)
    keys = frozenset(came[one][by] for one in subjects if one in came for by in BY if came[one][by])
    known, reach = _known(home.path, EventStore.ready(home), frozenset(subjects), keys)
    late = {one for one, row in came.items() if any(row[by] in reach for by in BY)}
    return known | late


def told_of(home: Home, load: int) -> pa.Array:
    """Every subject of a load that events are told of."""
    return _people(home.path, load).subjects


@lru_cache(maxsize=64)
def _known(
    path: Path, load: int, subjects: frozenset[str], keys: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    """Of a load: everybody's records, and the phones and e-mails they can be reached by."""
    home, own = Home(path), set(subjects)
    if load:
        own |= set(holders(home, keys))
        people = _people(path, load)
        parties = people.parties.filter(
            pc.is_in(people.subjects, value_set=pa.array(sorted(own), pa.string()))
        )
        own |= set(people.subjects.filter(pc.is_in(people.parties, value_set=parties)).to_pylist())
    reach = {value for card in cards(home, own).values() for value in (card.phone, card.email) if value}
    return frozenset(own), frozenset(reach) | keys


@lru_cache(maxsize=2)
def _people(path: Path, load: int) -> People:
    store = EventStore.open(Home(path), load)
    whole = pa.concat_tables(store.parties(kind) for kind in KINDS).combine_chunks()
    return People(whole["subject"].combine_chunks(), whole["party"].combine_chunks())

"""Small histories made by hand."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from crm.clock import DAY, FOREVER, UNKNOWN, to_micros
from crm.events import Events, Signature

START = to_micros(datetime(2025, 1, 1, tzinfo=UTC))


class Event(NamedTuple):
    """One event; times in days since START, ``known`` the same moment unless said."""

    kind: str
    at: float
    known: float | None = None
    until: float | None = None
    value: int = UNKNOWN
    field: str = ""
    code: str = ""
    channel: str = ""


def day(days: float) -> int:
    return START + int(days * DAY)


def history(subjects: Mapping[str, Sequence[Event]]) -> Events:
    signatures: dict[Signature, int] = {}
    rows, offsets = [], [0]
    for events in subjects.values():
        for event in sorted(events, key=lambda e: e.at):
            words = Signature(event.kind, event.field, event.code, event.channel)
            number = signatures.setdefault(words, len(signatures))
            known = event.at if event.known is None else event.known
            until = FOREVER if event.until is None else day(event.until)
            rows.append((day(event.at), day(known), until, number, event.value))
        offsets.append(len(rows))
    table = np.array(rows, dtype=np.int64).reshape(len(rows), 5)
    columns = [np.ascontiguousarray(column) for column in table.T]
    return Events(
        subjects=list(subjects), offsets=np.array(offsets), occurred_at=columns[0], known_at=columns[1],
        known_until=columns[2], signature=columns[3].astype(np.int32), value=columns[4],
        duration=np.full(len(rows), UNKNOWN), actor=np.full(len(rows), -1, dtype=np.int32),
        day=(columns[0] // DAY).astype(np.int32), signatures=tuple(signatures),
    )  # fmt: skip

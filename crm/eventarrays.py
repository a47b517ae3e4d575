"""Event files straight from arrays or one table of events, without an import: for benchmarks and tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm import eventfiles, records
from crm.clock import FOREVER, UNKNOWN
from crm.days import local_day
from crm.eventfiles import ENGINE, KINDS, SUBJECT, Completed
from crm.events import Events, EventStore, Signature

BUCKET_EVENTS = 500_000
WORDS = Signature._fields


def sort(table: pa.Table, zone: str) -> tuple[Events, list[str]]:
    """Events in the order of the store, from a table in any order; and the staff ``Events.actor`` indexes.

    Columns: subject and occurred_at (int64 UTC microseconds); where given event_id (breaks ties in time, else
    the order of rows does), kind, field, code, channel, direction, known_at (else occurred_at), known_until,
    value, duration, actor. Blank and missing cells are unknown.
    """
    names, subject = _ranked(table["subject"])
    occurred = table["occurred_at"].to_numpy()
    keys = [occurred, subject]
    if "event_id" in table.column_names:
        keys.insert(0, _ranked(table["event_id"])[1])
    order = np.lexsort(keys)
    signatures, signature = _signatures(table)
    actors, actor = _ranked(table["actor"]) if "actor" in table.column_names else ([], None)
    moments = occurred[order]
    offsets = np.zeros(len(names) + 1, dtype=np.int64)
    np.cumsum(np.bincount(subject, minlength=len(names)), out=offsets[1:])
    events = Events(
        subjects=names,
        offsets=offsets,
        occurred_at=moments,
        known_at=_filled(table, "known_at", None)[order] if "known_at" in table.column_names else moments,
        known_until=_filled(table, "known_until", FOREVER)[order],
        signature=signature[order],
        value=_filled(table, "value", UNKNOWN)[order],
        duration=_filled(table, "duration", UNKNOWN)[order],
        actor=np.full(len(order), -1, np.int32) if actor is None else actor[order],
        day=local_day(moments, zone),
        signatures=signatures,
    )
    return events, actors


def write(
    folder: Path,
    kinds: Mapping[str, Events],
    *,
    zone: str,
    currency: str = "VND",
    actors: Sequence[str] = (),
    load: int = 0,
) -> EventStore:
    """Writes a finished event folder that holds ``kinds`` (lead, customer, deal), and opens it.

    All must share one tuple of signatures. A subject counts as created and known with its first event.
    """
    signatures = next((events.signatures for events in kinds.values()), ())
    buckets = {}
    with eventfiles.being_written(folder) as work:
        for kind in KINDS:
            buckets[kind] = _write_kind(work, kind, kinds.get(kind))
        words = zip(*signatures, strict=True) if signatures else ((),) * len(WORDS)
        columns = {name: pa.array(values, pa.string()) for name, values in zip(WORDS, words, strict=True)}
        eventfiles.write_lists(work, pa.table(columns), list(actors))
        records.write_ways(work, [subject for events in kinds.values() for subject in events.subjects])
        eventfiles.complete(work, Completed(load, {}, zone, currency, buckets))
    return EventStore(folder)


def _write_kind(folder: Path, kind: str, events: Events | None) -> int:
    """The bucket files and the subjects of one kind; returns how many buckets there are."""
    if events is None or not events.subjects:
        eventfiles.write_subjects(folder, kind, SUBJECT.empty_table())
        return 0
    rows = np.diff(events.offsets)
    _, place = np.unique(events.offsets[:-1] // BUCKET_EVENTS, return_inverse=True)
    bucket = place.astype(np.int32)
    edges = np.searchsorted(bucket, np.arange(bucket[-1] + 2))
    for number in range(int(bucket[-1]) + 1):
        part = slice(int(events.offsets[edges[number]]), int(events.offsets[edges[number + 1]]))
        eventfiles.write_bucket(folder, kind, number, _engine_table(events, part))
    first = np.minimum(events.offsets[:-1], max(len(events) - 1, 0))
    parts = [subject.split(":", 2) for subject in events.subjects]
    began = [np.where(rows > 0, column[first], 0) for column in (events.occurred_at, events.known_at)]
    table = pa.table({
        "subject": events.subjects, "source": [part[1] for part in parts],
        "source_id": [part[-1] for part in parts],
        "party": events.subjects, "created_at": began[0], "known_at": began[1], "bucket": bucket,
        "first_row": events.offsets[:-1] - events.offsets[edges[bucket]], "rows": rows,
    })  # fmt: skip
    eventfiles.write_subjects(folder, kind, table)
    return int(bucket[-1]) + 1


def _engine_table(events: Events, part: slice) -> pa.Table:
    columns = {name: getattr(events, "actor" if name == "actor_no" else name)[part] for name in ENGINE}
    return pa.table(columns, schema=pa.schema([pa.field(n, t, nullable=False) for n, t in ENGINE.items()]))


def _ranked(column: pa.ChunkedArray) -> tuple[list[str], NDArray[np.int32]]:
    """Distinct values in order, and for each row the place of its own; -1 for null."""
    encoded = column.combine_chunks().dictionary_encode()
    order = pc.sort_indices(encoded.dictionary).to_numpy()
    rank = np.full(len(order) + 1, -1, dtype=np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    codes = pc.fill_null(encoded.indices, -1).to_numpy()
    return encoded.dictionary.take(pa.array(order)).to_pylist(), rank[codes]


def _signatures(table: pa.Table) -> tuple[tuple[Signature, ...], NDArray[np.int32]]:
    """The distinct words of the events, and each row's place among them."""
    number = np.zeros(len(table), dtype=np.int64)
    choices: list[list[str]] = []
    blank = pa.chunked_array([pa.nulls(len(table), pa.string())])
    for name in WORDS:
        given = table[name] if name in table.column_names else blank
        values, codes = _ranked(pc.fill_null(given.cast(pa.string()), ""))
        number = number * len(values) + codes
        choices.append(values)
    found, place = np.unique(number, return_inverse=True)
    sizes = [len(values) for values in choices]
    codes_of = np.unravel_index(found, sizes) if len(found) else ()
    words = [[values[code] for code in codes] for values, codes in zip(choices, codes_of, strict=False)]
    return tuple(Signature(*said) for said in zip(*words, strict=True)), place.astype(np.int32)


def _filled(table: pa.Table, name: str, otherwise: int | None) -> NDArray[Any]:
    if name not in table.column_names:
        return np.full(len(table), otherwise, dtype=np.int64)
    column = table[name] if otherwise is None else pc.fill_null(table[name].cast(pa.int64()), otherwise)
    return np.asarray(column.to_numpy())

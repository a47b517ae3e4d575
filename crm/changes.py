"""Rows of the table ``change``: what an import says of its records' features, and when that was known."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm.cleaning import Context, clean
from crm.cleaning.dates import moments
from crm.columns import translated
from crm.comparing import Compared
from crm.history import put
from crm.mapping import Entry, Mapping
from crm.rows import Rows
from crm.schema import CREATED


def changes(compared: Compared, load: int, loaded_at: int) -> list[pa.Table]:
    """Rows of the table ``change`` for the features of one sheet's records.

    A fixed one is known with its record; a logged one carries what the export says now, for the log to be
    read against; any other is known from the load that saw it.
    """
    entry = compared.rows.entry
    if entry.table in ("change", "link"):
        return []
    found = []
    for feature in entry.feature:
        for data, before in ((compared.new, None), (compared.changed, compared.before)):
            live = pc.invert(data["deleted"])
            new = as_text(data.filter(live), feature)
            old = (
                as_text(before.filter(live), feature)
                if before is not None
                else pa.nulls(len(new), pa.string())
            )
            old, new = pc.fill_null(old, ""), pc.fill_null(new, "")
            differs = pc.not_equal(old, new)
            rows = data.filter(live).filter(differs)
            if len(rows):
                provenance = _provenance(feature, entry.fixed, entry.logged, before is None)
                found.append(
                    _change_rows(
                        rows, entry.table, feature, old.filter(differs), new.filter(differs), provenance
                    )
                )
    return [_dated(rows, load, loaded_at) for rows in found]


def alike(rows: Rows, said: Mapping) -> Rows:
    """A change log, or a list of stages, in the words and numbers its records' own export is read in.

    In two spellings, records that the log mentions could be told from the others from the start.
    """
    data, log = rows.data, rows.entry.table == "change"
    columns = {"change": ("old", "new"), "stage": ("name",)}.get(rows.entry.table, ())
    for table in data["object"].unique().drop_null().to_pylist() if columns else ():
        of_table = pc.equal(data["object"], table)
        for field in sorted({*said.features(table), *rows.entry.feature, "status", "stage"}):
            at = pc.and_(of_table, pc.equal(data["field"], field)) if log else of_table
            if not log and field not in ("status", "stage"):
                continue
            for name in set(columns) & set(data.column_names):
                data = put(data, name, _as_exported(data[name], at, rows.entry, said, (table, field)))
    return replace(rows, data=data)


def _as_exported(
    column: pa.ChunkedArray, at: pa.ChunkedArray, entry: Entry, said: Mapping, place: tuple[str, str]
) -> pa.ChunkedArray:
    """The values of ``column`` where ``at`` holds, read as the export's are; the unreadable stay."""
    words, kind = said.words(*place), said.kind(*place)
    if not words and kind not in READ:
        return column
    at = pc.fill_null(at, False)
    values = column.filter(at).unique().drop_null().to_pylist()
    found = translated(values, words)
    if kind in READ:
        context = Context(
            said.region, said.zone, entry.date_order or said.date_order, said.currency, entry.decimal
        )
        read = [one.at if one else None for one in moments(found, context).values] \
            if kind == "time" else clean(kind, found, context).values  # fmt: skip
        found = [text if one is None else _shown(one) for text, one in zip(found, read, strict=True)]
    new = pa.array(found, column.type).take(pc.index_in(column, pa.array(values, column.type)))
    return pc.if_else(at, new, column)


READ = ("integer", "money", "boolean", "time")
"""Types whose cells are kept otherwise than they are written."""


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _provenance(feature: str, fixed: Sequence[str], logged: Sequence[str], first: bool) -> str:
    if feature in logged:
        return "logged"
    return "fixed" if feature in fixed and first else "comparison"


def as_text(data: pa.Table, feature: str) -> pa.Array | pa.ChunkedArray:
    """A canonical or custom column as text: money in its smallest unit, times in microseconds."""
    if feature in data.column_names:
        return data[feature].cast(pa.string())
    encoded = data["custom"].combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        return pa.nulls(0, pa.string())
    values = [json.loads(text).get(feature) for text in encoded.dictionary.to_pylist()]
    shown = [None if value is None else _shown(value) for value in values]
    return pa.array(shown, pa.string()).take(encoded.indices)


def _change_rows(
    rows: pa.Table, table: str, feature: str, old: pa.ChunkedArray, new: pa.ChunkedArray, provenance: str
) -> pa.Table:
    created = CREATED.get(table, "")
    occurred = rows["known_at"]
    if created in rows.column_names:
        occurred = pc.coalesce(rows[created], occurred)
    size = len(rows)
    return pa.table({
        "source": rows["source"], "source_id": rows["source_id"], "object": pa.repeat(table, size),
        "record": rows["source_id"], "field": pa.repeat(feature, size), "old": old, "new": new,
        "occurred_at": occurred, "known_at": rows["known_at"], "provenance": pa.repeat(provenance, size),
        "file": rows["file"], "line": rows["line"], "assumed": rows["assumed"], "deleted": rows["deleted"],
    })  # fmt: skip


def _dated(rows: pa.Table, load: int, loaded_at: int) -> pa.Table:
    """Ids of their own; what is not fixed happened, as far as anyone knows, at this load."""
    fixed = rows["provenance"][0].as_py() == "fixed"
    if not fixed:
        moment = pa.array(np.full(len(rows), loaded_at))
        rows = put(put(rows, "occurred_at", moment), "known_at", moment)
    ids = pc.binary_join_element_wise(rows["object"], rows["record"], rows["field"], str(load), ":")
    rows = put(rows, "source_id", ids)
    return rows.append_column("precision", pa.repeat("second" if fixed else "load", len(rows)))

"""One sheet under one mapping entry: canonical rows, and the rows and cells that could not be read."""

import json
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm import columns
from crm.cells import Column, Reader
from crm.cleaning.text import written
from crm.mapping import NEEDED, NEEDS_TIME, Entry, Mapping
from crm.schema import CREATED, TABLES
from crm.sheets import Sheet

Int64 = NDArray[np.int64]
FORGIVEN: Final = ("phone", "email")
"""Types whose unreadable cell leaves its row; any other unreadable cell refuses the row."""


class Refused(NamedTuple):
    """A refused row, or (``whole`` False) the one cell of a row that was not kept."""

    line: int
    column: str
    value: str
    reason: str
    whole: bool = True


@dataclass
class Rows:
    """Canonical rows of one sheet: ``data`` has the mapped columns and those of :data:`crm.schema.STORED`."""

    entry: Entry
    file: str
    read: int
    other: int
    data: pa.Table
    refused: list[Refused] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The table's own columns this entry speaks of."""
        return [name for name in self.data.column_names if name in TABLES[self.entry.table]]


def canonical(sheet: Sheet, entry: Entry, mapping: Mapping, loaded_at: int) -> Rows:
    """Reads a sheet as ``entry`` says; times known after ``loaded_at`` were known by then, being in the file.

    Raises MappingError where headings are missing or twice, or a column's dates are in another order.
    """
    columns.check(sheet, entry)
    kept = np.ones(len(sheet.lines), bool)
    for part in entry.only:
        kept &= columns.fits(sheet, part)
    reader = Reader(sheet, entry, mapping, np.flatnonzero(kept))
    read = reader.columns()
    refused = [Refused(line, "", value, reason) for line, value, reason in sheet.broken]
    whole, faults = _faults(reader, read)
    known = _known(reader, read, loaded_at)
    data = _stored(reader, read, known)
    data = data.filter(pa.array(~whole))
    filtered = int((~kept).sum())
    if entry.first:
        collapsed = _first_of_each(data, CREATED.get(entry.table))
        filtered += len(data) - len(collapsed)
        data = collapsed
    return Rows(entry, sheet.file, len(sheet), filtered, _identified(data, entry, mapping), refused + faults)


def _faults(reader: Reader, read: dict[str, Column]) -> tuple[NDArray[np.bool_], list[Refused]]:
    """Which rows are refused, and a record of each refused row and cell."""
    whole = np.zeros(len(reader.rows), bool)
    refused: list[Refused] = []
    table = reader.entry.table
    for name, column in read.items():
        forgiven = TABLES[table].get(name) in FORGIVEN
        for row in np.flatnonzero(column.bad & ~whole).tolist():
            code = column.cells.codes[row]
            value = column.cells.values[code]
            shown = columns.joined(value) if isinstance(value, tuple) else written(value)
            fault = Refused(
                int(reader.lines[row]), reader.heading(name), shown, column.reasons[code], not forgiven
            )
            refused.append(fault)
        whole |= column.bad & (not forgiven)
    for name in _needed(reader.entry):
        empty = ~whole & pc.is_null(read[name].values).to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(empty).tolist():
            refused.append(Refused(int(reader.lines[row]), reader.heading(name), "", f"no {name}"))
        whole |= empty
    gone = set(reader.lines[whole].tolist())
    return whole, [fault for fault in refused if fault.whole or fault.line not in gone]


def _needed(entry: Entry) -> list[str]:
    """Columns no row may leave blank."""
    table = entry.table
    names = ["source_id"] if "source_id" in entry.columns else []
    names += [CREATED[table]] if table in NEEDS_TIME else []
    return [*names, *NEEDED.get(table, ())]


def _known(reader: Reader, read: dict[str, Column], loaded_at: int) -> Int64:
    """When each row was known: its record time, else its entry, else its creation, else this load."""
    known = np.full(len(reader.rows), loaded_at, np.int64)
    for name in (CREATED.get(reader.entry.table, ""), "entered_at", "known_at"):
        column = read.get(name)
        if column is None or column.ends is None or (name == "entered_at" and reader.entry.known_at):
            continue
        known = np.where(pc.is_valid(column.values).to_numpy(zero_copy_only=False), column.ends, known)
    return np.minimum(known, loaded_at)


def _stored(reader: Reader, read: dict[str, Column], known: Int64) -> pa.Table:
    """The mapped columns, the company's own as JSON, and where each row stands in the file."""
    own = [name for name in read if name in TABLES[reader.entry.table] or name in ("source_id", "deleted")]
    data = {name: read[name].values for name in own}
    if "amount" in data and "currency" in TABLES[reader.entry.table]:
        money = data.get("currency", pa.nulls(len(reader.rows), pa.string()))
        data["currency"] = pc.fill_null(money, reader.currency)
    if reader.entry.table == "change":
        data.setdefault("provenance", pa.repeat("history", len(reader.rows)))
        data.setdefault("precision", _precision(read["occurred_at"]))
    data["custom"] = _json({name: read[name] for name in reader.entry.custom}, len(reader.rows))
    if "deleted" in data:
        data["deleted"] = pc.fill_null(data["deleted"], False)
    else:
        data["deleted"] = pa.array(np.zeros(len(reader.rows), bool))
    data["known_at"], data["line"] = pa.array(known), pa.array(reader.lines)
    data["file"] = pa.repeat(reader.sheet.file, len(reader.rows))
    return pa.table(data)


def _precision(column: Column) -> pa.Array:
    """``day`` where the source gave a date alone."""
    ends = column.ends if column.ends is not None else np.zeros(len(column.values), np.int64)
    starts = pc.fill_null(column.values, 0).to_numpy(zero_copy_only=False)
    return pa.array(np.where(ends > starts, "day", "second"))


def _json(own: dict[str, Column], rows: int) -> pa.Array:
    """The company's own columns as a JSON object a row, keys in order, blanks left out."""
    if not own:
        return pa.nulls(rows, pa.string())
    parts = []
    for name in sorted(own):
        encoded = own[name].values.dictionary_encode()
        values = encoded.dictionary.to_pylist()
        shown = [f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for value in values]
        parts.append(pa.array(shown, pa.string()).take(encoded.indices))
    # The first part is never null: rows all of whose parts are null would be dropped from the answer.
    said = pc.binary_join_element_wise(pa.repeat("{", rows), *parts, ", ", null_handling="skip")
    body = pc.binary_replace_slice(said, 1, 3, "")
    return pc.if_else(pc.equal(said, "{"), None, pc.binary_join_element_wise(body, "}", ""))


def _first_of_each(data: pa.Table, created: str | None) -> pa.Table:
    """One row a record: each column's first known value, in order of the record's time, then line."""
    keys = [("source_id", "ascending"), *([(created, "ascending")] if created in data.column_names else [])]
    ordered = data.sort_by([*keys, ("line", "ascending")])
    ids = ordered["source_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    starts = np.flatnonzero(np.diff(ids, prepend=-1)) if len(ids) else np.empty(0, np.int64)
    taken = {}
    for name in ordered.column_names:
        column = ordered[name].combine_chunks()
        given = np.flatnonzero(pc.is_valid(column).to_numpy(zero_copy_only=False))
        groups, first = np.unique(ids[given], return_index=True)
        rows = np.full(len(starts), -1)
        rows[groups] = given[first]
        taken[name] = column.take(pa.array(rows, mask=rows < 0))
    return pa.table(taken, schema=ordered.schema)


def _identified(data: pa.Table, entry: Entry, mapping: Mapping) -> pa.Table:
    """Adds the content hash, the source, and where the source has no id one made of the content.

    Rows without an id that say the same are counted, so that the same file gives the same ids.
    """
    contents = content_hashes(data, entry.table)
    if "source_id" not in data.column_names:
        series = pd.Series(contents, dtype=object)
        turn = series.groupby(series).cumcount().tolist()
        ids = [f"{c}#{n}" if n else c for c, n in zip(contents, turn, strict=True)]
        data = data.append_column("source_id", pa.array(ids, pa.string()))
    data = data.append_column("content", pa.array(contents, pa.string()))
    data = data.append_column("source", pa.repeat(mapping.source, len(data)))
    return data.append_column("assumed", pa.repeat(entry.assumed, len(data)))


def content_hashes(data: pa.Table, table: str) -> list[str]:
    """A hash of what each row says, deletion included; blanks say nothing."""
    names = [name for name in (*TABLES[table], "custom", "deleted") if name in data.column_names]
    parts = [pc.binary_join_element_wise(f"{name}=", data[name].cast(pa.string()), "") for name in names]
    said = pc.binary_join_element_wise(*parts, "\x1f", null_handling="skip")
    return [blake2b(text.encode(), digest_size=16).hexdigest() for text in said.to_pylist()]

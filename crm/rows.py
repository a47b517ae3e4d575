"""One sheet under one mapping entry: canonical rows, and the rows and cells that could not be read."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm import columns
from crm.cleaning import Cleaned, Context, Refusal, clean
from crm.cleaning.dates import Moment, moments
from crm.cleaning.numbers import exact, money, smallest
from crm.cleaning.text import identity, written
from crm.errors import MappingError
from crm.history import ARROW
from crm.mapping import NEEDED, NEEDS_TIME, Cell, Entry, Mapping, Product, When
from crm.schema import CREATED, TABLES
from crm.sheets import Cells, Sheet

Int64 = NDArray[np.int64]
FORGIVEN: Final = ("phone", "email")
"""Types whose unreadable cell leaves its row; any other unreadable cell refuses the row."""

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "party": ("organisation",), "lead": ("converted_party",), "deal": ("party", "lead"),
    "activity": ("lead", "party", "deal"), "transaction": ("reference", "party", "lead", "deal"),
    "ticket": ("party",), "change": ("record",), "link": ("record",),
}  # fmt: skip
"""Columns that name another record, read as ids."""


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


class Column(NamedTuple):
    """A cleaned column: its values by row, which rows are unreadable, and how to show a row's cell."""

    values: pa.Array
    bad: NDArray[np.bool_]
    cells: Cells
    reasons: list[str]
    ends: Int64 | None = None


def canonical(sheet: Sheet, entry: Entry, mapping: Mapping, loaded_at: int) -> Rows:
    """Reads a sheet as ``entry`` says; times known after ``loaded_at`` were known by then, being in the file.

    Raises MappingError where headings are missing or twice, or a column's dates are in another order.
    """
    columns.check(sheet, entry)
    kept = np.ones(len(sheet.lines), bool)
    for part in entry.only:
        kept &= columns.fits(sheet, part)
    reader = _Reader(sheet, entry, mapping, np.flatnonzero(kept))
    read = reader.columns()
    refused = [Refused(line, "", value, reason) for line, value, reason in sheet.broken]
    whole, faults = reader.faults(read)
    known = reader.known(read, loaded_at)
    data = reader.stored(read, known)
    data = data.filter(pa.array(~whole))
    filtered = int((~kept).sum())
    if entry.first:
        collapsed = _first_of_each(data, CREATED.get(entry.table))
        filtered += len(data) - len(collapsed)
        data = collapsed
    return Rows(entry, sheet.file, len(sheet), filtered, _identified(data, entry, mapping), refused + faults)


class _Reader:
    """Reads the kept rows of one sheet column by column."""

    def __init__(self, sheet: Sheet, entry: Entry, mapping: Mapping, rows: Int64) -> None:
        self.sheet, self.entry, self.rows = sheet, entry, rows
        self.lines = sheet.lines[rows]
        self.currency = entry.constant.get("currency", mapping.currency)
        self.context = Context(
            mapping.region, mapping.zone, entry.date_order or mapping.date_order, self.currency, entry.decimal
        )

    def columns(self) -> dict[str, Column]:
        """Every mapped column, the company's own among them."""
        kinds = {"source_id": "id", "deleted": "boolean", **TABLES[self.entry.table]}
        kinds |= dict.fromkeys(KEYS.get(self.entry.table, ()), "id")
        read = {name: self.column(name, cell, kinds[name]) for name, cell in self.entry.columns.items()}
        for name, custom in self.entry.custom.items():
            read[name] = self.column(name, custom.column, custom.type)
        for name, value in self.entry.constant.items():
            read[name] = self.cleaned(Cells(np.zeros(len(self.rows), np.int32), [value]), kinds[name], name)
        if self.entry.known_at:
            read["known_at"] = self.column("known_at", self.entry.known_at, "time")
        return read

    def column(self, name: str, cell: Cell, kind: str) -> Column:
        """One mapped column, its value map applied."""
        words = self.entry.values.get(name, {})
        if isinstance(cell, When):
            cells = columns.take(self.sheet, cell.column, self.rows)
            fits = columns.fits(self.sheet, cell.when)[self.rows]
            cells = columns.compact(cells._replace(codes=np.where(fits, cells.codes, -1).astype(np.int32)))
        elif isinstance(cell, str):
            cells = columns.take(self.sheet, cell, self.rows)
        else:
            return self.several(name, cell, kind)
        cells = columns.mapped(cells, words)
        return self.priced(cells, name) if kind == "money" else self.cleaned(cells, kind, name)

    def several(self, name: str, cell: Product | list[str], kind: str) -> Column:
        """Headings joined by ``/``, or multiplied."""
        parts = cell.product if isinstance(cell, Product) else cell
        cells = columns.zipped([columns.take(self.sheet, heading, self.rows) for heading in parts])
        if isinstance(cell, list):
            return self.per_value(cells, kind, lambda value: _joined(value, self.context))
        if kind == "money":
            return self.priced(cells, name)
        return self.per_value(cells, kind, lambda value: int(_multiplied(value, self.context)))

    def priced(self, cells: Cells, name: str) -> Column:
        """Amounts, each in the smallest unit of its own row's currency."""
        money_of = self.entry.columns.get("currency")
        if not isinstance(money_of, str) or name not in TABLES[self.entry.table]:
            return self.per_value(cells, "money", lambda value: _money(value, self.context))
        currencies = columns.take(self.sheet, money_of, self.rows)
        currencies = columns.mapped(currencies, self.entry.values.get("currency", {}))
        pairs = columns.zipped([cells, currencies])

        def amount(pair: tuple[Any, Any]) -> int | None:
            context = self.context
            if pair[1] is not None:
                context = Context(context.region, context.zone, context.date_order, pair[1], context.decimal)
            return None if pair[0] is None else _money(pair[0], context)

        return self.per_value(pairs, "money", amount)

    def cleaned(self, cells: Cells, kind: str, name: str) -> Column:
        if kind == "time":
            return self.timed(cells, name)
        return _column(cells, clean(kind, cells.values, self.context), kind)

    def per_value(self, cells: Cells, kind: str, read: Callable[[Any], object]) -> Column:
        values: list[Any] = []
        reasons: list[str] = []
        for value in cells.values:
            try:
                values.append(read(value))
                reasons.append("")
            except Refusal as refusal:
                values.append(None)
                reasons.append(str(refusal))
        return _column(cells, Cleaned(values, reasons), kind)

    def timed(self, cells: Cells, name: str) -> Column:
        found = moments(cells.values, self.context)
        if found.swapped:
            raise MappingError(
                "the dates of this column have day and month the other way round",
                value=next(v for v, reason in zip(cells.values, found.reasons, strict=True) if reason),
                where=f"{self.sheet.file}: {self.heading(name)}",
                todo=f'say date_order = "{"mdy" if self.context.date_order == "dmy" else "dmy"}"',
            )
        starts = [moment.at if moment else None for moment in found.values]
        column = _column(cells, Cleaned(starts, found.reasons), "time")
        ends = np.array([moment.end if moment else 0 for moment in found.values] + [0], np.int64)
        return column._replace(ends=ends[cells.codes])

    def heading(self, name: str) -> str:
        """The heading(s) behind a canonical column."""
        cell: Cell = self.entry.columns.get(name) or name
        if name in self.entry.custom:
            cell = self.entry.custom[name].column
        if name == "known_at" and self.entry.known_at:
            cell = self.entry.known_at
        if isinstance(cell, When):
            return cell.column
        return " / ".join(columns.headings(cell))

    def faults(self, read: dict[str, Column]) -> tuple[NDArray[np.bool_], list[Refused]]:
        """Which rows are refused, and a record of each refused row and cell."""
        whole = np.zeros(len(self.rows), bool)
        refused: list[Refused] = []
        table = self.entry.table
        for name, column in read.items():
            forgiven = TABLES[table].get(name) in FORGIVEN
            for row in np.flatnonzero(column.bad & ~whole).tolist():
                code = column.cells.codes[row]
                value = column.cells.values[code]
                shown = columns.joined(value) if isinstance(value, tuple) else written(value)
                fault = Refused(
                    int(self.lines[row]), self.heading(name), shown, column.reasons[code], not forgiven
                )
                refused.append(fault)
            whole |= column.bad & (not forgiven)
        for name in self.needed():
            empty = ~whole & pc.is_null(read[name].values).to_numpy(zero_copy_only=False)
            for row in np.flatnonzero(empty).tolist():
                refused.append(Refused(int(self.lines[row]), self.heading(name), "", f"no {name}"))
            whole |= empty
        gone = set(self.lines[whole].tolist())
        return whole, [fault for fault in refused if fault.whole or fault.line not in gone]

    def needed(self) -> list[str]:
        """Columns no row may leave blank."""
        table = self.entry.table
        names = ["source_id"] if "source_id" in self.entry.columns else []
        names += [CREATED[table]] if table in NEEDS_TIME else []
        return [*names, *NEEDED.get(table, ())]

    def known(self, read: dict[str, Column], loaded_at: int) -> Int64:
        """When each row was known: its record time, else its entry, else its creation, else this load."""
        known = np.full(len(self.rows), loaded_at, np.int64)
        for name in (CREATED.get(self.entry.table, ""), "entered_at", "known_at"):
            if name in read and (name != "entered_at" or not self.entry.known_at):
                column = read[name]
                given = pc.is_valid(column.values).to_numpy(zero_copy_only=False)
                known = np.where(given, column.ends, known)
        return np.minimum(known, loaded_at)

    def stored(self, read: dict[str, Column], known: Int64) -> pa.Table:
        """The mapped columns, the company's own as JSON, and where each row stands in the file."""
        own = [name for name in read if name in TABLES[self.entry.table] or name in ("source_id", "deleted")]
        data = {name: read[name].values for name in own}
        if "amount" in data and "currency" in TABLES[self.entry.table]:
            money = data.get("currency", pa.nulls(len(self.rows), pa.string()))
            data["currency"] = pc.fill_null(money, self.currency)
        if self.entry.table == "change":
            data.setdefault("provenance", pa.repeat("history", len(self.rows)))
            data.setdefault("precision", _precision(read["occurred_at"]))
        data["custom"] = _json({name: read[name] for name in self.entry.custom}, len(self.rows))
        if "deleted" in data:
            data["deleted"] = pc.fill_null(data["deleted"], False)
        else:
            data["deleted"] = pa.array(np.zeros(len(self.rows), bool))
        data["known_at"], data["line"] = pa.array(known), pa.array(self.lines)
        data["file"] = pa.repeat(self.sheet.file, len(self.rows))
        return pa.table(data)


def _column(cells: Cells, cleaned: Cleaned, kind: str) -> Column:
    values = pa.array([*cleaned.values, None], ARROW.get(kind, pa.string()))
    bad = np.array([bool(reason) for reason in cleaned.reasons] + [False])
    rows = np.where(cells.codes < 0, len(cleaned.values), cells.codes)
    return Column(values.take(pa.array(rows)), bad[rows], cells, cleaned.reasons)


def _money(value: Any, context: Context) -> int | None:
    if isinstance(value, tuple):
        return smallest(_multiplied(value, context), context.currency)
    return money(value, context)


def _multiplied(values: Sequence[Any], context: Context) -> Any:
    factors = [exact(value, context) for value in values if value is not None]
    if len(factors) != 2 or factors[0] is None or factors[1] is None:
        raise Refusal("a product of which one factor is missing")
    return factors[0] * factors[1]


def _joined(values: Sequence[Any], context: Context) -> str:
    parts = [None if value is None else identity(value, context) for value in values]
    if not all(parts):
        raise Refusal("a joined id of which one part is missing")
    return "/".join(str(part) for part in parts)


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
        turn = series.groupby(series).cumcount().to_numpy() if len(series) else []
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


__all__ = ["Moment", "Refused", "Rows", "canonical", "content_hashes"]

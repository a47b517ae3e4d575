"""Reads the cells of one sheet column by column, as a mapping entry says what they mean."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from crm import columns
from crm.cleaning import Cleaned, Context, Refusal, clean
from crm.cleaning.dates import moments
from crm.cleaning.numbers import exact, money, smallest
from crm.cleaning.text import identity, short
from crm.errors import MappingError
from crm.history import ARROW
from crm.mapping import Cell, Entry, Mapping, Product, When
from crm.schema import TABLES
from crm.sheets import Cells, Sheet

Int64 = NDArray[np.int64]
KEYS: Final[dict[str, tuple[str, ...]]] = {
    "party": ("organisation",), "lead": ("converted_party",), "deal": ("party", "lead"),
    "activity": ("lead", "party", "deal"), "transaction": ("reference", "party", "lead", "deal"),
    "ticket": ("party",), "change": ("record",), "link": ("record",),
}  # fmt: skip
"""Columns that name another record, read as ids."""


class Column(NamedTuple):
    """A cleaned column: its values by row, which rows are unreadable, and how to show a row's cell."""

    values: pa.Array
    bad: NDArray[np.bool_]
    cells: Cells
    reasons: list[str]
    ends: Int64 | None = None


class Reader:
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
    return short("/".join(str(part) for part in parts))

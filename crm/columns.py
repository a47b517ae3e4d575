"""The columns a mapping entry asks for, taken from a sheet: alone, joined, multiplied or in some rows."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.cleaning.text import written
from crm.errors import MappingError
from crm.mapping import Cell, Entry, Filter, Product, When, nearest
from crm.sheets import Cells, Sheet

Mask = NDArray[np.bool_]


def headings(cell: Cell) -> list[str]:
    """The headings a cell specification reads, filters included."""
    if isinstance(cell, str):
        return [cell]
    if isinstance(cell, Product):
        return cell.product
    if isinstance(cell, When):
        return [cell.column, cell.when.column]
    return cell


def check(sheet: Sheet, entry: Entry) -> None:
    """Raises MappingError for a heading the sheet lacks, naming the nearest it has, or has twice."""
    asked = [heading for cell in entry.columns.values() for heading in headings(cell)]
    asked += [custom.column for custom in entry.custom.values()] + [part.column for part in entry.only]
    asked += [entry.known_at] if entry.known_at else []
    for heading in map(spelled, asked):
        if heading in sheet.repeated:
            raise MappingError(
                "a heading occurs more than once",
                value=heading,
                where=sheet.file,
                todo="rename one in the file",
            )
        if heading not in sheet.columns:
            raise MappingError(
                f"the file has no column of this name{nearest(heading, sheet.columns)}",
                value=heading,
                where=f"{sheet.file}, headings: {', '.join(name for name in sheet.columns if name)[:300]}",
                todo=f"correct the heading under [[table]] {entry.table} in the mapping, or in the file",
            )


def spelled(heading: str) -> str:
    """A heading in the one spelling of :func:`crm.sheets.headings`."""
    return " ".join(unicodedata.normalize("NFC", heading).split())


def take(sheet: Sheet, heading: str, rows: NDArray[np.int64]) -> Cells:
    """One column's cells in some rows, with the distinct values that occur there and no others."""
    codes, values = sheet.columns[spelled(heading)]
    return compact(Cells(codes[rows], values))


def compact(cells: Cells) -> Cells:
    """The same cells without values that do not occur."""
    used, codes = np.unique(cells.codes, return_inverse=True)
    blank = int(used.size > 0 and used[0] == -1)
    return Cells((codes - blank).astype(np.int32), [cells.values[code] for code in used[blank:]])


def fits(sheet: Sheet, test: Filter) -> Mask:
    """Which rows of the sheet pass a filter; text is compared as shown, blanks trimmed."""
    codes, values = sheet.columns[spelled(test.column)]
    shown = [" ".join(written(value).split()) for value in values]
    if test.present is not None:
        passed = np.array([bool(text) == test.present for text in shown] + [not test.present])
    elif test.equals is not None:
        passed = np.array([text in test.equals for text in shown] + ["" in test.equals])
    else:
        passed = np.array([text.startswith(tuple(test.starts or ())) for text in shown] + [False])
    return np.asarray(passed[codes] != test.negated)


def zipped(columns: Sequence[Cells]) -> Cells:
    """Several columns as one of tuples, None for a blank; a row blank throughout is blank."""
    keys = np.zeros(len(columns[0].codes), np.int64)
    for column in columns:
        keys = keys * (len(column.values) + 1) + (column.codes + 1)
    used, codes = np.unique(keys, return_inverse=True)
    values: list[tuple[Any, ...]] = []
    for key in used.tolist():
        parts: list[Any] = []
        rest = key
        for column in reversed(columns):
            rest, code = divmod(rest, len(column.values) + 1)
            parts.append(column.values[code - 1] if code else None)
        values.append(tuple(reversed(parts)))
    blank = int(used.size > 0 and used[0] == 0)
    return Cells((codes - blank).astype(np.int32), values[blank:])


def mapped(cells: Cells, words: dict[str, str]) -> Cells:
    """The value map applied; "" makes a blank."""
    if not words:
        return cells
    values = translated(cells.values, words)
    blank = [position for position, value in enumerate(values) if value == ""]
    return Cells(np.where(np.isin(cells.codes, blank), -1, cells.codes).astype(np.int32), values)


def translated(values: Iterable[Any], words: dict[str, str]) -> list[Any]:
    """Values in our words: exact ones first, then letter case aside; others stay."""
    folded = {key.casefold(): word for key, word in words.items()}
    shown = ((" ".join(unicodedata.normalize("NFC", written(value)).split()), value) for value in values)
    return [words.get(text, folded.get(text.casefold(), value)) for text, value in shown]


def joined(values: Iterable[Any]) -> str:
    """How a refused cell of several headings is shown."""
    return " / ".join("" if value is None else written(value) for value in values)

"""What a connector hands over: the cells of one sheet, column by column, each with its line in the file."""

import unicodedata
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file, where its mapping says so; None means: find out."""

    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None


class Cells(NamedTuple):
    """One column as codes into its distinct values, -1 for a blank.

    Values are text, or numbers and times where the file itself types them.
    """

    codes: Int32
    values: list[Any]


class Broken(NamedTuple):
    """A row that is no row of this sheet: where it is, what it says and why it cannot be read."""

    line: int
    value: str
    reason: str


@dataclass(frozen=True)
class Sheet:
    """The rows of one sheet of one file.

    ``lines[i]`` is the physical line (or sheet row) on which row ``i`` starts; the heading's line
    counts. ``repeated`` names headings that occur more than once: which is meant cannot be known.
    """

    file: str
    columns: dict[str, Cells]
    lines: Int64
    broken: list[Broken] = field(default_factory=list)
    repeated: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Rows read, the broken ones included."""
        return len(self.lines) + len(self.broken)


def from_arrow(column: pa.ChunkedArray) -> Cells:
    """Cells of an Arrow column; numbers, times and text keep their Python type."""
    encoded = column.dictionary_encode().unify_dictionaries().combine_chunks()
    if isinstance(encoded, pa.ChunkedArray):  # no chunks at all
        return Cells(np.empty(0, np.int32), [])
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Cells(codes, encoded.dictionary.to_pylist())


def from_values(column: Iterable[Hashable]) -> Cells:
    """Cells of Python values of mixed types; None and "" are blank, and 1, 1.0 and True differ."""
    seen: dict[tuple[type, Hashable], int] = {}
    codes = [
        -1 if value is None or value == "" else seen.setdefault((type(value), value), len(seen))
        for value in column
    ]
    return Cells(np.array(codes, np.int32), [value for _, value in seen])


def headings(cells: Iterable[object]) -> tuple[list[str], frozenset[str]]:
    """Headings in one spelling (NFC, single spaces), and those that occur more than once."""
    names = [" ".join(unicodedata.normalize("NFC", str(cell or "")).split()) for cell in cells]
    return names, frozenset(name for name in names if name and names.count(name) > 1)

"""Reads CSV exports as people get them: any usual encoding and separator, quoted newlines, physical lines."""

import codecs
import csv
import gzip
import io
import unicodedata
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from crm.errors import SourceError
from crm.sheets import Broken, Cells, Options, Sheet, from_arrow, headings

if TYPE_CHECKING:
    from _csv import Reader

SUFFIXES: Final = (".csv", ".tsv", ".txt", ".csv.gz")
SEPARATORS: Final = (",", ";", "\t", "|")
CHUNK: Final = 20_000
BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")
)  # fmt: skip
VIETNAMESE: Final = frozenset("ăâđêôơưĂÂĐÊÔƠƯ")


def read(path: Path, options: Options) -> Sheet:
    """The rows of a CSV file; blank lines are no rows.

    Raises SourceError for an empty file, the wrong encoding, a quote that never closes, or no heading.
    """
    content = _unpacked(path)
    encoding = options.encoding or detect_encoding(content, str(path))
    text = decode(content, encoding, str(path))
    if not text.strip():
        raise SourceError("the file is empty", where=str(path), todo="export it again, or leave it out")
    skipped, separator = _separator(text, options.separator)
    stream = io.StringIO(text, newline="")
    for _ in range(skipped):
        stream.readline()
    sheet = _rows(csv.reader(stream, delimiter=separator), path, skipped)
    _check_end(stream, separator, sheet, path)
    return sheet


def _unpacked(path: Path) -> bytes:
    if path.suffix != ".gz":
        return path.read_bytes()
    try:
        return gzip.decompress(path.read_bytes())
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(
            "the compressed file is damaged", value=str(error), where=str(path), todo="export it again"
        ) from error


def _check_end(stream: io.StringIO, separator: str, sheet: Sheet, path: Path) -> None:
    """Raises SourceError where the last row never closes its quote: it has swallowed the rest of the file."""
    last = max([*sheet.lines[-1:].tolist(), *(row.line for row in sheet.broken[-1:])], default=1)
    stream.seek(0)
    tail = islice(stream, last - 1, None)
    try:
        for _ in csv.reader(tail, delimiter=separator, strict=True):
            pass
    except csv.Error as error:
        if "end of data" in str(error):
            raise SourceError(
                "a quote opens and never closes",
                where=f"{path}, line {last}",
                todo="close the quote, or export the file again",
            ) from error


def _rows(reader: "Reader", path: Path, skipped: int) -> Sheet:
    try:
        first: list[str] = next((row for row in reader if any(cell.strip() for cell in row)), [])
        names, repeated = headings(first)
        broken: list[Broken] = []
        lines: list[int] = []
        chunks: list[list[pa.Array]] = [[] for _ in names]
        good = _good(reader, len(names), skipped, lines, broken)
        while rows := list(islice(good, CHUNK)):
            for column, cells in zip(chunks, zip(*rows, strict=True), strict=True):
                column.append(pa.array(cells, pa.string()))
    except csv.Error as error:
        raise SourceError(
            "the CSV cannot be read",
            value=str(error),
            where=f"{path}, near line {reader.line_num + skipped}",
            todo="look for a quote that never closes, or name the separator in the mapping",
        ) from error
    columns = {
        name: _blanked(from_arrow(pa.chunked_array(c, pa.string())))
        for name, c in zip(names, chunks, strict=True)
    }
    return Sheet(path.name, columns, np.array(lines, np.int64), broken, repeated)


def _good(
    reader: "Reader", width: int, skipped: int, lines: list[int], broken: list[Broken]
) -> Iterator[list[str]]:
    """Rows as wide as the heading; the others are noted as broken, trailing blanks forgiven."""
    start = reader.line_num + 1
    for row in reader:
        line, start = start + skipped, reader.line_num + 1
        if not any(cell.strip() for cell in row):
            continue
        if len(row) > width and not any(cell.strip() for cell in row[width:]):
            del row[width:]
        if len(row) == width:
            lines.append(line)
            yield row
        else:
            broken.append(Broken(line, ",".join(row)[:200], f"{len(row)} cells under {width} headings"))


def _blanked(cells: Cells) -> Cells:
    """The empty text is a blank."""
    blank = [position for position, value in enumerate(cells.values) if not value.strip()]
    return Cells(np.where(np.isin(cells.codes, blank), -1, cells.codes).astype(np.int32), cells.values)


def _separator(text: str, given: str | None) -> tuple[int, str]:
    """Lines before the heading (Excel's ``sep=;``), and the separator most frequent in the heading."""
    heading = text[: text.find("\n")] if "\n" in text else text
    heading = heading.strip("\r\n ")
    if heading.lower().startswith("sep=") and len(heading) == 5:
        return 1, given or heading[4]
    bare = "".join(heading.split('"')[::2])
    return 0, given or max(SEPARATORS, key=bare.count)


def decode(content: bytes, encoding: str, where: str) -> str:
    """The text of a file; raises SourceError naming the line of the first byte that does not fit."""
    try:
        return unicodedata.normalize("NFC", content.decode(encoding)).removeprefix("\ufeff")
    except LookupError as error:
        raise SourceError(
            "no such encoding", value=encoding, where=where, todo="utf-8, utf-16, cp1258"
        ) from error
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            f"the file is not {encoding}",
            value=content[error.start : error.start + 8],
            where=f"{where}, line {line}",
            todo="leave encoding out of the mapping to have it detected, or save the file as UTF-8",
        ) from error


def detect_encoding(content: bytes, where: str) -> str:
    """UTF-8 or UTF-16 by their marks or their bytes, cp1258 where it reads as Vietnamese.

    Raises SourceError for anything else: a wrong guess would spoil every name in silence.
    """
    for mark, name in BOMS:
        if content.startswith(mark):
            return name
    if len(content) > 1 and b"\x00" in content[:200]:
        return "utf-16-le" if content[1] == 0 else "utf-16-be"
    try:
        content.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError as error:
        if _reads_vietnamese(content):
            return "cp1258"
        line = content.count(b"\n", 0, error.start) + 1
        raise SourceError(
            "the encoding cannot be told",
            value=content[error.start : error.start + 8],
            where=f"{where}, line {line}",
            todo="save the file as UTF-8 (text in TCVN3 or VNI: convert it to Unicode first, for example with UniKey's "
            'toolkit), or name it in the mapping: encoding = "cp1252"',
        ) from error


def _reads_vietnamese(content: bytes) -> bool:
    """Whether most letters beyond ASCII are Vietnamese in cp1258, which writes tones as combining marks."""
    try:
        text = unicodedata.normalize("NFC", content.decode("cp1258"))
    except UnicodeDecodeError:
        return False
    beyond = [letter for letter in text if ord(letter) > 127 and letter.isalpha()]
    own = sum(letter in VIETNAMESE or 0x1EA0 <= ord(letter) <= 0x1EF9 for letter in beyond)
    stray = sum(unicodedata.combining(letter) > 0 for letter in text)
    return own > 0.3 * len(beyond) and stray <= 0.05 * len(beyond)

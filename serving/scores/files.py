"""Files of scores: CSV that Excel opens and a CRM imports, or Parquet; whole or not there at all."""

import csv
import errno
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from crm.errors import LeadkeepError, ResourceError
from crm.tables.scores import Score
from serving.cells import harmless

REASONS = 5
SCALARS: dict[str, pa.DataType] = {
    "source": pa.string(), "source_id": pa.string(), "subject": pa.string(), "target": pa.string(),
    "as_of": pa.string(), "version": pa.string(), "kind": pa.string(), "probability": pa.float64(),
    "percent": pa.int64(), "band": pa.string(), "value": pa.int64(), "expected": pa.int64(),
}  # fmt: skip
"""Columns of both kinds of file, before the reasons. Money is the smallest unit of the company's currency."""


class Sink(Protocol):
    """Something scores can be written to, a chunk at a time."""

    def write(self, scores: Sequence[Score], as_of: str) -> None:
        """Adds rows."""


@contextmanager
def written(path: Path | None) -> Iterator[Sink]:
    """A sink for ``path`` by its ending, or for nothing; the file appears under its name when all is written.

    Raises ResourceError for a full disk or a folder that cannot be written, LeadkeepError for another ending.
    """
    if path is None:
        yield Nowhere()
        return
    kinds: dict[str, type[CsvFile] | type[ParquetFile]] = {".csv": CsvFile, ".parquet": ParquetFile}
    if (kind := kinds.get(path.suffix.lower())) is None:
        todo = "end its name in .csv or .parquet"
        raise LeadkeepError("not a kind of file for scores", value=path.name, todo=todo)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            with kind(file) as sink:
                yield sink
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise _refused(error, path) from error
    finally:
        part.unlink(missing_ok=True)


class Nowhere:
    """Takes everything and keeps nothing."""

    def write(self, scores: Sequence[Score], as_of: str) -> None:
        """Nothing."""


class CsvFile:
    """UTF-8 with a byte order mark, so that Excel shows Vietnamese."""

    def __init__(self, file: IO[bytes]) -> None:
        self.text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        self.rows = csv.writer(self.text)

    def __enter__(self) -> Self:
        numbers = range(1, REASONS + 1)
        self.rows.writerow([*SCALARS, *(f"reason_{n}_{lang}" for lang in ("vi", "en") for n in numbers)])
        return self

    def __exit__(self, *_: object) -> None:
        self.text.detach()

    def write(self, scores: Sequence[Score], as_of: str) -> None:
        """One line a score, reasons in columns of their own."""
        for score in scores:
            texts = [text for lang in ("vi", "en") for text in _texts(score, lang)]
            self.rows.writerow([harmless(cell) for cell in (*_scalars(score, as_of).values(), *texts)])


class ParquetFile:
    """The same columns, with the reasons as lists of sentences."""

    def __init__(self, file: IO[bytes]) -> None:
        lists = {f"reasons_{lang}": pa.list_(pa.string()) for lang in ("vi", "en")}
        self.schema = pa.schema(SCALARS | lists)
        self.file = pq.ParquetWriter(file, self.schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def write(self, scores: Sequence[Score], as_of: str) -> None:
        """One row a score."""
        rows = [_scalars(score, as_of) | _lists(score) for score in scores]
        self.file.write_table(pa.Table.from_pylist(rows, schema=self.schema))


def _refused(error: OSError, path: Path) -> ResourceError:
    if error.errno == errno.ENOSPC:
        todo = "free some disk space and run it again"
        return ResourceError("the disk is full", value=str(path), where="--out", todo=todo)
    todo = "choose a folder you may write to with --out"
    return ResourceError(
        f"the file cannot be written: {error.strerror}", value=str(path), where="--out", todo=todo
    )


def _scalars(score: Score, as_of: str) -> dict[str, Any]:
    made = {
        "as_of": as_of,
        "percent": round(100 * score.probability),
        "probability": round(score.probability, 6),
    }
    return {name: made[name] if name in made else getattr(score, name) for name in SCALARS}


def _texts(score: Score, lang: str) -> Iterable[str]:
    texts = [reason[lang] for reason in score.reasons[:REASONS]]
    return texts + [""] * (REASONS - len(texts))


def _lists(score: Score) -> dict[str, list[str]]:
    return {f"reasons_{lang}": [reason[lang] for reason in score.reasons] for lang in ("vi", "en")}

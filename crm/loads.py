"""What a load did, and the file that makes it visible: the vector of its tables' versions."""

import json
import os
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from crm.errors import HistoryError

FOLDED = "inbox"
"""The source of a load that holds what was delivered live."""


@dataclass
class TableReport:
    """Rows of one file that went to one canonical table.

    ``read = accepted + refused + other`` and ``accepted = new + changed + unchanged``, always. ``other`` rows
    belong elsewhere (left out by ``only``, or further rows of a record in an event log). ``cells`` counts
    unreadable phones and e-mails of accepted rows.
    """

    file: str
    table: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    other: int = 0
    cells: int = 0

    @property
    def accepted(self) -> int:
        return self.new + self.changed + self.unchanged


@dataclass
class LoadReport:
    """The outcome of one import; ``as_dict`` is its JSON form.

    ``load`` is the newest load afterwards, ``written`` says whether this import made it (nothing new makes no
    load). ``reasons`` counts refused rows and cells by reason; ``examples`` holds the first few of them as
    ``file, line, column, value, reason``. Records created before ``reliable_since`` do not train. Fields the
    mapping calls ``not_personal`` may be features although they look like people. ``inbox`` is the number of the
    last delivered row the history holds. Times are UTC microseconds.
    """

    load: int
    loaded_at: int
    source: str
    mapping: str
    reliable_since: int | None = None
    not_personal: list[str] = field(default_factory=list)
    written: bool = False
    tables: list[TableReport] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)
    examples: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    inbox: int = 0

    def _sum(self, name: str) -> int:
        return sum(getattr(table, name) for table in self.tables)

    @property
    def read(self) -> int:
        return self._sum("read")

    @property
    def accepted(self) -> int:
        return self._sum("accepted")

    @property
    def new(self) -> int:
        return self._sum("new")

    @property
    def changed(self) -> int:
        return self._sum("changed")

    @property
    def unchanged(self) -> int:
        return self._sum("unchanged")

    @property
    def refused(self) -> int:
        return self._sum("refused")

    @property
    def other(self) -> int:
        return self._sum("other")

    def as_dict(self) -> dict[str, Any]:
        """Everything, with the totals."""
        totals = ("read", "accepted", "new", "changed", "unchanged", "refused", "other")
        return asdict(self) | {"reasons": dict(self.reasons)} | {name: getattr(self, name) for name in totals}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "LoadReport":
        """The inverse of :meth:`as_dict`."""
        names = (
            "load",
            "loaded_at",
            "source",
            "mapping",
            "reliable_since",
            "written",
            "examples",
            "warnings",
        )
        return cls(
            **{name: stored[name] for name in names},
            not_personal=stored.get("not_personal", []),
            tables=[TableReport(**table) for table in stored["tables"]],
            reasons=Counter(stored["reasons"]),
            inbox=stored.get("inbox", 0),
        )


@dataclass(frozen=True)
class Vector:
    """The versions of the Delta tables that make up the history after one load."""

    load: int
    versions: dict[str, int]
    report: LoadReport


def newest(folder: Path) -> int:
    """Number of the newest complete load; 0 when nothing was imported."""
    return max((int(file.stem) for file in folder.glob("[0-9]*.json")), default=0)


def read(folder: Path, load: int) -> Vector:
    """The vector of ``load``; raises HistoryError where it is missing or damaged."""
    file = folder / f"{load:06d}.json"
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        return Vector(load, stored["versions"], LoadReport.from_dict(stored["report"]))
    except FileNotFoundError as error:
        raise HistoryError(
            "no such load", value=load, where=str(folder), todo="run leadkeep import"
        ) from error
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise HistoryError(
            "the record of a load is damaged",
            value=str(error),
            where=str(file),
            todo="restore it from a backup",
        ) from error


def write(folder: Path, vector: Vector) -> None:
    """Makes a load visible: written aside, forced to disk, then renamed into place."""
    file = folder / f"{vector.load:06d}.json"
    aside = file.with_suffix(".tmp")
    body = {"versions": vector.versions, "report": vector.report.as_dict()}
    with aside.open("w", encoding="utf-8") as stream:
        json.dump(body, stream, ensure_ascii=False, indent=1)
        stream.flush()
        os.fsync(stream.fileno())
    aside.replace(file)
    sync(folder)


def sync(path: Path) -> None:
    """Forces a file, or the names in a folder, to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""The event table in memory, and how it is read from its files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from filelock import FileLock
from numpy.typing import NDArray

from crm import eventfiles, loads
from crm.clock import FOREVER, UNKNOWN
from crm.errors import HistoryError, NotFound
from crm.eventfiles import ENGINE, KINDS, ROW_GROUP
from crm.history import History
from crm.settings import Home

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]

COLUMNS = ("occurred_at", "known_at", "known_until", "signature", "value", "duration", "actor", "day")
"""The arrays of :class:`Events` with one entry an event."""


class Signature(NamedTuple):
    """The words of an event. Events with the same words share a signature number."""

    kind: str
    field: str = ""
    code: str = ""
    channel: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of some subjects, ordered by subject, then ``(occurred_at, event_id)``.

    ``offsets`` has one entry more than there are subjects: subject ``i`` owns rows
    ``offsets[i]:offsets[i+1]``. Times are UTC microseconds; ``known_until`` is FOREVER while it stands.
    ``value`` and ``duration`` (seconds) are UNKNOWN where not recorded. ``signature`` indexes
    ``signatures``; ``actor`` indexes the store's staff, -1 where nobody is named; ``day`` is the local day
    number in the company's zone.
    """

    subjects: list[str]
    offsets: Int64
    occurred_at: Int64
    known_at: Int64
    known_until: Int64
    signature: Int32
    value: Int64
    duration: Int64
    actor: Int32
    day: Int32
    signatures: tuple[Signature, ...]

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def visible(self, row: int, cutoff: int) -> bool:
        """Whether one event is visible at ``cutoff``: happened and known before it, and still standing."""
        return bool(self.occurred_at[row] < cutoff and self.known_at[row] < cutoff <= self.known_until[row])


def joined(several: Sequence[Events]) -> Events:
    """The events of some subjects after one another; one's ``signatures`` begin with those of each other."""
    counts = np.concatenate([np.diff(one.offsets) for one in several])
    columns = {name: np.concatenate([getattr(one, name) for one in several]) for name in COLUMNS}
    return Events(
        subjects=[subject for one in several for subject in one.subjects],
        offsets=np.concatenate(([0], np.cumsum(counts))),
        signatures=max((one.signatures for one in several), key=len),
        **columns,
    )


class EventStore:
    """The event files of one load: all subjects of a kind at once, in blocks, or one in a millisecond.

    All files are opened at once: a store goes on reading its load after its folder was replaced or cleared.
    """

    def __init__(self, folder: Path) -> None:
        """Opens a finished folder as it is. Raises HistoryError where it is missing, partial or damaged."""
        about = eventfiles.completed(folder)
        if about is None:
            raise HistoryError("no event files here", where=str(folder), todo="import an export first")
        self.folder, self.about = folder, about
        with _damage_in_words(folder):
            self._files = {name: pq.ParquetFile(folder / name) for name in about.files}
        self._subjects: dict[str, pa.Table] = {}
        self._lock = Lock()

    @classmethod
    def open(cls, home: Home, load: int | None = None) -> "EventStore":
        """The events of ``load``, by default the newest complete one; made from the history where missing.

        Raises HistoryError when nothing was imported.
        """
        from crm.materialise import materialise  # noqa: PLC0415  it compiles queries; readers rarely need it

        history = History(home, load)
        if not history.load_number:
            raise HistoryError(
                "the history is empty", where=str(home.history), todo="import an export: leadkeep import"
            )
        folder = home.history / "event" / str(history.load_number)
        folder.parent.mkdir(exist_ok=True)
        with FileLock(folder.with_name(f".{folder.name}.lock")):
            about = eventfiles.completed(folder)
            wanted = (home.settings.zone, home.settings.currency)
            if about is None or (about.zone, about.currency) != wanted:
                materialise(home, history.load_number)
            return cls(folder)

    @classmethod
    def ready(cls, home: Home) -> int:
        """The newest load whose event files are made; 0 where none is. Whoever serves need not make them."""
        wanted = (home.settings.zone, home.settings.currency)
        for number in range(loads.newest(home.history / "loads"), 0, -1):
            about = eventfiles.completed(home.history / "event" / str(number))
            if about is not None and (about.zone, about.currency) == wanted:
                return number
        return 0

    @property
    def load(self) -> int:
        return self.about.load

    @property
    def versions(self) -> dict[str, int]:
        """The versions of the Delta tables these events were made from."""
        return self.about.versions

    @cached_property
    def signatures(self) -> tuple[Signature, ...]:
        table = self._files["signatures.parquet"].read()
        return tuple(Signature(*words) for words in zip(*table.to_pydict().values(), strict=True))

    @cached_property
    def actors(self) -> list[str]:
        """Staff, ``<source>:<id>``, by the number in ``Events.actor``."""
        return list(self._files["actors.parquet"].read()["actor"].to_pylist())

    def subjects(self, kind: str) -> pd.DataFrame:
        """The subjects of ``kind`` (lead, customer, deal), in the order of :meth:`read`.

        Columns: subject, source, source_id, party (shared by the records of one person or company),
        created_at and known_at (int64 UTC microseconds).
        """
        columns = ["subject", "source", "source_id", "party", "created_at", "known_at"]
        return pd.DataFrame(self._table(kind).select(columns).to_pydict())

    def parties(self, kind: str) -> pa.Table:
        """Of :meth:`subjects` the columns subject and party, quickly."""
        return self._table(kind).select(["subject", "party"])

    def read(self, kind: str) -> Events:
        """The events of all subjects of ``kind``."""
        subjects = self._table(kind)
        rows = subjects["rows"].to_numpy()
        whole = {name: np.empty(int(rows.sum()), of.to_pandas_dtype()) for name, of in ENGINE.items()}
        start = 0
        for bucket in range(self.about.buckets[kind]):
            block = self._block(kind, bucket)
            for name, column in whole.items():
                column[start : start + len(block)] = block[name].to_numpy()
            start += len(block)
        return self._events(subjects["subject"].to_pylist(), rows, whole)

    def blocks(self, kind: str) -> Iterator[Events]:
        """The same events, some whole subjects at a time, so that memory stays flat."""
        subjects = self._table(kind)
        buckets = subjects["bucket"].to_numpy()
        edges = np.searchsorted(buckets, np.arange(self.about.buckets[kind] + 1))
        for bucket, (first, last) in enumerate(pairwise(edges.tolist())):
            part = subjects.slice(first, last - first)
            block = self._block(kind, bucket)
            yield self._events(part["subject"].to_pylist(), part["rows"].to_numpy(), _columns(block))

    def one(self, subject: str) -> Events:
        """The events of one subject. Raises NotFound where nobody has that id."""
        kind = subject.partition(":")[0]
        place = self._places.get(subject)
        if place is None:
            raise NotFound(
                "no such subject", value=subject, todo="ids look like lead:<source>:<the record's id there>"
            )
        bucket, first, rows = place
        groups = list(range(first // ROW_GROUP, (first + max(rows, 1) - 1) // ROW_GROUP + 1)) if rows else []
        with self._lock:
            block = self._block(kind, bucket, groups)
        return self._events([subject], np.array([rows]), _columns(block.slice(first % ROW_GROUP, rows)))

    def one_named(self, subject: str) -> tuple[Events, list[str]]:
        """The events of one subject and the id of each, ``<table>:<source>:<record>:<moment>``; as :meth:`one`."""
        events = self.one(subject)
        bucket, first, rows = self._places[subject]
        file = self._files[f"{subject.partition(':')[0]}-{bucket}.parquet"]
        if not rows or "event_id" not in file.schema_arrow.names:
            return events, [""] * rows
        groups = list(range(first // ROW_GROUP, (first + rows - 1) // ROW_GROUP + 1))
        with self._lock, _damage_in_words(self.folder):
            ids = file.read_row_groups(groups, columns=["event_id"], use_threads=False)["event_id"]
        return events, ids.slice(first % ROW_GROUP, rows).to_pylist()

    @cached_property
    def _places(self) -> dict[str, tuple[int, int, int]]:
        """Bucket, first row and rows of every subject."""
        found: dict[str, tuple[int, int, int]] = {}
        for kind in KINDS:
            table = self._table(kind).select(["bucket", "first_row", "rows"]).to_pydict()
            places = zip(*table.values(), strict=True)
            found.update(zip(self._table(kind)["subject"].to_pylist(), places, strict=True))
        return found

    def _table(self, kind: str) -> pa.Table:
        if kind not in KINDS:
            raise NotFound("no such kind of subject", value=kind, todo="choose lead, customer or deal")
        if kind not in self._subjects:
            with _damage_in_words(self.folder):
                self._subjects[kind] = self._files[f"subjects-{kind}.parquet"].read()
        return self._subjects[kind]

    def _block(self, kind: str, bucket: int, groups: list[int] | None = None) -> pa.Table:
        """What the engine reads of a bucket, or of some of its row groups."""
        file = self._files[f"{kind}-{bucket}.parquet"]
        with _damage_in_words(self.folder):
            if groups is None:
                return file.read(columns=list(ENGINE), use_threads=False)
            return file.read_row_groups(groups, columns=list(ENGINE), use_threads=False)

    def _events(self, subjects: list[str], rows: Int64, columns: dict[str, NDArray[Any]]) -> Events:
        offsets = np.zeros(len(rows) + 1, dtype=np.int64)
        np.cumsum(rows, out=offsets[1:])
        words = {name: column for name, column in columns.items() if name != "actor_no"}
        return Events(
            subjects=subjects,
            offsets=offsets,
            actor=columns["actor_no"],
            signatures=self.signatures,
            **words,
        )


@contextmanager
def _damage_in_words(folder: Path) -> Iterator[None]:
    """Turns what Arrow says of a damaged file into HistoryError."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise HistoryError(
            "an event file is damaged",
            value=str(error).splitlines()[0],
            where=str(folder),
            todo="delete that folder; it is made again from the history",
        ) from error


def _columns(block: pa.Table) -> dict[str, NDArray[Any]]:
    return {name: block[name].to_numpy() for name in ENGINE}


__all__ = ["COLUMNS", "FOREVER", "UNKNOWN", "EventStore", "Events", "Signature"]

"""The append-only history: Delta tables read at the versions one complete load pinned."""

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import DeltaError
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from crm import loads
from crm.clock import FOREVER
from crm.errors import HistoryError, ResourceError
from crm.loads import LoadReport, Vector
from crm.schema import STORED, TABLES
from crm.settings import Home

ARROW: Final = {"time": pa.int64(), "money": pa.int64(), "integer": pa.int64(), "boolean": pa.bool_()}
"""How a canonical type is stored; all others are text."""

REFUSED: Final[dict[str, str]] = {
    "source": "code",
    "table": "code",
    "file": "text",
    "line": "integer",
    "column": "text",
    "value": "text",
    "reason": "code",
    "whole": "boolean",
    "known_at": "time",
    "load": "integer",
    "content": "text",
}
"""Columns of the table ``refused``; ``whole``: the row was refused, and not only one cell of it."""

PATIENCE: Final = 20.0
"""Seconds an import waits for another to finish."""

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
FULL_WORDS: Final = ("no space left", "file too large", "quota exceeded")


def schema(table: str) -> pa.Schema:
    """Arrow schema of a stored table: int64 for times, money and integers, bool, and text for the rest."""
    columns = REFUSED if table == "refused" else TABLES[table] | STORED
    return pa.schema([(name, ARROW.get(kind, pa.string())) for name, kind in columns.items()])


class History:
    """The history as of one load, by default the newest.

    A History sees the same rows however long it lives, whatever is imported meanwhile.
    """

    def __init__(self, home: Home, load: int | None = None) -> None:
        self.home = home
        self.folder = home.history
        self.load_number = loads.newest(self.folder / "loads") if load is None else load
        self._versions = self._vector().versions if self.load_number else {}

    def _vector(self) -> Vector:
        return loads.read(self.folder / "loads", self.load_number)

    def pinned(self) -> dict[str, int]:
        """Version of each Delta table; empty when nothing was imported."""
        return dict(self._versions)

    @property
    def inbox(self) -> int:
        """Number of the last row of the inbox this load holds."""
        return self._vector().report.inbox if self.load_number else 0

    def loads(self) -> list[LoadReport]:
        """Reports of the complete loads up to this one, oldest first."""
        files = (self.folder / "loads").glob("[0-9]*.json")
        numbers = sorted(int(file.stem) for file in files)
        return [loads.read(self.folder / "loads", n).report for n in numbers if n <= self.load_number]

    def rows(self, table: str, columns: Sequence[str] | None = None) -> pa.Table:
        """Rows as they were appended, closing rows included; an empty table where none were.

        Raises HistoryError where the files are missing or damaged.
        """
        wanted = schema(table)
        if columns is not None:
            wanted = pa.schema([wanted.field(name) for name in columns])
        if table not in self._versions:
            return wanted.empty_table()
        try:
            delta = DeltaTable(self.folder / table, version=self._versions[table])
            return delta.to_pyarrow_table(columns=wanted.names).select(wanted.names).cast(wanted)
        except (DeltaError, OSError, pa.ArrowInvalid) as error:
            raise HistoryError(
                f"the history table {table} cannot be read",
                value=str(error).splitlines()[0],
                where=f"{self.folder / table}, version {self._versions[table]}",
                todo="restore the home folder from a backup, or import into a new one",
            ) from error

    def read(self, table: str) -> pa.Table:
        """Every row with ``known_until`` (FOREVER while it stands), the schema's columns and STORED.

        Rows of a record follow each other through the loads: each stands until the next is known. Closing
        rows (``deleted``) end the row before them and are left out.
        """
        rows = self.rows(table)
        shape = schema(table).append(pa.field("known_until", pa.int64()))
        if table == "refused":
            return rows
        if not len(rows):
            return shape.empty_table()
        order = [(name, "ascending") for name in ("source", "source_id", "load", "known_at", "deleted")]
        ordered = rows.sort_by(order)
        standing = ordered.append_column("known_until", pa.array(_known_until(ordered)))
        return standing.filter(pc.invert(pc.fill_null(standing["deleted"], False))).cast(shape)

    @contextmanager
    def writing(self) -> Iterator["Load"]:
        """The one load that may write now; it becomes visible by :meth:`Load.finish` and not before.

        Tables a killed load left ahead of their pinned version are put back first, and its files removed.
        Raises HistoryError when another import holds the lock, ResourceError on a full disk.
        """
        with full_disk(self.folder):
            (self.folder / "loads").mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / "lock", timeout=PATIENCE)
        try:
            lock.acquire()
        except Timeout as error:
            raise HistoryError(
                "another import is running", where=str(self.folder), todo="wait until it has finished"
            ) from error
        try:
            current = History(self.home)
            with full_disk(self.folder):
                versions = current._put_back()
            yield Load(current, versions)
        finally:
            lock.release()

    def _put_back(self) -> dict[str, int]:
        """Restores what a killed load left behind; returns the versions that hold the pinned rows now."""
        versions = self.pinned()
        for table in (*TABLES, "refused"):
            path = self.folder / table
            if not DeltaTable.is_deltatable(str(path)):
                continue
            delta, pinned = DeltaTable(path), versions.get(table, 0)
            if delta.version() > pinned:
                delta.restore(pinned)
                versions[table] = delta.version()
            _clear(path, delta)
        return versions


def _clear(path: Path, delta: DeltaTable) -> None:
    """Removes files no load refers to: rows are only ever added, so the newest load refers to all of them."""
    kept = {Path(uri).name for uri in delta.file_uris()}
    for file in path.glob("*.parquet*"):
        if file.name not in kept:
            file.unlink()


class Load:
    """A load in the making, holding the history's lock. ``number`` is its number, ``before`` what stood."""

    def __init__(self, before: History, versions: dict[str, int]) -> None:
        self.before = before
        self.number = before.load_number + 1
        self._versions = versions

    def append(self, table: str, rows: pa.Table) -> None:
        """Adds rows to one table in one commit, not yet visible; columns they lack are unknown."""
        if not rows.num_rows:
            return
        path = self.before.folder / table
        shape = schema(table)
        with full_disk(path):
            if not DeltaTable.is_deltatable(str(path)):
                DeltaTable.create(path, shape)
            old = set(DeltaTable(path).file_uris())
            write_deltalake(
                path,
                fill(rows, shape),
                mode="append",
                commit_properties=CommitProperties(app_transactions=[Transaction("leadkeep", self.number)]),
            )
            written = DeltaTable(path)
            self._versions[table] = written.version()
            for uri in set(written.file_uris()) - old:
                loads.sync(Path(uri.removeprefix("file://")))
            loads.sync(path / "_delta_log" / f"{written.version():020d}.json")
            loads.sync(path / "_delta_log")

    def finish(self, report: LoadReport) -> None:
        """Writes the vector of versions: from here on the load is visible."""
        report.inbox = max(report.inbox, self.before.inbox)
        with full_disk(self.before.folder):
            loads.write(self.before.folder / "loads", Vector(self.number, self._versions, report))


def _known_until(ordered: pa.Table) -> NDArray[np.int64]:
    """When the next row of the same record was known; FOREVER where there is none."""
    until = np.full(len(ordered), FOREVER)
    ids = ordered.select(["source", "source_id"])
    same = pc.and_(*(pc.equal(ids[name][1:], ids[name][:-1]) for name in ids.column_names))
    known = ordered["known_at"].to_numpy()
    until[:-1] = np.where(same.to_numpy(), known[1:], FOREVER)
    return until


def fill(rows: pa.Table, shape: pa.Schema) -> pa.Table:
    """``rows`` with the columns of ``shape``, in its order; those missing are unknown."""
    given = set(rows.column_names)
    columns = [
        rows[field.name].cast(field.type) if field.name in given else pa.nulls(len(rows), field.type)
        for field in shape
    ]
    return pa.table(columns, schema=shape)


def put(rows: pa.Table, name: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """``rows`` with one of its columns replaced."""
    return rows.set_column(rows.column_names.index(name), name, values)


def query(threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads registered tables and nothing else; ``threads`` None takes all cores.

    What memory cannot hold goes to the system's folder for such files, not to whatever folder one stands in.
    """
    spill = Path(tempfile.gettempdir()) / f"leadkeep-{os.getpid()}"
    config: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(spill)}
    connection = duckdb.connect(":memory:", config=config | ({"threads": threads} if threads else {}))
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


@contextmanager
def full_disk(path: Path, kept: str = "nothing of this import is visible") -> Iterator[None]:
    """Turns a full disk or quota into ResourceError, which says what is ``kept``; other faults into HistoryError."""
    try:
        yield
    except (OSError, DeltaError) as error:
        full = getattr(error, "errno", None) in FULL or any(word in str(error).lower() for word in FULL_WORDS)
        if full:
            raise ResourceError(
                f"the disk is full; {kept}",
                where=str(path),
                todo="free some space and run the import again: it starts from the last complete load",
            ) from error
        raise HistoryError(
            "the history cannot be written",
            value=str(error).splitlines()[0],
            where=str(path),
            todo="check the folder's permissions and the disk",
        ) from error

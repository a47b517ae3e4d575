"""One file with all a home holds, consistent while others go on writing; :mod:`crm.restore` reads it.

The order makes it consistent: a mark or a champion in the operations database never speaks of an inbox row or a
model that is not in the file, and no row of the inbox is missing from both the inbox and the history.
"""

import io
import json
import os
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final

from deltalake import DeltaTable

from crm import dump, inbox, operations
from crm.clock import iso, now
from crm.errors import HistoryError, ResourceError
from crm.history import History, full_disk
from crm.loads import sync
from crm.migrations import newest
from crm.settings import Home
from crm.tables import everything

FORMAT: Final = 1
ABOUT: Final = "about.json"
OPERATIONS, INBOX = "operations.jsonl", "inbox.jsonl"
OWN: Final = ("settings.toml", "trial.key")
"""Files beside the stores."""

TRIES: Final = 5


def make(home: Home, file: Path | None = None) -> dict[str, Any]:
    """Writes a backup, by default into the home's folder ``backups``; returns what is in it.

    The file holds personal data and secrets: only its owner may read it. It appears whole or not at all. Raises
    ResourceError for a full disk or a file that is there already.
    """
    final = file or home.path / "backups" / f"leadkeep-{iso(now()).replace(':', '')[:17]}.tar.gz"
    if final.exists():
        raise ResourceError("there is such a file already", value=str(final), todo="give another name")
    aside = final.with_name(f".{final.name}.part")
    with full_disk(final):
        final.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(aside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            with (
                os.fdopen(handle, "wb") as raw,
                tarfile.open(fileobj=raw, mode="w:gz", compresslevel=1) as tar,
            ):
                about = _write(home, Backup(tar))
            sync(aside)
            aside.replace(final)
            sync(final.parent)
        finally:
            aside.unlink(missing_ok=True)
    return about | {"file": str(final), "bytes": final.stat().st_size}


class Backup:
    """The file in the making; remembers the hash of each member."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.members: dict[str, str] = {}

    def put(self, name: str, source: IO[bytes], size: int) -> None:
        """Adds one member."""
        member, reading = tarfile.TarInfo(name), _Hashing(source)
        member.mode, member.size, member.mtime = 0o600, size, int(now() / 1_000_000)
        self._tar.addfile(member, reading)
        self.members[name] = reading.hash.hexdigest()

    def file(self, name: str, path: Path) -> None:
        """Adds a file that does not change."""
        with path.open("rb") as source:
            self.put(name, source, path.stat().st_size)

    def text(self, name: str, said: Any) -> None:
        """Adds an object as JSON."""
        body = json.dumps(said, ensure_ascii=False, indent=1).encode()
        self.put(name, io.BytesIO(body), len(body))

    def lines(self, name: str, write: Callable[[IO[bytes]], dict[str, int]]) -> dict[str, int]:
        """Adds what ``write`` writes; its length is known only afterwards."""
        with tempfile.TemporaryFile() as passing:
            counts = write(passing)
            size = passing.tell()
            passing.seek(0)
            self.put(name, passing, size)
        return counts


class _Hashing:
    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.hash = source, sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._source.read(size)
        self.hash.update(found)
        return found


def _write(home: Home, backup: Backup) -> dict[str, Any]:
    for name in OWN:
        if (home.path / name).exists():
            backup.file(name, home.path / name)
    tables = list(everything().metadata.sorted_tables)
    with operations.reading(home) as session:
        rows = backup.lines(OPERATIONS, lambda out: dump.write(session.connection(), tables, out))
    history, fresh = _inbox(home, backup)
    _history(history, backup)
    for path in sorted(home.models.glob("*/[!.]*/*")):
        backup.file(f"models/{path.relative_to(home.models)}", path)
    _tracking(home, backup)
    about = {
        "format": FORMAT, "made_at": iso(now()), "revision": newest(), "load": history.load_number,
        "rows": rows | fresh,
    }  # fmt: skip
    backup.text(ABOUT, about | {"members": dict(backup.members)})
    return about


def _inbox(home: Home, backup: Backup) -> tuple[History, dict[str, int]]:
    """The inbox, and the load that stood while it was read: every row is in one of the two."""
    with tempfile.TemporaryFile() as passing:
        for _ in range(TRIES):
            before = History(home)
            passing.seek(0)
            passing.truncate()
            counts = inbox.Inbox(home).dump(passing)
            if History(home).load_number == before.load_number:
                size = passing.tell()
                passing.seek(0)
                backup.put(INBOX, passing, size)
                return before, counts
    what, todo = "the history changed again and again while the inbox was read", "run it at a quieter time"
    raise HistoryError(what, where=str(home.history), todo=todo)


def _history(history: History, backup: Backup) -> None:
    """The loads up to this one, and of each table the commits and files up to its pinned version."""
    folder = history.folder
    for one in history.loads():
        backup.file(f"history/loads/{one.load:06d}.json", folder / "loads" / f"{one.load:06d}.json")
    for table, version in history.pinned().items():
        path = folder / table
        for log in sorted((path / "_delta_log").glob("[0-9]*.*")):
            if int(log.name[:20]) <= version:
                backup.file(f"history/{table}/_delta_log/{log.name}", log)
        for uri in DeltaTable(path, version=version).file_uris():
            file = Path(uri.removeprefix("file://"))
            backup.file(f"history/{table}/{file.relative_to(path)}", file)


def _tracking(home: Home, backup: Backup) -> None:
    """An embedded MLflow: its database as of one moment, and its artifacts."""
    if home.settings.stores.tracking or not (home.path / "mlflow.db").exists():
        return
    with _copied(home.path / "mlflow.db") as copy:
        backup.file("mlflow.db", copy)
    for path in sorted(path for path in home.artifacts.rglob("*") if path.is_file()):
        backup.file(f"{home.artifacts.name}/{path.relative_to(home.artifacts)}", path)


@contextmanager
def _copied(file: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        yield copy

"""Makes a home from a backup: checked whole before anything is in its place, and never over another."""

import json
import shutil
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from crm import backup, dump, inbox, operations
from crm.errors import ResourceError, SettingsError, SourceError
from crm.history import full_disk
from crm.migrations import newest
from crm.settings import Home
from crm.tables import everything


def restore(home: Home, file: Path) -> dict[str, Any]:
    """Fills an empty home from a backup; returns what was in it.

    A settings.toml that is there already stays, so that a backup can go to another database. Raises SettingsError
    for a home or a database that is not empty, SourceError for a file that is no backup or is damaged.
    """
    _empty(home)
    with full_disk(home.path):
        home.path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".restoring-", dir=home.path) as folder:
            about = _unpacked(file, Path(folder))
            _fill(home, Path(folder), about)
    return about | {"file": str(file)}


def _empty(home: Home) -> None:
    there = [path.name for path in home.path.glob("*") if path.name != "settings.toml"]
    if there:
        what, todo = "this home is not empty", "set LEADKEEP_HOME to a new folder; nothing is overwritten"
        raise SettingsError(what, value=", ".join(sorted(there)[:5]), where=str(home.path), todo=todo)


def _unpacked(file: Path, folder: Path) -> dict[str, Any]:
    """The file's members in ``folder``, each with the hash the file says; what it says of itself."""
    try:
        with tarfile.open(file) as tar:
            tar.extractall(folder, filter="data")
        about: dict[str, Any] = json.loads((folder / backup.ABOUT).read_text(encoding="utf-8"))
        members, made_by = about.pop("members").items(), (about["format"], about["revision"])
    except (OSError, EOFError, tarfile.TarError, ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, FileNotFoundError) and not file.exists():
            raise SourceError("no such backup", value=str(file), todo="check the path") from error
        raise _damaged(file, type(error).__name__) from error
    for name, digest in members:
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file() or _hash(path) != digest:
            raise _damaged(file, name)
    if made_by[0] != backup.FORMAT or made_by[1] > newest():
        todo = "install the version that made it, or a newer one"
        raise SettingsError("the backup was made by a newer Leadkeep", value=about["revision"], todo=todo)
    return about


def _damaged(file: Path, value: str) -> SourceError:
    return SourceError("not a whole backup", value=value, where=str(file), todo="take another backup")


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        found = sha256()
        while part := stream.read(1 << 20):
            found.update(part)
    return found.hexdigest()


def _fill(home: Home, folder: Path, about: dict[str, Any]) -> None:
    """Settings first: they say which database. Then the databases, whole or not at all; then the folders."""
    settings = home.path / "settings.toml"
    own = settings.exists()
    if not own and (folder / settings.name).exists():
        shutil.copyfile(folder / settings.name, settings)
    try:
        with operations.writing(home) as session:
            _operations(session.connection(), folder, about)
            with (folder / backup.INBOX).open("rb") as lines:
                inbox.Inbox(home).fill(lines)
        for part in ("history", "models", "trial.key", "mlflow.db", home.artifacts.name):
            if (folder / part).exists():
                shutil.move(folder / part, home.path / part)
    except BaseException:
        if not own:
            settings.unlink(missing_ok=True)
        raise


def _operations(connection: Connection, folder: Path, about: dict[str, Any]) -> None:
    tables = list(everything().metadata.sorted_tables)
    for table in tables:
        if connection.execute(select(func.count()).select_from(table)).scalar():
            what, todo = (
                "the operations database is not empty",
                "name a new database in settings.toml: stores",
            )
            raise SettingsError(what, value=table.name, where="stores.operations", todo=todo)
    with (folder / backup.OPERATIONS).open("rb") as lines:
        counts = dump.read(connection, tables, lines)
    if any(counts[name] != about["rows"][name] for name in counts):
        raise ResourceError("rows of the backup are missing", todo="take another backup")

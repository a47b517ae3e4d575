"""Files a CRM imports: ``leadkeep-scores.csv`` and ``leadkeep-actions.csv``, one row a record, replaced whole.

A file that was taken away for its import begins anew with what changed since. A withdrawn outcome leaves the file
where it still stands there; where the file was taken away with it, a row with the code ``withdrawn`` names it.
"""

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from crm.errors import SettingsError
from crm.settings import Home, WriteBack
from serving.cells import harmless, meant
from serving.destinations import ACTION, FIELDS, Item, Unreached

TITLE = "CSV file"
GROUP = 5_000
"""Large: each group writes the whole file again."""

SCORES: Final = ("target", "source", "source_id", *FIELDS, "leadkeep_key")
ACTIONS: Final = ("leadkeep_key", "target", "source", "source_id", *ACTION, "undoes")
REMEMBERED: Final = 1_000
"""How many withdrawals that took a row out are remembered: they may come again and must not be told then."""

Rows = dict[tuple[str, ...], Mapping[str, Any]]


def check(place: WriteBack) -> None:
    """A folder; one that is missing is made."""
    if not place.address or Path(place.address).is_file():
        where, todo = f"settings.toml: write_back {place.name}", 'write address = "FOLDER"'
        raise SettingsError("not a folder", value=place.address, where=where, todo=todo)


def write(home: Home, place: WriteBack, batch: str, items: Sequence[Item]) -> None:
    """Each file is read, changed, and put in the old one's place; a relative folder is inside the home."""
    folder = home.path / place.address
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _scores(folder / "leadkeep-scores.csv", [item for item in items if item.kind in ("score", "undo")])
        _actions(
            folder / "leadkeep-actions.csv", [item for item in items if item.kind in ("tap", "withdrawal")]
        )
    except OSError as error:
        raise Unreached(f"{error.strerror}: {error.filename}") from error


def _scores(file: Path, items: Sequence[Item]) -> None:
    if not items:
        return
    rows = _read(file, SCORES, SCORES[:3])
    for item in items:
        key = (item.target, *item.record)
        rows[key] = dict(zip(SCORES, key, strict=False)) | dict(item.fields) | {"leadkeep_key": item.key}
    _replace(file, SCORES, rows)


def _actions(file: Path, items: Sequence[Item]) -> None:
    if not items:
        return
    rows, memory = _read(file, ACTIONS, ACTIONS[:1]), file.with_name(f".{file.stem}.withdrawn")
    withdrawn = memory.read_text().split() if memory.exists() else []
    known = len(withdrawn)
    for item in items:
        about = dict(zip(ACTIONS, (item.key, item.target, *item.record), strict=False))
        if item.kind == "tap":
            rows[item.key,] = about | item.body["action"]
        elif rows.pop((item.body["undoes"],), None):
            withdrawn.append(item.key)
        elif item.key not in withdrawn:
            rows[item.key,] = about | {"code": "withdrawn", "undoes": item.body["undoes"]}
    if len(withdrawn) > known:  # before the file: killed in between, the row is there and is taken out again
        _put(memory, "\n".join(withdrawn[-REMEMBERED:]).encode())
    _replace(file, ACTIONS, rows)


def _read(file: Path, columns: Sequence[str], key: Sequence[str]) -> Rows:
    if not file.exists():
        return {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = csv.DictReader(opened)
            if rows.fieldnames is None or list(rows.fieldnames) != list(columns):
                raise Unreached(f"{file} was changed by hand: move it away")
            return {tuple(meant(row[name]) for name in key): _meant(row) for row in rows}
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreached(f"{file} was changed by hand: move it away") from error


def _meant(row: Mapping[str, str]) -> dict[str, str]:
    return {name: meant(cell) for name, cell in row.items()}


def _replace(file: Path, columns: Sequence[str], rows: Rows) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    for row in rows.values():
        writer.writerow([harmless(row.get(name)) for name in columns])
    _put(file, text.getvalue().encode("utf-8-sig"))


def _put(file: Path, content: bytes) -> None:
    """The new file stands under its name when all of it is on disk."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)

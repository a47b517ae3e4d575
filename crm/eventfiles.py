"""The event files of one load: their columns, how they are written, completed and checked."""

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from crm.errors import HistoryError

FORMAT = 3
MARKER = "complete.json"
ROW_GROUP = 8192
"""Rows read for one subject: small enough for a fraction of a millisecond, large enough to scan fast."""

GIVEN_UP = 24 * 3600
"""Seconds after which the unfinished folder of another load is taken for a killed process's."""

KINDS = ("lead", "customer", "deal")

ENGINE = {
    "occurred_at": pa.int64(),
    "known_at": pa.int64(),
    "known_until": pa.int64(),
    "signature": pa.int32(),
    "value": pa.int64(),
    "duration": pa.int64(),
    "actor_no": pa.int32(),
    "day": pa.int32(),
}
"""What the feature engine reads: whole numbers, never null; UNKNOWN and -1 stand for "not recorded"."""

REPEATING = ("known_until", "signature", "actor_no", "day")

WORDS = ("subject", "kind", "field", "code", "channel", "direction", "currency", "actor", "reference")
"""The same events in words, for people and other engines; ``foreign`` keeps amounts in another currency."""

SUBJECT = pa.schema(
    [(name, pa.string()) for name in ("subject", "source", "source_id", "party")]
    + [(name, pa.int64()) for name in ("created_at", "known_at")]
    + [("bucket", pa.int32()), ("first_row", pa.int64()), ("rows", pa.int64())]
)


@dataclass(frozen=True)
class Completed:
    """What the marker of a finished folder says."""

    load: int
    versions: dict[str, int]
    zone: str
    currency: str
    buckets: dict[str, int]
    counts: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    inbox: int = 0
    format: int = FORMAT


def write_bucket(folder: Path, kind: str, bucket: int, table: pa.Table) -> None:
    """Writes one bucket, already sorted by subject and ``(occurred_at, event_id)``."""
    words = [name for name in table.column_names if name not in ENGINE]
    pq.write_table(
        table,
        folder / f"{kind}-{bucket}.parquet",
        row_group_size=ROW_GROUP,
        compression={name: "lz4" if name in words else "none" for name in table.column_names},
        use_dictionary=[*REPEATING, *(name for name in words if name in WORDS)],
        write_statistics=["occurred_at"],
    )


def write_subjects(folder: Path, kind: str, table: pa.Table) -> None:
    """Writes the subjects of a kind in the order of their events; columns as in SUBJECT."""
    subjects = table.select(SUBJECT.names).cast(SUBJECT)
    pq.write_table(subjects, folder / f"subjects-{kind}.parquet", compression="lz4")


def write_lists(folder: Path, signatures: pa.Table, actors: list[str]) -> None:
    """Writes what the numbers in the columns ``signature`` and ``actor_no`` mean."""
    pq.write_table(signatures, folder / "signatures.parquet")
    pq.write_table(pa.table({"actor": pa.array(actors, pa.string())}), folder / "actors.parquet")


@contextmanager
def being_written(folder: Path) -> Iterator[Path]:
    """A temporary folder beside ``folder`` that takes its name when the block ends well.

    A folder of that name that is already there is replaced; what killed processes left behind goes too.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}-*"):
        shutil.rmtree(left, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield work
        if folder.exists():
            os.replace(folder, work.with_name(work.name + "-old"))
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        shutil.rmtree(work.with_name(work.name + "-old"), ignore_errors=True)


def clear_others(folder: Path, keep: int) -> None:
    """Removes the event folders of old loads beside ``folder``, but for the newest ``keep``.

    Of what killed processes left of other loads, that which is older than a day goes too.
    """
    loads = [path for path in folder.parent.iterdir() if path.name.isdigit() and path != folder]
    killed = [path for path in folder.parent.glob(".[0-9]*-*") if _given_up(path)]
    for path in sorted(loads, key=lambda path: int(path.name))[:-keep] + killed:
        shutil.rmtree(path, ignore_errors=True)


def _given_up(work: Path) -> bool:
    try:
        return time.time() - work.stat().st_mtime > GIVEN_UP
    except FileNotFoundError:  # finished meanwhile
        return False


def complete(folder: Path, about: Completed) -> None:
    """Writes the marker, last: the names and sizes of all files, and what they were made from."""
    sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.parquet"))}
    said = asdict(about) | {"files": sizes}
    (folder / MARKER).write_text(json.dumps(said, indent=1, sort_keys=True), encoding="utf-8")


def completed(folder: Path) -> Completed | None:
    """The marker of a folder, or None where there is no whole one of this format.

    Raises HistoryError when a file named in the marker is missing or has another size.
    """
    try:
        said = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    if said.get("format") != FORMAT:
        return None
    about = Completed(**said)
    for name, size in about.files.items():
        file = folder / name
        if not file.exists() or file.stat().st_size != size:
            raise HistoryError(
                "an event file is missing or damaged",
                value=name,
                where=str(folder),
                todo="delete that folder; it is made again from the history",
            )
    return about

"""The import: files and a mapping in, one new load of the history out, and a report of every row."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm import caveats, clock, discover, folding, mapping
from crm.changes import alike, changes
from crm.comparing import Compared, compare
from crm.errors import HistoryError, MappingError, SourceError
from crm.events import EventStore
from crm.history import History, Load, fill, put, schema
from crm.loads import LoadReport, TableReport
from crm.mapping import Entry, Mapping
from crm.rows import Refused, Rows, canonical
from crm.settings import Home
from crm.sheets import Options, Sheet

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many steps are done and of how many."""

EXAMPLES: Final = 20
Read = tuple[int, Rows]
"""The number of a mapping entry, and one sheet read by it."""


def _silent(what: str, done: int, of: int) -> None:
    return


def load(
    home: Home,
    mapping_path: str | Path,
    paths: Iterable[str | Path],
    loaded_at: int | None = None,
    progress: Progress | None = None,
) -> LoadReport:
    """Imports files (or the files of folders) as ``mapping_path`` says, as one load known at ``loaded_at``.

    ``loaded_at`` is in UTC microseconds, by default now. Raises MappingError, SourceError, ResourceError or
    HistoryError; then nothing of the import is visible. Importing the same files again changes nothing.
    """
    tell = progress or _silent
    report = append(home, mapping_path, paths, loaded_at, tell)
    if report.load:
        tell("making the events", 0, 1)
        EventStore.open(home)  # here, so that no server has to make its files
        tell("making the events", 1, 1)
    return report


def append(
    home: Home,
    mapping_path: str | Path,
    paths: Iterable[str | Path],
    loaded_at: int | None = None,
    tell: Progress = _silent,
) -> LoadReport:
    """The same without event files."""
    said = mapping.read(mapping_path)
    moment = clock.now() if loaded_at is None else loaded_at
    files, left = find(paths, said)
    report = LoadReport(
        0, moment, said.source, str(Path(mapping_path).name),
        clock.parse(said.reliable_since, said.zone) if said.reliable_since else None,
        sorted({name for entry in said.table for name in entry.not_personal}),
    )  # fmt: skip
    report.warnings += left
    parts = _read(files, said, moment, tell)
    folding.append(home)  # what came live was known before what is read now
    with History(home).writing() as writing:
        _after_the_last(writing, report)
        _write(writing, parts, said, report, tell)
    return report


def _after_the_last(writing: Load, report: LoadReport) -> None:
    """Raises HistoryError for a load of a source that would be known before the one it follows."""
    earlier = [one.loaded_at for one in writing.before.loads() if one.source == report.source]
    if earlier and report.loaded_at < max(earlier):
        raise HistoryError(
            "this source was imported at a later time before",
            value=clock.iso(report.loaded_at),
            where=f"newest import: {clock.iso(max(earlier))}",
            todo="give a later time, or import everything again into a new home folder",
        )


def find(paths: Iterable[str | Path], said: Mapping) -> tuple[list[Path], list[str]]:
    """The files some entry of the mapping fits, in order, and warnings about files and entries left out.

    Raises SourceError for a path that does not exist or that nothing reads, MappingError where no entry fits.
    """
    found: list[Path] = []
    left: list[str] = []
    for path in map(Path, paths):
        if not path.exists():
            raise SourceError("no such file or folder", value=str(path), todo="check the path")
        inside = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in inside:
            if any(entry.matches(file.name) for entry in said.table):
                found.append(file)
            elif not path.is_dir():
                raise _unmapped(file, said)
            elif _connector(file) and not file.name.startswith((".", "~")):
                left.append(f"{file.name}: no [[table]] of the mapping fits this file; it was left out")
    if not found:
        raise _unmapped(None, said)
    for number, entry in enumerate(said.table, 1):
        if not any(entry.matches(file.name) for file in found):
            left.append(f"[[table]] number {number} ({entry.table}): no file fits {', '.join(entry.files)}")
    return list(dict.fromkeys(found)), left


def _unmapped(file: Path | None, said: Mapping) -> MappingError:
    patterns = sorted({pattern for entry in said.table for pattern in entry.files})
    return MappingError(
        "no [[table]] of the mapping fits this file" if file else "no file fits the mapping",
        value=file.name if file else None,
        where=f"patterns: {', '.join(patterns)}",
        todo="correct `files` in the mapping, or the file's name",
    )


def _connector(file: Path) -> Callable[[Path, Options], Sheet] | None:
    for module in discover.modules("crm.connectors").values():
        if file.name.casefold().endswith(getattr(module, "SUFFIXES", ())):
            read: Callable[[Path, Options], Sheet] = module.read
            return read
    return None


def _read(files: Sequence[Path], said: Mapping, moment: int, tell: Progress) -> list[Read]:
    """Every sheet under every entry that fits it, in the order of the entries, then of the files."""
    parts: list[Read] = []
    for done, file in enumerate(files):
        tell(f"reading {file.name}", done, len(files))
        sheets: dict[Options, Sheet] = {}
        for number, entry in enumerate(said.table):
            if entry.matches(file.name):
                options = Options(entry.encoding, entry.separator, entry.sheet)
                if options not in sheets:
                    sheets[options] = _sheet(file, options)
                parts.append((number, canonical(sheets[options], entry, said, moment)))
    tell("read", len(files), len(files))
    return sorted(parts, key=lambda part: part[0])


def _sheet(file: Path, options: Options) -> Sheet:
    read = _connector(file)
    if read is None:
        raise SourceError(
            "nothing reads files of this kind", value=file.name, todo="export CSV, XLSX or Parquet"
        )
    try:
        return read(file, options)
    except OSError as error:
        raise SourceError("the file cannot be read", value=str(error), where=str(file)) from error


def _write(writing: Load, parts: list[Read], said: Mapping, report: LoadReport, tell: Progress) -> None:
    """Compares with what stands and appends what is new, table by table; the load shows only at the end."""
    tables: dict[str, list[Rows]] = {}
    for _, rows in parts:
        tables.setdefault(rows.entry.table, []).append(alike(_declared_changes(rows, said), said))
    refused: list[tuple[Rows, list[Refused]]] = []
    pending: dict[str, list[pa.Table]] = {}
    compared: list[Compared] = []
    for done, (table, rows_of) in enumerate(tables.items()):
        tell(f"comparing {table}", done, len(tables))
        for one in compare(table, rows_of, writing.before, said.source, report.loaded_at):
            compared.append(one)
            pending.setdefault(table, []).extend((one.new, one.changed))
            pending.setdefault("change", []).extend(changes(one, writing.number, report.loaded_at))
            refused.append((one.rows, one.rows.refused + one.repeated))
            report.tables.append(_counted(one))
    for rows, faults in refused:
        _explain(report, rows, faults)
    pending["refused"] = _refused_rows(refused, writing, report)
    report.warnings += caveats.about(compared, writing.before, said, report)
    _append(writing, pending, report, tell)


def _append(writing: Load, pending: dict[str, list[pa.Table]], report: LoadReport, tell: Progress) -> None:
    """Writes one commit a table; nothing new makes no load."""
    whole = {
        table: pa.concat_tables([fill(rows, schema(table)) for rows in parts if len(rows)])
        for table, parts in pending.items()
        if any(len(rows) for rows in parts)
    }
    report.written, report.load = bool(whole), writing.number if whole else writing.before.load_number
    if not whole:
        return
    for done, (table, rows) in enumerate(whole.items()):
        tell(f"writing {table}", done, len(whole))
        numbers = pa.array(np.full(len(rows), writing.number))
        writing.append(table, put(rows, "load", numbers))
    writing.finish(report)
    tell("done", len(whole), len(whole))


def _declared_changes(rows: Rows, said: Mapping) -> Rows:
    """A change log without the fields nobody declared a feature: they are counted as other."""
    if rows.entry.table != "change":
        return rows
    allowed = set(rows.entry.feature)
    declared = pa.array(np.zeros(len(rows.data), bool))
    for table in {str(name) for name in rows.data["object"].unique().to_pylist()}:
        fields = pa.array(sorted(allowed | said.features(table)), pa.string())
        of_table = pc.equal(rows.data["object"], table)
        declared = pc.or_(declared, pc.and_(of_table, pc.is_in(rows.data["field"], fields)))
    data = rows.data.filter(declared)
    return Rows(rows.entry, rows.file, rows.read, rows.other + len(rows.data) - len(data), data, rows.refused)


def _counted(one: Compared) -> TableReport:
    return TableReport(
        one.rows.file,
        one.rows.entry.table,
        read=one.rows.read,
        new=len(set(one.new["source_id"].to_pylist()))
        if pc.any(one.new["deleted"]).as_py()
        else len(one.new),
        changed=len(one.changed),
        unchanged=one.unchanged,
        refused=sum(fault.whole for fault in one.rows.refused) + len(one.repeated),
        other=one.rows.other + one.earlier,
        cells=sum(not fault.whole for fault in one.rows.refused),
    )


def _explain(report: LoadReport, rows: Rows, faults: Sequence[Refused]) -> None:
    report.reasons += Counter(fault.reason for fault in faults)
    for fault in faults[: max(0, EXAMPLES - len(report.examples))]:
        report.examples.append({"file": rows.file, "table": rows.entry.table, **fault._asdict()})


def _refused_rows(
    refused: Sequence[tuple[Rows, list[Refused]]], writing: Load, report: LoadReport
) -> list[pa.Table]:
    """Rows of the table ``refused`` that it does not hold yet."""
    seen = set(writing.before.rows("refused", ["content"])["content"].to_pylist())
    kept = []
    for rows, faults in refused:
        for fault in faults:
            row = {"source": report.source, "table": rows.entry.table, "file": rows.file, **fault._asdict()}
            content = blake2b(repr(sorted(row.items())).encode(), digest_size=16).hexdigest()
            if content not in seen:
                seen.add(content)
                kept.append({**row, "content": content, "known_at": report.loaded_at})
    return [pa.Table.from_pylist(kept, schema("refused"))] if kept else []


__all__ = ["Entry", "Progress", "find", "load"]

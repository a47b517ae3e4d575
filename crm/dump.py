"""Tables as lines of JSON, and back: the same file fits SQLite and PostgreSQL.

A line that is an object names a table and its columns; the lines after it, arrays, are its rows.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, Final

from sqlalchemy import JSON, Connection, Table, TableClause, column, func, insert, select
from sqlalchemy import table as named

CHUNK: Final = 1000
"""Rows read or written at a time."""


def write(connection: Connection, tables: Sequence[Table], out: IO[bytes]) -> dict[str, int]:
    """Writes every row of ``tables``, parents first; returns how many each has."""
    counts = {}
    for one in tables:
        counts[one.name] = 0
        out.write(_line({"table": one.name, "columns": [about.name for about in one.columns]}))
        for row in connection.execute(select(one).execution_options(yield_per=CHUNK)):
            out.write(_line(list(row)))
            counts[one.name] += 1
    return counts


def _line(said: Any) -> bytes:
    return json.dumps(said, ensure_ascii=False).encode() + b"\n"


def read(connection: Connection, tables: Sequence[Table], lines: Iterable[bytes]) -> dict[str, int]:
    """Fills empty ``tables`` with what :func:`write` wrote; columns that are newer get their default."""
    known, counts = {one.name: one for one in tables}, {one.name: 0 for one in tables}
    for about, rows in _chunks(lines):
        filled = _bare(known[about["table"]], about["columns"])
        connection.execute(insert(filled), [dict(zip(about["columns"], row, strict=True)) for row in rows])
        counts[about["table"]] += len(rows)
    if connection.dialect.name == "postgresql":
        _count_on(connection, tables)
    return counts


def _bare(whole: Table, names: Sequence[str]) -> TableClause:
    """The table with these columns only; None in one of JSON is the database's own NULL."""
    types = {
        one.name: JSON(none_as_null=True) if isinstance(one.type, JSON) else one.type for one in whole.columns
    }
    return named(whole.name, *(column(name, types[name]) for name in names))


def _chunks(lines: Iterable[bytes]) -> Iterator[tuple[dict[str, Any], list[list[Any]]]]:
    about: dict[str, Any] = {}
    rows: list[list[Any]] = []
    for said in map(json.loads, lines):
        if rows and (isinstance(said, dict) or len(rows) == CHUNK):
            yield about, rows
            rows = []
        if isinstance(said, dict):
            about = said
        else:
            rows.append(said)
    if rows:
        yield about, rows


def _count_on(connection: Connection, tables: Sequence[Table]) -> None:
    """Lets keys that count up go on above those restored: PostgreSQL counts beside the table."""
    for table in tables:
        key = table.autoincrement_column
        if key is None:
            continue
        newest = connection.execute(select(func.max(key))).scalar()
        sequence = func.pg_get_serial_sequence(table.name, key.name)
        if newest is not None and connection.execute(select(sequence)).scalar():
            connection.execute(select(func.setval(sequence, newest)))

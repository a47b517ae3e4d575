"""The moments of a few records at once: the same statements as for all, prepared and run on their rows only."""

import re
from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from crm import discover, links
from crm.history import schema
from crm.materialise import MOMENT, conform
from crm.moments import Statement
from crm.schema import TABLES

Row = dict[str, Any]

MAKES = "CREATE TEMP TABLE"
TELLS = "INSERT INTO moment BY NAME"
FILLS = "INSERT INTO"

MISLED = "SELECT name FROM duckdb_optimizers() WHERE name NOT IN ('filter_pushdown', 'unused_columns')"

AT_ONCE = 200
"""Rows in one statement."""


class Step(NamedTuple):
    """A prepared ``statement``, left out where it need not be run; fills a table, or answers moments in ``columns``."""

    statement: Statement
    execute: str
    fills: str = ""
    columns: tuple[str, ...] = ()


class Piecemeal:
    """Keeps the prepared statements; one caller at a time, from any thread."""

    def __init__(self, small: dict[str, pa.Table]) -> None:
        """``small`` holds the stages and numeric fields of a load, as :class:`crm.records.Records` reads them."""
        self._lock = Lock()
        self._connection = duckdb.connect(
            ":memory:", config={"enable_external_access": "false", "threads": 1}
        )
        run = self._connection.execute
        # Statements are prepared over empty tables: most of the optimizer would plan for that, and answer nothing.
        run(f"SET disabled_optimizers = '{','.join(row[0] for row in run(MISLED).fetchall())}'")
        run("CREATE SEQUENCE moments")
        run(MOMENT)
        run(links.SET_UP)
        self._shape = {row[0]: row[1] for row in run("DESCRIBE moment").fetchall()}
        tells = {module.TABLE: module.MOMENTS for module in discover.modules("crm.moments").values()}
        words = set(
            re.findall(r"\w+", " ".join(one.sql for statements in tells.values() for one in statements))
        )
        self._columns = {table: self._table(table, words) for table in TABLES}
        self._fill_small(small)
        for statements in tells.values():
            self._set_up(statements)
        # Only now: what is prepared before a table is made is planned anew at each execution.
        self._steps = {table: self._prepared(table, statements) for table, statements in tells.items()}

    def moments(self, rows: dict[str, list[Row]], tables: list[str]) -> list[Row]:
        """The moments of ``tables`` told by ``rows``: as the history keeps them, with known_until and loaded_at.

        Each is a dict of the columns of the table moment but its number. ``rows`` holds every row these moments
        depend on.
        """
        found: list[Row] = []
        run = self._connection.execute
        with self._lock:
            run("BEGIN")  # taken back at the end: quicker than deleting
            try:
                known = {table: self._insert(table, some) for table, some in rows.items()}
                filled = {table for table, some in known.items() if some}
                for table in tables:
                    found += self._tell(table, known, filled)
            finally:
                run("ROLLBACK")
        return found

    def _tell(self, table: str, known: dict[str, list[Row]], filled: set[str]) -> Iterable[Row]:
        blank = dict.fromkeys(self._shape) | {"origin": table, "own": False}
        for step in self._steps[table]:
            if step.statement.of not in filled or not _asked(step.statement, known):
                continue
            told = self._connection.execute(step.execute).fetchall()
            if step.columns:
                yield from (blank | dict(zip(step.columns, row, strict=True)) for row in told)
            elif told[0][0]:  # how many rows it filled in
                filled.add(step.fills)

    def _insert(self, table: str, rows: list[Row]) -> list[Row]:
        """As :func:`crm.materialise.conform`: rows that were ever known, blank text as unknown; returns these rows."""
        known = [row for row in rows if row["known_at"] < row["known_until"]]
        said = [
            name for name in self._columns[table] if any(row.get(name) not in (None, "") for row in known)
        ]
        into, places = ", ".join(f'"{name}"' for name in said), f"({', '.join('?' * len(said))})"
        for start in range(0, len(known), AT_ONCE):
            some = known[start : start + AT_ONCE]
            values = [None if row.get(name) == "" else row.get(name) for row in some for name in said]
            statement = f'INSERT INTO "{table}" ({into}) VALUES {", ".join([places] * len(some))}'  # noqa: S608
            self._connection.execute(statement, values)
        return known

    def _table(self, table: str, words: set[str]) -> list[str]:
        """Makes an empty table of the columns that statements name, as each costs; returns them."""
        times = [pa.field(name, pa.int64()) for name in ("known_until", "loaded_at")]
        whole = conform(table, pa.schema([*schema(table), *times]).empty_table())
        empty = whole.select([name for name in whole.column_names if name in words])
        self._connection.register("empty", empty)
        self._connection.execute(f'CREATE TEMP TABLE "{table}" AS FROM empty')
        self._connection.unregister("empty")
        return list(empty.column_names)

    def _fill_small(self, small: dict[str, pa.Table]) -> None:
        run = self._connection.execute
        run("CREATE TEMP TABLE numeric_field (object VARCHAR, field VARCHAR, unit BIGINT)")
        for table, name in (("numeric_field", "numeric"), ("stage", "stages")):
            if name in small:
                self._connection.register("given", small[name])
                run(f"INSERT INTO {table} BY NAME FROM given")
                self._connection.unregister("given")

    def _set_up(self, statements: Sequence[Statement]) -> None:
        """Makes the tables that statements fill."""
        for statement in statements:
            if statement.sql.strip().startswith(MAKES):
                self._connection.execute(statement.sql)

    def _prepared(self, table: str, statements: Sequence[Statement]) -> list[Step]:
        """Prepared once: of an event's cost most would be planning. A table they make is filled anew each time."""
        run = self._connection.execute
        steps = []
        for number, statement in enumerate(statements):
            sql, name = statement.sql.strip(), f"{table}_{number}"
            step = Step(statement, f"EXECUTE {name}")
            if sql.startswith(TELLS):
                sql = sql.removeprefix(TELLS)
                step = step._replace(columns=tuple(row[0] for row in run(f"DESCRIBE {sql}").fetchall()))
            else:
                if sql.startswith(MAKES):
                    sql = FILLS + " ".join(sql.removeprefix(MAKES).split(" AS", 1))
                step = step._replace(fills=sql.removeprefix(FILLS).split()[0])
            run(f"PREPARE {name} AS {sql}")
            steps.append(step)
        return steps


def _asked(statement: Statement, known: dict[str, list[Row]]) -> bool:
    """Whether a row says what the statement is for."""
    if not statement.said:
        return True
    said = {row.get(statement.said) for row in known[statement.of]} - {None, ""}
    return bool(said.intersection(statement.words) if statement.words else said)

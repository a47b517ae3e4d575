"""The moments of a few records at once: the same statements as for all, prepared and run on their rows only."""

from collections.abc import Iterable
from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from crm import discover, links
from crm.history import schema
from crm.materialise import MOMENT, conform
from crm.schema import TABLES

Row = dict[str, Any]

MAKES = "CREATE TEMP TABLE"
TELLS = "INSERT INTO moment BY NAME"

AT_ONCE = 200
"""Rows in one statement."""

Steps = list[tuple[str, list[str] | None]]
"""A module's prepared statements in order; those that tell moments with the columns they answer."""


class Piecemeal:
    """Keeps the prepared statements; one caller at a time, from any thread."""

    def __init__(self, small: dict[str, pa.Table]) -> None:
        """``small`` holds the stages and numeric fields of a load, as :class:`crm.records.Records` reads them."""
        self._lock = Lock()
        self._connection = duckdb.connect(
            ":memory:", config={"enable_external_access": "false", "threads": 1}
        )
        run = self._connection.execute
        # Statements are prepared over empty tables: the optimizer would plan for that, and answer with nothing.
        run("PRAGMA disable_optimizer")
        run("CREATE SEQUENCE moments")
        run(MOMENT)
        run(links.SET_UP)
        self._shape = {row[0]: row[1] for row in run("DESCRIBE moment").fetchall()}
        self._columns = {table: self._table(table) for table in TABLES}
        self._fill_small(small)
        tells = {module.TABLE: module.MOMENTS for module in discover.modules("crm.moments").values()}
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
                for table, some in rows.items():
                    self._insert(table, some)
                for table in tables:
                    found += self._tell(table)
            finally:
                run("ROLLBACK")
        return found

    def _tell(self, table: str) -> Iterable[Row]:
        blank = dict.fromkeys(self._shape) | {"origin": table, "own": False}
        for statement, columns in self._steps[table]:
            told = self._connection.execute(statement)
            if columns is not None:
                yield from (blank | dict(zip(columns, row, strict=True)) for row in told.fetchall())

    def _insert(self, table: str, rows: list[Row]) -> None:
        """As :func:`crm.materialise.conform`: rows that were ever known, blank text as unknown."""
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

    def _table(self, table: str) -> list[str]:
        """Makes an empty table; returns its columns."""
        times = [pa.field(name, pa.int64()) for name in ("known_until", "loaded_at")]
        empty = conform(table, pa.schema([*schema(table), *times]).empty_table())
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

    def _set_up(self, statements: tuple[str, ...]) -> None:
        """Makes the tables and settings that statements need."""
        for said in statements:
            if not said.strip().startswith(TELLS):
                self._connection.execute(said)

    def _prepared(self, table: str, statements: tuple[str, ...]) -> Steps:
        """Prepared once: of an event's cost most would be planning. A table they make is filled anew each time."""
        run = self._connection.execute
        steps: Steps = []
        for number, said in enumerate(statements):
            statement, name = said.strip(), f"{table}_{number}"
            if statement.startswith(TELLS):
                body = statement.removeprefix(TELLS)
                columns = [row[0] for row in run(f"DESCRIBE {body}").fetchall()]
                run(f"PREPARE {name} AS {body}")
                steps.append((f"EXECUTE {name}", columns))
            elif statement.startswith(MAKES):
                made, _, body = statement.removeprefix(MAKES).partition(" AS")
                run(f"PREPARE {name} AS INSERT INTO {made.strip()} {body}")
                steps.append((f"EXECUTE {name}", None))
        return steps

"""The moments of a few records at once: the same statements as for all, prepared and run on their rows only."""

import json
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
        self._put = {table: self._table(table) for table in TABLES}
        self._fill_small(small)
        self._steps = {
            module.TABLE: self._prepared(module.TABLE, module.MOMENTS)
            for module in discover.modules("crm.moments").values()
        }

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
                    run("SET VARIABLE origin = $table", {"table": table})
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
        statement, columns = self._put[table]
        known = [
            {name: None if row.get(name) == "" else row.get(name) for name in columns}
            for row in rows
            if row["known_at"] < row["known_until"]
        ]
        if known:
            self._connection.execute(statement, [json.dumps(known)])

    def _table(self, table: str) -> tuple[str, list[str]]:
        """Makes an empty table; returns the statement that fills it from JSON, and its columns."""
        times = [pa.field(name, pa.int64()) for name in ("known_until", "loaded_at")]
        empty = conform(table, pa.schema([*schema(table), *times]).empty_table())
        self._connection.register("empty", empty)
        self._connection.execute(f'CREATE TEMP TABLE "{table}" AS FROM empty')
        self._connection.unregister("empty")
        shape = {row[0]: row[1] for row in self._connection.execute(f'DESCRIBE "{table}"').fetchall()}
        unpacked = f"unnest(from_json(?::JSON, '{json.dumps([shape])}'), recursive := true)"
        return f'INSERT INTO "{table}" SELECT {unpacked}', list(shape)

    def _fill_small(self, small: dict[str, pa.Table]) -> None:
        run = self._connection.execute
        run("CREATE TEMP TABLE numeric_field (object VARCHAR, field VARCHAR, unit BIGINT)")
        for table, name in (("numeric_field", "numeric"), ("stage", "stages")):
            if name in small:
                self._connection.register("given", small[name])
                run(f"INSERT INTO {table} BY NAME FROM given")
                self._connection.unregister("given")

    def _prepared(self, table: str, statements: tuple[str, ...]) -> Steps:
        """Prepared once: of an event's cost most would be planning. A table they make is filled anew each time."""
        run = self._connection.execute
        steps: Steps = []
        run("SET VARIABLE origin = $table", {"table": table})
        for number, said in enumerate(statements):
            statement, name = said.strip(), f"{table}_{number}"
            if statement.startswith(TELLS):
                body = statement.removeprefix(TELLS)
                columns = [row[0] for row in run(f"DESCRIBE {body}").fetchall()]
                run(f"PREPARE {name} AS {body}")
                steps.append((f"EXECUTE {name}", columns))
            elif statement.startswith(MAKES):
                run(statement)
                made, _, body = statement.removeprefix(MAKES).partition(" AS")
                run(f"PREPARE {name} AS INSERT INTO {made.strip()} {body}")
                steps.append((f"EXECUTE {name}", None))
            else:
                run(statement)
        return steps

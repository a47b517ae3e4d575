"""The moments of a few records at once: the same statements as for all, prepared and run on their rows only."""

from threading import Lock
from typing import Any

import duckdb
import pyarrow as pa

from crm import discover, links
from crm.history import schema
from crm.materialise import MOMENT, conform
from crm.schema import TABLES


class Piecemeal:
    """Keeps the prepared statements; one at a time, from any thread."""

    def __init__(self, small: dict[str, pa.Table]) -> None:
        """``small`` holds the stages and numeric fields of a load, as :class:`crm.records.Records` reads them."""
        self._lock = Lock()
        self._connection = duckdb.connect(
            ":memory:", config={"enable_external_access": "false", "threads": 1}
        )
        run = self._connection.execute
        run("CREATE SEQUENCE moments")
        run(MOMENT)
        run(links.SET_UP)
        for table in TABLES:
            self._connection.register("rows", conform(table, _standing(table).empty_table()))
            run(f'CREATE TEMP TABLE "{table}" AS FROM rows')
        self._fill_small(small)
        self._steps = {
            module.TABLE: self._prepare(module.TABLE, module.MOMENTS)
            for module in discover.modules("crm.moments").values()
        }

    def moments(self, rows: dict[str, pa.Table], tables: list[str]) -> list[dict[str, Any]]:
        """The moments of ``tables`` told by ``rows``: as read from the history, with known_until.

        Each is a dict of the columns of the table moment. ``rows`` holds every row these moments depend on.
        """
        found: list[dict[str, Any]] = []
        with self._lock:
            run = self._connection.execute
            for table, some in rows.items():
                self._connection.register("rows", conform(table, some))
                run(f'INSERT INTO "{table}" FROM rows')
            for table in tables:
                run("SET VARIABLE origin = $table", {"table": table})
                for statement in self._steps[table]:
                    run(statement)
                found += run("FROM moment").to_arrow_table().to_pylist()
                run("DELETE FROM moment")
            for table in rows:
                run(f'DELETE FROM "{table}"')  # noqa: S608  names of our own tables
        return found

    def _fill_small(self, small: dict[str, pa.Table]) -> None:
        run = self._connection.execute
        run("CREATE TEMP TABLE numeric_field (object VARCHAR, field VARCHAR, unit BIGINT)")
        if "numeric" in small:
            self._connection.register("rows", small["numeric"])
            run("INSERT INTO numeric_field FROM rows")
        if "stages" in small:
            self._connection.register("rows", small["stages"])
            run("INSERT INTO stage BY NAME FROM rows")

    def _prepare(self, table: str, statements: tuple[str, ...]) -> list[str]:
        """Prepared once: of an event's cost most would be planning."""
        run, steps = self._connection.execute, []
        run("SET VARIABLE origin = $table", {"table": table})
        for number, said in enumerate(statements):
            statement = said.strip()
            if statement.startswith("SET"):
                run(statement)
                continue
            if statement.startswith("CREATE TEMP TABLE"):
                run(statement)
                name, _, body = statement.removeprefix("CREATE TEMP TABLE").partition(" AS")
                steps.append(f"DELETE FROM {name.strip()}")  # noqa: S608  our own statements
                statement = f"INSERT INTO {name.strip()} {body}"
            run(f"PREPARE {table}_{number} AS {statement}")
            steps.append(f"EXECUTE {table}_{number}")
        return steps


def _standing(table: str) -> pa.Schema:
    return pa.schema([*schema(table), *(pa.field(name, pa.int64()) for name in ("known_until", "loaded_at"))])

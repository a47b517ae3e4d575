"""The rows behind a load's events, sorted so that one record's are read in a millisecond or two.

What arrives live often goes on with something the history holds: a ticket is resolved, an invoice paid. Its
moments follow from all rows of the record, so these stand in files beside the events, by a key that everything
a moment depends on shares: the record, or for a transaction its buyer (terms are renewed, invoices settled).
"""

from bisect import bisect_left
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from crm.clock import FOREVER

ROW_GROUP: Final = 2048

LATELY: Final = 500
"""Lookups whose answers are kept."""

KEYS: Final = {
    "lead": "source || ':' || source_id",
    "party": "source || ':' || source_id",
    "deal": "source || ':' || source_id",
    "ticket": "source || ':' || source_id",
    "activity": "source || ':' || source_id",
    "transaction": "source || ':' || coalesce(party, lead, deal, reference, source_id)",
    "change": "object || ':' || source || ':' || record",
}
"""What rows of a table are looked up by; :func:`key` says the same of one row."""

OPEN: Final = {"activity": "WHERE due_at IS NOT NULL OR kind = 'callback' OR custom IS NOT NULL"}
"""Of most activities only their end is ever told: they are not looked up. Of our own calls the key is."""

WAYS: Final = """
SELECT object || ':' || source || ':' || record AS key, subject, self, happened_from, happened_until, known_at
FROM way WHERE known_until = last_time() ORDER BY key
"""

HELD: Final = """
SELECT kind || '=' || value AS key, object, source, record, known_at FROM key
WHERE known_until = last_time() ORDER BY key
"""

IDS: Final = f"""
SELECT source || ':' || source_id AS key, {KEYS["transaction"]} AS place FROM transaction
GROUP BY ALL ORDER BY key
"""  # noqa: S608
"""A later word of a payment need not repeat whose it is."""

FIELDS: Final = """
SELECT DISTINCT source, object, field, coalesce(provenance, '') = 'fixed' AS fixed FROM change ORDER BY ALL
"""

STAGES: Final = "SELECT source, object, name, position, outcome, known_at FROM stage ORDER BY ALL"
NUMERIC: Final = "SELECT object, field, unit FROM numeric_field ORDER BY ALL"
WAY: Final = pa.schema([
    ("key", pa.string()), ("subject", pa.string()), ("self", pa.bool_()), ("happened_from", pa.int64()),
    ("happened_until", pa.int64()), ("known_at", pa.int64()),
])  # fmt: skip

SMALL: Final = {"fields": FIELDS, "stages": STAGES, "numeric": NUMERIC}


def key(table: str, row: dict[str, Any]) -> str:
    """What a row of ``table`` is looked up by.

    >>> key("transaction", {"source": "crm", "source_id": "T1", "party": "C9"})
    'crm:C9'
    """
    if table == "change":
        return f"{row['object']}:{row['source']}:{row['record']}"
    names = ("party", "lead", "deal", "reference", "source_id") if table == "transaction" else ("source_id",)
    found = next(row[name] for name in names if row.get(name))
    return f"{row['source']}:{found}"


def write(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Writes the files of a load from the tables of a finished :func:`crm.materialise.gather`."""
    for table, by in KEYS.items():
        sql = f'SELECT {by} AS key, * FROM "{table}" {OPEN.get(table, "")} ORDER BY key, known_at'  # noqa: S608
        _sorted(connection.execute(sql).to_arrow_table(), folder / f"record-{table}.parquet")
    _sorted(connection.execute(WAYS).to_arrow_table(), folder / "record-way.parquet")
    _sorted(connection.execute(HELD).to_arrow_table(), folder / "record-key.parquet")
    _sorted(connection.execute(IDS).to_arrow_table(), folder / "record-id.parquet")
    for name, sql in SMALL.items():
        pq.write_table(connection.execute(sql).to_arrow_table(), folder / f"record-{name}.parquet")


def write_ways(folder: Path, subjects: Sequence[str]) -> None:
    """The ways of records that are known by their subjects only: each leads to itself."""
    keys = [subject.replace("customer:", "party:", 1) for subject in subjects]
    size, always = len(keys), pa.array([-FOREVER] * len(keys), pa.int64())
    ways = pa.table({
        "key": keys, "subject": list(subjects), "self": pa.array([True] * size, pa.bool_()),
        "happened_from": always, "happened_until": pa.array([FOREVER] * size, pa.int64()), "known_at": always,
    }, schema=WAY)  # fmt: skip
    _sorted(ways.sort_by("key"), folder / "record-way.parquet")


def _sorted(table: pa.Table, file: Path) -> None:
    pq.write_table(
        table,
        file,
        row_group_size=ROW_GROUP,
        compression="lz4",
        use_dictionary=True,
        write_statistics=["key"],
    )


class Records:
    """The record files of one load; empty for event folders that were not made from a history."""

    def __init__(self, folder: Path) -> None:
        self._sorted = {
            name: _Sorted(file)
            for name in (*KEYS, "way", "key", "id")
            if (file := folder / f"record-{name}.parquet").exists()
        }
        # The ways of one record are asked for several times while one event is told.
        self._found = lru_cache(maxsize=LATELY)(self._read)
        self.small = {
            name: pq.read_table(file)
            for name in SMALL
            if (file := folder / f"record-{name}.parquet").exists()
        }

    def rows(self, table: str, key: str) -> pa.Table | None:
        """The rows of ``table`` with this key, in the order in which they were known; None where none are."""
        return self._found(table, key)

    def _read(self, table: str, key: str) -> pa.Table | None:
        found = self._sorted[table].rows(key) if table in self._sorted else None
        return found if found is not None and len(found) else None

    def place(self, table: str, source: str, source_id: str) -> str | None:
        """The key under which a transaction's rows stand; None for other tables and new ones."""
        rows = self.rows("id", f"{source}:{source_id}") if table == "transaction" else None
        return rows["place"][0].as_py() if rows is not None else None


class _Sorted:
    """A Parquet file sorted by its column ``key``."""

    def __init__(self, file: Path) -> None:
        self._file = pq.ParquetFile(file)
        meta, column = self._file.metadata, self._file.schema_arrow.get_field_index("key")
        groups = [
            meta.row_group(i).column(column).statistics for i in range(meta.num_row_groups) if meta.num_rows
        ]
        self._first = [group.min for group in groups]
        self._last = [group.max for group in groups]

    def rows(self, key: str) -> pa.Table:
        parts = []
        for group in range(bisect_left(self._last, key), len(self._first)):
            if self._first[group] > key:
                break
            rows = self._file.read_row_group(group, use_threads=False)
            parts.append(rows.filter(pc.equal(rows["key"], key)))
        return pa.concat_tables(parts).drop_columns("key") if parts else self._file.schema_arrow.empty_table()

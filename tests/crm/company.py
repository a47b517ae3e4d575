"""A small history for tests, told record by record."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa

from crm.clock import DAY
from crm.events import Events, EventStore
from crm.history import History, schema
from crm.loads import LoadReport
from crm.schema import TABLES
from crm.settings import Home

START = 1_700_000_000_000_000  # 2023-11-15 05:13:20 in Việt Nam


def day(number: float) -> int:
    """That many days after the story begins."""
    return START + round(number * DAY)


class Company:
    """Collects rows of the canonical tables and stores them as one load."""

    def __init__(self, path: Path) -> None:
        self.home = Home(path).create()
        self.rows: dict[str, list[dict[str, Any]]] = defaultdict(list)

    def tell(self, table: str, source_id: str, known_at: int, /, **columns: Any) -> None:
        """One row; ``deleted=True`` closes the record."""
        fixed = {"source": "crm", "source_id": source_id, "known_at": known_at, "deleted": False}
        self.rows[table].append(fixed | columns)

    def load(self, loaded_at: int = START) -> EventStore:
        """Appends what was told since the last load, and opens the events of all.

        By default every row was loaded as soon as it was known.
        """
        with History(self.home).writing() as load:
            for table in TABLES:
                if rows := [row | {"load": load.number} for row in self.rows.pop(table, [])]:
                    load.append(table, pa.Table.from_pylist(rows, schema=schema(table)))
            load.finish(LoadReport(load.number, loaded_at, "crm", "mapping.toml"))
        return EventStore.open(self.home)


def story(events: Events, cutoff: int | None = None) -> list[tuple[Any, ...]]:
    """What is visible of one subject at ``cutoff`` (all of it by default), in order, in words."""
    return [
        (*events.signatures[events.signature[row]], int(events.occurred_at[row]), int(events.value[row]))
        for row in range(len(events))
        if cutoff is None or events.visible(row, cutoff)
    ]


def kinds(events: Events, cutoff: int | None = None) -> list[str]:
    """The kinds of what is visible, in order."""
    return [said[0] for said in story(events, cutoff)]

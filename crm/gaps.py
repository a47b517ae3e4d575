"""What people leave out: records without a field that others fill, by who looks after them."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from crm.clock import DAY
from crm.directory import newest
from crm.history import History
from crm.settings import Home

LOOKED_AT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "lead": ("owner", ("phone", "email", "channel", "product", "province", "industry")),
    "deal": ("owner", ("amount", "product", "expected_close", "stage")),
    "activity": ("actor", ("outcome", "lead_or_customer", "duration")),
}
"""By table the column that names who is responsible, and the fields that should be filled."""

SPAN: Final = 90 * DAY
"""How far back from the newest record is looked."""

FEWEST: Final = 5
"""A person with fewer records of a table is left out: it says nothing of how they work."""

MADE: Final = {"lead": "created_at", "deal": "created_at", "activity": "occurred_at"}

LACKS: Final = {"lead_or_customer": "lead IS NULL AND party IS NULL AND deal IS NULL"}
"""What is lacking where it is not one column; of activities only calls are looked at."""

ONLY: Final = {"activity": "kind = 'call'"}


@dataclass(frozen=True, slots=True)
class Gap:
    """One person's records of one table: how many, and how many lack each field that the company uses at all."""

    table: str
    person: str
    records: int
    missing: dict[str, int]

    @property
    def share(self) -> float:
        """The share of fields not filled, 0 to 1."""
        return sum(self.missing.values()) / (self.records * max(len(self.missing), 1))


def gaps(home: Home) -> list[Gap]:
    """Who leaves most out, first; of the last 90 days of records. Raises HistoryError."""
    return _gaps(home.path, History(home).load_number)


@lru_cache(maxsize=2)
def _gaps(path: Path, load: int) -> list[Gap]:
    found: list[Gap] = []
    read = {table: tuple(_columns(table)) for table in LOOKED_AT} | {"actor": ("name",)}
    if not load:
        return found
    with newest(History(Home(path), load), read) as connection:
        for table, (person, fields) in LOOKED_AT.items():
            rows = connection.execute(_asked(table, person, fields)).fetchall()
            whole = [sum(row[2 + place] for row in rows) for place in range(len(fields))]
            every = sum(row[1] for row in rows)
            used = [place for place, lacking in enumerate(whole) if lacking < every]
            found += [
                Gap(table, row[0], row[1], {fields[place]: row[2 + place] for place in used})
                for row in rows if row[1] >= FEWEST
            ]  # fmt: skip
    return sorted(found, key=lambda gap: (-gap.share, gap.person, gap.table))


def _columns(table: str) -> list[str]:
    person, fields = LOOKED_AT[table]
    more = ["lead", "party", "deal", "kind"] if table == "activity" else []
    return [person, MADE[table], *(name for name in fields if name not in LACKS), *more]


def _asked(table: str, person: str, fields: tuple[str, ...]) -> str:
    """Names of our own tables and columns only: no word of a company's is in it."""
    lacking = ", ".join(f"count(*) FILTER ({LACKS.get(name, f't.{name} IS NULL')})" for name in fields)
    made, only = MADE[table], ONLY.get(table, "true")
    return (
        f"SELECT coalesce(a.name, t.{person}) AS who, count(*), {lacking} FROM {table} t "  # noqa: S608
        f"LEFT JOIN actor a ON a.source = t.source AND a.source_id = t.{person} "
        f"WHERE t.{person} IS NOT NULL AND {only} "
        f"AND t.{made} > (SELECT max({made}) FROM {table}) - {SPAN} GROUP BY 1"
    )

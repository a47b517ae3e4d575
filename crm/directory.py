"""Cards for people: whom a subject's name stands for and how to reach them, as known now.

Names and numbers leave the history here, for pages and files of scores only; features never see them.
"""

import json
from collections import ChainMap
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
from duckdb import DuckDBPyConnection

from crm.arrivals import arrivals
from crm.cleaning.text import YES
from crm.history import History, query
from crm.settings import Home

READ: Final = {
    "lead": ("name", "salutation", "phone", "email", "company", "owner", "channel", "product", "campaign",
             "province", "zalo", "status", "created_at", "converted_at", "converted_party"),
    "party": ("kind", "name", "salutation", "phone", "email", "organisation", "owner", "channel", "province",
              "zalo", "created_at"),
    "deal": ("name", "party", "owner", "channel", "product", "stage", "created_at"),
    "actor": ("name",),
    "transaction": ("kind", "party", "product", "occurred_at"),
}  # fmt: skip
"""What is read of each table; of the rows of a record the newest, unless it was deleted."""

REFUSES: Final = "do_not_contact"
"""The company's own yes-or-no column of a lead or party that says so; a mapping gives it this name."""

NEWEST: Final = """
SELECT * FROM rows
QUALIFY row_number() OVER (PARTITION BY source, source_id ORDER BY
    load DESC, known_at DESC, deleted DESC) = 1 AND NOT deleted
"""

LEADS: Final = """
SELECT 'lead:' || l.source || ':' || l.source_id AS subject, l.source, l.source_id, l.name, l.salutation, l.phone,
    l.email, l.company, coalesce(a.name, l.owner) AS owner, l.channel, l.product, l.campaign, l.province,
    l.zalo, l.status AS stage, l.created_at, 'lead:' || l.source || ':' || l.source_id AS reached
FROM lead l LEFT JOIN actor a ON a.source = l.source AND a.source_id = l.owner
"""

CUSTOMERS: Final = """
WITH member AS (
    SELECT p.*, coalesce(o.source_id, p.source_id) AS root
    FROM party p LEFT JOIN party o ON o.source = p.source AND o.source_id = p.organisation
),
contact AS (
    SELECT * FROM member QUALIFY row_number() OVER (
        PARTITION BY source, root ORDER BY phone IS NULL, kind = 'organisation', created_at DESC, source_id) = 1
),
wish AS (
    SELECT m.source, m.root, arg_max(l.product, l.converted_at) AS product,
        arg_max(l.campaign, l.converted_at) AS campaign
    FROM lead l JOIN member m ON m.source = l.source AND m.source_id = l.converted_party
    GROUP BY m.source, m.root
),
bought AS (
    SELECT m.source, m.root, arg_max(t.product, t.occurred_at) AS product,
        arg_max(t.product, t.occurred_at) FILTER (t.kind IN ('subscription', 'renewal')) AS term
    FROM transaction t JOIN member m ON m.source = t.source AND m.source_id = t.party
    WHERE t.kind IN ('subscription', 'renewal', 'order')
    GROUP BY m.source, m.root
)
SELECT 'customer:' || r.source || ':' || r.source_id AS subject, r.source, r.source_id, c.name, c.salutation,
    c.phone, c.email, CASE WHEN r.kind = 'organisation' OR c.source_id <> r.source_id THEN r.name END AS company,
    coalesce(a.name, c.owner, r.owner) AS owner, coalesce(r.channel, c.channel) AS channel,
    coalesce(b.term, b.product, w.product) AS product, w.campaign, coalesce(r.province, c.province) AS province,
    coalesce(c.zalo, r.zalo) AS zalo, NULL AS stage, coalesce(r.created_at, c.created_at) AS created_at,
    'customer:' || c.source || ':' || c.source_id AS reached
FROM party r
JOIN contact c ON c.source = r.source AND c.root = r.source_id
LEFT JOIN wish w ON w.source = r.source AND w.root = r.source_id
LEFT JOIN bought b ON b.source = r.source AND b.root = r.source_id
LEFT JOIN actor a ON a.source = r.source AND a.source_id = coalesce(c.owner, r.owner)
"""

DEALS: Final = """
SELECT 'deal:' || d.source || ':' || d.source_id AS subject, d.source, d.source_id,
    coalesce(p.name, d.name) AS name, p.salutation, p.phone, p.email, o.name AS company,
    coalesce(a.name, d.owner) AS owner, d.channel, d.product, NULL AS campaign, p.province, p.zalo,
    d.stage, d.created_at, 'customer:' || p.source || ':' || p.source_id AS reached
FROM deal d
LEFT JOIN party p ON p.source = d.source AND p.source_id = d.party
LEFT JOIN party o ON o.source = p.source AND o.source_id = p.organisation
LEFT JOIN actor a ON a.source = d.source AND a.source_id = d.owner
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What a person needs to see of a subject; blank where nobody knows. ``created_at`` is UTC microseconds.

    A company's card names the colleague of it who can be reached; ``product`` is what a customer last had.
    """

    subject: str
    source: str = ""
    source_id: str = ""
    name: str = field(default="", repr=False)
    salutation: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    company: str = field(default="", repr=False)
    owner: str = field(default="", repr=False)
    channel: str = ""
    product: str = ""
    campaign: str = ""
    province: str = ""
    zalo: str = field(default="", repr=False)
    stage: str = ""
    created_at: int | None = None


OWN: Final = ("name", "salutation", "phone", "email", "province", "zalo")
"""What a card has from the record of who is called; the rest is from the subject's own."""

SHAPE: Final = pa.schema(
    [pa.field("reached", pa.string())]
    + [pa.field(one.name, pa.int64() if one.name == "created_at" else pa.string()) for one in fields(Card)]
)
"""A Card, and the record of who is called: the lead itself, or a party as ``customer:…``."""


def cards(home: Home, subjects: Iterable[str]) -> dict[str, Card]:
    """The card of each of ``subjects``, as of the newest load; blank for those nobody holds.

    What was delivered since stands above it; of a newcomer that no load holds yet, all there is. Raises
    HistoryError where it cannot be read.
    """
    places, table = _directory(home.path, History(home).load_number)
    asked = list(subjects)
    found = [places[subject] for subject in asked if subject in places]
    came = arrivals(home)
    known = {row["subject"]: _since(row, came) for row in table.take(pa.array(found, pa.int64())).to_pylist()}
    return {
        subject: known.get(subject)
        or (_arrived(subject, came[subject]) if subject in came else _blank(subject))
        for subject in asked
    }


def holders(home: Home, keys: Collection[str]) -> list[str]:
    """The subjects of the newest load whose card has one of these phones or e-mails; raises as :func:`cards`."""
    if not keys:
        return []
    _, table = _directory(home.path, History(home).load_number)
    wanted = pa.array(sorted(keys), pa.string())
    found = pc.or_(*(pc.is_in(table[name], value_set=wanted) for name in ("phone", "email")))
    return list(table["subject"].filter(found).to_pylist())


def refusing(home: Home) -> frozenset[str]:
    """Leads and customers whose record in the CRM says that they do not want to be contacted: :data:`REFUSES`."""
    load = History(home).load_number
    came = (one for one, row in arrivals(home).items() if _refuses(row["custom"]))
    return (_refusing(home.path, load) if load else frozenset()).union(came)


@lru_cache(maxsize=2)
def _refusing(path: Path, load: int) -> frozenset[str]:
    with newest(History(Home(path), load), {"lead": ("custom",), "party": ("custom",)}) as connection:
        said = "SELECT '{}:' || source || ':' || source_id, custom FROM {} WHERE contains(custom, $name)"
        rows = [
            row
            for table, kind in (("lead", "lead"), ("party", "customer"))
            for row in connection.execute(said.format(kind, table), {"name": REFUSES}).fetchall()
        ]
    return frozenset(subject for subject, custom in rows if _refuses(custom))


def _refuses(custom: str | None) -> bool:
    said = json.loads(custom).get(REFUSES) if custom and REFUSES in custom else None
    return said is True or str(said).casefold() in YES


def everybody(home: Home, load: int) -> tuple[Collection[str], pa.Table]:
    """All subjects of a load, quick to look in, and all their cards, a column for each field of a Card."""
    return _directory(home.path, load)


def channels(home: Home) -> Mapping[str, str]:
    """The channel each subject of the newest load, or since, came by; raises as :func:`cards`."""
    late = {one: row["channel"] for one, row in arrivals(home).items() if row["channel"] is not None}
    return ChainMap(late, _channels(home.path, History(home).load_number))


@lru_cache(maxsize=2)
def _channels(path: Path, load: int) -> dict[str, str]:
    places, table = _directory(path, load)
    return dict(zip(places, table["channel"].to_pylist(), strict=True))


def sources(home: Home) -> list[str]:
    """The channels subjects of the newest load, or since, came by, in order; raises as :func:`cards`."""
    late = {row["channel"] for row in arrivals(home).values() if row["channel"]}
    return sorted(late | _sources(home.path, History(home).load_number))


@lru_cache(maxsize=2)
def _sources(path: Path, load: int) -> frozenset[str]:
    return frozenset(channel for channel in _channels(path, load).values() if channel)


@contextmanager
def newest(history: History, read: Mapping[str, Iterable[str]]) -> Iterator[DuckDBPyConnection]:
    """DuckDB over the records as they are now: a table each, with the columns in ``read`` and the record's id."""
    with query() as connection:
        for table, columns in read.items():
            rows = history.rows(table, ["source", "source_id", "load", "known_at", "deleted", *columns])
            connection.register("rows", rows)
            connection.register(table, connection.execute(NEWEST).to_arrow_table())
        yield connection


def _blank(subject: str) -> Card:
    _, source, source_id = [*subject.split(":", 2), "", ""][:3]
    return Card(subject, source, source_id)


def _since(row: dict[str, Any], came: Mapping[str, dict[str, Any]]) -> Card:
    """The card of a row of the directory, with what was delivered since about its subject and about who is called."""
    reached = row.pop("reached")
    if reached in came:
        row |= _said(came[reached], OWN)
    if row["subject"] in came:
        row |= _said(came[row["subject"]], row.keys() - {"subject", "owner", *OWN})
    return Card(**row)


def _said(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The columns of a card that a delivery spoke of."""
    said = {name: row.get("status" if name == "stage" else name) for name in names}
    return {name: value for name, value in said.items() if value is not None}


def _arrived(subject: str, row: dict[str, Any]) -> Card:
    return Card(
        subject, **_said(row, (one.name for one in fields(Card) if one.name not in ("subject", "owner")))
    )


@lru_cache(maxsize=2)
def _directory(path: Path, load: int) -> tuple[dict[str, int], pa.Table]:
    """The cards of every subject of a load, and the row of each."""
    history = History(Home(path), load)
    with newest(history, READ) as connection:
        parts = [
            connection.execute(asked).to_arrow_table().select(SHAPE.names)
            for asked in (LEADS, CUSTOMERS, DEALS)
        ]
    found = pa.concat_tables(part.cast(SHAPE) for part in parts)
    for name in SHAPE.names[:-1]:
        found = found.set_column(SHAPE.names.index(name), name, pc.fill_null(found[name], ""))
    return {subject: row for row, subject in enumerate(found["subject"].to_pylist())}, found.combine_chunks()

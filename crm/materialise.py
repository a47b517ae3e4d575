"""Makes the event files of one load from the history at its pinned versions.

In these queries, and in those of ``crm.moments`` and ``crm.links``, greatest and least skip unknown times.
"""

import json
from pathlib import Path
from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from crm import discover, eventfiles, links, records
from crm.clock import FOREVER
from crm.days import local_day
from crm.eventfiles import ENGINE, KINDS, Completed
from crm.history import History, full_disk, query
from crm.loads import FOLDED
from crm.schema import KEYED, TABLES
from crm.settings import Home

KEEPS: Final = "the import is kept, its events are made when there is room"
"""What a disk that fills up here leaves."""

KEPT: Final = 2
"""Event folders kept beside the one just made; those of older loads are made again when asked for."""

BUCKET_EVENTS: Final = 500_000
"""Events a bucket holds on average: about 30 MB while it is read."""

FEW: Final = 100_000
"""Rows that one thread is through with before several have shared them out."""

LOOKED_AT: Final = 10_000
"""Records whose own columns are looked at to tell which are numbers."""

MOMENT: Final = """
CREATE TEMP TABLE moment (
    number BIGINT DEFAULT nextval('moments'), origin VARCHAR DEFAULT getvariable('origin'),
    source VARCHAR, record VARCHAR, moment VARCHAR, own BOOLEAN DEFAULT false,
    lead VARCHAR, party VARCHAR, deal VARCHAR, phone VARCHAR, email VARCHAR,
    kind VARCHAR, field VARCHAR, code VARCHAR, channel VARCHAR, direction VARCHAR, value BIGINT,
    currency VARCHAR, duration BIGINT, actor VARCHAR, reference VARCHAR, occurred_at BIGINT, known_at BIGINT,
    known_until BIGINT
)
"""

CUSTOMERS: Final = """
CREATE TEMP TABLE customer AS
WITH known AS (
    SELECT r.subject, min(r.known_at) AS known_at FROM reached r JOIN moment m USING (number)
    WHERE m.kind IN ('order', 'contract', 'subscription', 'invoice', 'payment')
        AND starts_with(r.subject, 'customer:')
    GROUP BY r.subject
    UNION ALL
    SELECT w.subject, min(greatest(p.known_at, p.customer_since, w.known_at))
    FROM party p JOIN way w ON w.object = 'party' AND w.source = p.source AND w.record = p.source_id
    WHERE p.customer_since IS NOT NULL
        AND greatest(p.known_at, p.customer_since, w.known_at) < least(p.known_until, w.known_until)
    GROUP BY w.subject
)
SELECT subject, min(known_at) AS known_at FROM known GROUP BY subject
"""

SUBJECTS: Final = """
CREATE TEMP TABLE subject AS
WITH own AS (
    SELECT 'lead' AS kind, 'lead' AS object, source, source_id, created_at, known_at FROM lead
    UNION ALL SELECT 'deal', 'deal', source, source_id, created_at, known_at FROM deal
    UNION ALL SELECT 'customer', 'party', source, source_id, created_at, known_at FROM party
),
first_said AS (
    SELECT kind, object, source, source_id, kind || ':' || source || ':' || source_id AS subject,
        arg_min(created_at, known_at) FILTER (created_at IS NOT NULL) AS created_at, min(known_at) AS known_at
    FROM own GROUP BY kind, object, source, source_id
),
chosen AS (
    SELECT f.* REPLACE (
        coalesce(c.known_at, f.known_at) AS known_at,
        coalesce(f.created_at, c.known_at, f.known_at) AS created_at)
    FROM first_said f LEFT JOIN customer c USING (subject) WHERE f.kind <> 'customer' OR c.subject IS NOT NULL
)
SELECT kind, subject, source, source_id, created_at, known_at, coalesce(g.party, subject) AS party,
    (hash(subject) % $buckets)::INTEGER AS bucket,
    row_number() OVER (ORDER BY kind, hash(subject) % $buckets, subject) AS subject_no
FROM chosen c LEFT JOIN alike g ON g.record = c.object || ':' || c.source || ':' || c.source_id
"""

TOLD: Final = """
CREATE TEMP TABLE told AS
SELECT s.subject_no, r.number, r.known_at, r.known_until,
    hash(m.origin, m.source, m.record, m.moment, m.kind, m.field, m.code, m.channel, m.direction, m.value,
        m.currency, m.duration, m.actor, m.reference, m.occurred_at) AS content
FROM reached r JOIN moment m USING (number) JOIN subject s USING (subject)
"""

SETTLE: Final = """
CREATE TEMP TABLE settled AS
WITH once AS (
    SELECT subject_no, content, min(number) AS number, min(known_at) AS known_at,
        max(known_until) AS known_until, count(*) AS times
    FROM told GROUP BY subject_no, content
),
several AS (
    SELECT * FROM told SEMI JOIN (SELECT subject_no, content FROM once WHERE times > 1)
        USING (subject_no, content)
),
marked AS (
    SELECT *, coalesce(known_at > max(known_until) OVER (
        PARTITION BY subject_no, content ORDER BY known_at, known_until, number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), true) AS opens
    FROM several
),
stretch AS (
    SELECT *, sum(opens::INTEGER) OVER (
        PARTITION BY subject_no, content ORDER BY known_at, known_until, number) AS stretch
    FROM marked
)
SELECT subject_no, min(number) AS number, min(known_at) AS known_at, max(known_until) AS known_until
FROM stretch GROUP BY subject_no, content, stretch
UNION ALL
SELECT subject_no, number, known_at, known_until FROM once WHERE times = 1
"""

SIGNATURES: Final = """
CREATE TEMP TABLE signature AS
SELECT *, (row_number() OVER (ORDER BY kind, field, code, channel, direction) - 1)::INTEGER AS signature
FROM (
    SELECT DISTINCT kind, coalesce(field, '') AS field, coalesce(code, '') AS code,
        coalesce(channel, '') AS channel, coalesce(direction, '') AS direction
    FROM moment WHERE number IN (SELECT number FROM settled)
)
"""

WORDS: Final = "SELECT kind, field, code, channel, direction FROM signature ORDER BY signature"

ACTORS: Final = """
CREATE TEMP TABLE staff AS
SELECT actor, (row_number() OVER (ORDER BY actor) - 1)::INTEGER AS actor_no
FROM (
    SELECT source || ':' || source_id AS actor FROM actor
    UNION SELECT source || ':' || actor FROM moment WHERE actor IS NOT NULL
)
"""

NUMBERED: Final = """
CREATE TEMP TABLE numbered AS
SELECT m.number, g.signature, coalesce(a.actor_no, -1)::INTEGER AS actor_no
FROM moment m
JOIN signature g ON g.kind = m.kind AND g.field = coalesce(m.field, '') AND g.code = coalesce(m.code, '')
    AND g.channel = coalesce(m.channel, '') AND g.direction = coalesce(m.direction, '')
LEFT JOIN staff a ON a.actor = m.source || ':' || m.actor
"""

BUCKET: Final = """
SELECT s.subject, s.subject_no, m.origin || ':' || m.source || ':' || m.record || ':' || m.moment AS event_id,
    m.kind, m.field, m.code, m.channel, m.direction, m.currency, m.source || ':' || m.actor AS actor,
    m.reference,
    CASE WHEN m.currency <> $currency THEN m.value END AS "foreign",
    m.occurred_at, e.known_at, e.known_until, n.signature, n.actor_no,
    CASE WHEN m.currency <> $currency THEN first_time() ELSE coalesce(m.value, first_time()) END AS value,
    coalesce(m.duration, first_time()) AS duration
FROM settled e
JOIN subject s ON s.subject_no = e.subject_no AND s.kind = $kind AND s.bucket = $bucket
JOIN moment m ON m.number = e.number
JOIN numbered n ON n.number = e.number
ORDER BY e.subject_no, m.occurred_at, event_id, e.known_at, e.number
"""

PLACES: Final = """
SELECT s.subject, s.source, s.source_id, s.party, s.created_at, s.known_at, s.bucket,
    (sum(c.rows) OVER (PARTITION BY s.bucket ORDER BY s.subject_no) - c.rows)::BIGINT AS first_row, c.rows
FROM subject s JOIN (
    SELECT subject_no, count(e.number) AS rows FROM subject LEFT JOIN settled e USING (subject_no)
    GROUP BY subject_no
) c USING (subject_no)
WHERE s.kind = $kind ORDER BY s.subject_no
"""

COUNTS: Final = """
SELECT count(*) AS moments,
    count(*) FILTER (NOT own AND known_at < known_until AND number NOT IN (SELECT number FROM reached)) AS nobody,
    count(*) FILTER (currency <> $currency AND value IS NOT NULL) AS other_currency,
    (SELECT count(*) FROM settled) AS events
FROM moment
"""


def materialise(home: Home, load: int | None = None) -> None:
    """Writes ``history/event/<load>/``, by default for the newest load; a folder already there is replaced.

    Raises HistoryError where the history cannot be read.
    """
    history, settings = History(home, load), home.settings
    stored = {table: history.read(table) for table in TABLES}
    numeric = numeric_fields(stored)
    loaded = {one.load: one.loaded_at for one in history.loads() if one.source != FOLDED}
    tables = {table: conform(table, seen(stored.pop(table), loaded)) for table in TABLES}
    final = home.history / "event" / str(history.load_number)
    threads = 1 if sum(map(len, tables.values())) < FEW else None
    with full_disk(final, KEEPS), query(threads) as connection, eventfiles.being_written(final) as folder:
        gather(connection, tables, numeric)
        _write(connection, folder, history, settings.zone, settings.currency)
    eventfiles.clear_others(final, KEPT)


def _write(
    connection: duckdb.DuckDBPyConnection, folder: Path, history: History, zone: str, currency: str
) -> None:
    """Writes what ``gather`` found, bucket by bucket."""
    buckets = number(connection)
    for kind in KINDS:
        eventfiles.write_subjects(folder, kind, connection.execute(PLACES, {"kind": kind}).to_arrow_table())
        for bucket in range(buckets):
            asked = {"kind": kind, "bucket": bucket, "currency": currency}
            rows = connection.execute(BUCKET, asked).to_arrow_table()
            eventfiles.write_bucket(folder, kind, bucket, _with_day(rows, zone))
    records.write(connection, folder)
    signatures = connection.execute(WORDS).to_arrow_table()
    staff = connection.execute("SELECT actor FROM staff ORDER BY actor_no").to_arrow_table()
    eventfiles.write_lists(folder, signatures, staff["actor"].to_pylist())
    counts = connection.execute(COUNTS, {"currency": currency}).to_arrow_table().to_pylist()[0]
    about = Completed(
        load=history.load_number,
        versions=history.pinned(),
        zone=zone,
        currency=currency,
        buckets=dict.fromkeys(KINDS, buckets),
        counts=counts,
        inbox=history.inbox,
    )
    eventfiles.complete(folder, about)


def number(connection: duckdb.DuckDBPyConnection) -> int:
    """Joins the stretches of each event and numbers subjects, words and staff; returns how many buckets."""
    connection.register("alike", links.groups(connection.execute(links.ALIKE).to_arrow_table()))
    (found,) = connection.execute("SELECT count(*) FROM reached").fetchall()
    buckets = int(found[0]) // BUCKET_EVENTS + 1
    connection.execute(SUBJECTS, {"buckets": buckets})
    for statement in (TOLD, SETTLE, SIGNATURES, ACTORS, NUMBERED):
        connection.execute(statement)
    return buckets


def _with_day(rows: pa.Table, zone: str) -> pa.Table:
    """The local day added, and the engine's columns as never null."""
    rows = rows.append_column("day", pa.array(local_day(rows["occurred_at"].to_numpy(), zone)))
    shape = [
        pa.field(field.name, ENGINE.get(field.name, field.type), nullable=field.name not in ENGINE)
        for field in rows.schema
        if field.name != "subject_no"
    ]
    return rows.drop_columns("subject_no").cast(pa.schema(shape))


def seen(rows: pa.Table, loaded: dict[int, int]) -> pa.Table:
    """``rows`` with ``loaded_at``: when a row's values were seen at the latest, by the time of each load.

    What may change in a record is not known to have been so before. A delivery was seen when it came.
    """
    made = np.array([loaded.get(number, -FOREVER) for number in range(max(loaded, default=0) + 1)], np.int64)
    load = pc.fill_null(rows["load"], 0).to_numpy()
    moment = np.where(load < len(made), made[np.minimum(load, len(made) - 1)], -FOREVER)
    return rows.append_column("loaded_at", pa.array(np.maximum(moment, rows["known_at"].to_numpy())))


def conform(table: str, rows: pa.Table) -> pa.Table:
    """Rows that were ever known, with blank text as unknown and columns as the moments read them."""
    columns = {name: "text" for name in ("source", "source_id")} | TABLES[table]
    times = ("known_at", "known_until", "loaded_at")
    if table == "activity":
        # The moments only look whether the row is ours: notes and the like would fill the memory.
        ours = pc.match_substring(rows["custom"], KEYED)
        kept = pc.if_else(ours, rows["custom"], None)
        rows = rows.set_column(rows.schema.get_field_index("custom"), "custom", kept)
        columns["custom"] = "json"
    rows = rows.select([*columns, *times]).filter(pc.less(rows["known_at"], rows["known_until"]))
    for place, name in enumerate(columns):
        if pa.types.is_string(rows.schema.field(name).type):
            column = pc.if_else(pc.equal(rows[name], ""), None, rows[name])
            rows = rows.set_column(place, name, column)
    return rows


def gather(connection: duckdb.DuckDBPyConnection, tables: dict[str, pa.Table], numeric: pa.Table) -> None:
    """Fills the tables moment, way, key, reached and customer from the canonical ``tables``.

    ``numeric`` names the attributes whose values are numbers, as :func:`numeric_fields` gives them.
    """
    undated = tables["party"]["created_at"].null_count > 0
    for table, rows in tables.items():
        connection.register("party_said" if table == "party" and undated else table, rows)
    if undated:
        connection.execute(links.UNDATED)
    connection.register("numeric_field", numeric)
    connection.execute("CREATE SEQUENCE moments")
    connection.execute(MOMENT)
    connection.execute(links.SET_UP)
    for module in discover.modules("crm.moments").values():
        if not len(tables[module.TABLE]):
            continue
        connection.execute("SET VARIABLE origin = $table", {"table": module.TABLE})
        for statement in module.MOMENTS:
            connection.execute(statement.sql)
    connection.execute(links.MERGES)
    for kind, statement in links.WAYS:
        connection.execute(statement)
        connection.execute(links.FOLLOW_MERGES, {"object": kind})
    for statement in (links.MOVED_WAYS, links.BECOME_WAYS, links.KEYS, links.REACH, CUSTOMERS):
        connection.execute(statement)


def numeric_fields(stored: dict[str, pa.Table]) -> pa.Table:
    """Attributes whose value is a number: object, field, and how many stored units make one.

    The schema says it of canonical columns; the company's own are numbers where their JSON holds numbers.
    """
    units = {"integer": 1, "money": 1, "time": 1_000_000}
    rows = {
        (table, column): units[kind]
        for table in ("lead", "party", "deal")
        for column, kind in TABLES[table].items()
        if kind in units
    }
    for table in ("lead", "party", "deal"):
        some = stored[table]["custom"].drop_null().slice(0, LOOKED_AT)
        for own in map(json.loads, some.to_pylist()):
            rows |= {(table, name): 1 for name, value in own.items() if type(value) in (int, float)}
    found = [{"object": table, "field": column, "unit": unit} for (table, column), unit in rows.items()]
    return pa.Table.from_pylist(found)

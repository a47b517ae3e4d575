"""What an attribute was, and since when that was known.

``fixed`` columns are known from the record's creation. Rows of a change log (``history``, ``webhook``,
``inferred``) are known as they say. A ``logged`` value, exported with the record, only tells something new
where the log does not say it already. The first thing known of an attribute that has a log also tells what
it was at creation: the log's first ``old``, or the exported value of a record the log had not mentioned yet.
``comparison`` is known from the load that saw it.

A log that comes later tells what a webhook told as it happened: the webhook's row then says nothing new. It is a
repetition where the log's row before it, however long ago, holds the same value, and where the log came to the same
value within an hour.

Direction follows the ``stage`` table, which is the company's list and not knowledge in time: its newest
version orders old moves as well.
"""

from crm.moments import Statement

TABLE = "change"

LOGGING = ("history", "webhook", "inferred", "logged")
STAGES = ("status", "stage")

LOGS = """
CREATE TEMP TABLE log AS
SELECT *, lag(new) OVER following AS told, lag(provenance) OVER following AS teller,
    row_number() OVER following AS place
FROM change
WHERE object IN ('lead', 'party', 'deal') AND provenance IN ('history', 'webhook', 'inferred', 'logged')
WINDOW following AS (
    PARTITION BY source, object, record, field
    ORDER BY known_at, provenance = 'logged', occurred_at, source_id
)
"""

REPEATED = """
CREATE TEMP TABLE repeated AS
SELECT source, source_id FROM log WHERE provenance = 'webhook' AND teller = 'history' AND new = told
UNION
SELECT live.source, live.source_id
FROM log live JOIN log later USING (source, object, record, field, new)
WHERE live.provenance = 'webhook' AND later.provenance = 'history'
    AND abs(live.known_at - later.known_at) < 3600000000
"""

ATTRIBUTES = """
CREATE TEMP TABLE attribute AS
SELECT source, object, record, field, source_id AS moment, old, new, actor,
    coalesce(occurred_at, known_at) AS occurred_at, known_at, known_until
FROM change ANTI JOIN repeated USING (source, source_id)
WHERE object IN ('lead', 'party', 'deal') AND coalesce(provenance, '') <> 'logged'
"""

LOGGED = """
INSERT INTO attribute BY NAME
WITH born AS (
    SELECT 'lead' AS object, source, source_id AS record, min(known_at) AS known_at,
        arg_min(coalesce(created_at, known_at), known_at) AS created_at
    FROM lead GROUP BY source, source_id
    UNION ALL
    SELECT 'party' AS object, source, source_id AS record, min(known_at) AS known_at,
        arg_min(coalesce(created_at, known_at), known_at) AS created_at
    FROM party GROUP BY source, source_id
    UNION ALL
    SELECT 'deal' AS object, source, source_id AS record, min(known_at) AS known_at,
        arg_min(coalesce(created_at, known_at), known_at) AS created_at
    FROM deal GROUP BY source, source_id
)
SELECT source, object, record, field, 'at creation' AS moment, NULL AS old,
    CASE provenance WHEN 'logged' THEN new ELSE old END AS new, NULL AS actor,
    b.created_at AS occurred_at, b.known_at, 9223372036854775807 AS known_until
FROM log JOIN born b USING (source, object, record)
WHERE place = 1 AND CASE provenance WHEN 'logged' THEN new ELSE old END IS NOT NULL
UNION ALL BY NAME
SELECT source, object, record, field, source_id AS moment, told AS old, new, actor,
    known_at AS occurred_at, known_at, known_until
FROM log WHERE provenance = 'logged' AND place > 1 AND new IS DISTINCT FROM told
"""

CHANGES = """
INSERT INTO moment BY NAME
WITH place AS (
    SELECT source, object, name, arg_max(position, known_at) AS position
    FROM stage GROUP BY source, object, name
)
SELECT a.source, a.object || ':' || a.record || ':' || a.field AS record, moment,
    true AS own, CASE a.object WHEN 'lead' THEN a.record END AS lead,
    CASE a.object WHEN 'party' THEN a.record END AS party,
    CASE a.object WHEN 'deal' THEN a.record END AS deal,
    'change' AS kind, a.field,
    CASE WHEN n.field IS NULL THEN new END AS code,
    CASE WHEN n.field IS NOT NULL THEN try_cast(new AS BIGINT) // n.unit END AS value,
    CASE WHEN later.position > earlier.position THEN 'forward'
        WHEN later.position < earlier.position THEN 'backward' END AS direction,
    actor, occurred_at, known_at, known_until
FROM attribute a
LEFT JOIN numeric_field n ON n.object = a.object AND n.field = a.field
LEFT JOIN place earlier ON earlier.source = a.source AND earlier.object = a.object AND earlier.name = a.old
    AND a.field IN ('status', 'stage')
LEFT JOIN place later ON later.source = a.source AND later.object = a.object AND later.name = a.new
    AND a.field IN ('status', 'stage')
"""

STEPS = """
CREATE TEMP TABLE step AS SELECT * FROM attribute WHERE field IN ('status', 'stage')
"""

OUTCOMES = """
INSERT INTO moment BY NAME
WITH place AS (
    SELECT source, object, name, arg_max(outcome, known_at) AS outcome
    FROM stage WHERE outcome IN ('won', 'lost') GROUP BY source, object, name
),
dated AS (
    SELECT 'lead' AS object, source, source_id AS record, 'won' AS outcome,
        min(greatest(known_at, converted_at)) AS known_at
    FROM lead WHERE converted_at IS NOT NULL GROUP BY source, source_id
    UNION ALL
    SELECT 'lead' AS object, source, source_id AS record, 'lost' AS outcome,
        min(greatest(known_at, lost_at)) AS known_at
    FROM lead WHERE lost_at IS NOT NULL GROUP BY source, source_id
    UNION ALL
    SELECT 'deal' AS object, source, source_id AS record, 'won' AS outcome,
        min(greatest(known_at, won_at)) AS known_at
    FROM deal WHERE won_at IS NOT NULL GROUP BY source, source_id
    UNION ALL
    SELECT 'deal' AS object, source, source_id AS record, 'lost' AS outcome,
        min(greatest(known_at, lost_at)) AS known_at
    FROM deal WHERE lost_at IS NOT NULL GROUP BY source, source_id
)
SELECT a.source, a.object || ':' || a.record || ':' || a.field AS record,
    a.moment || ':' || p.outcome AS moment, a.object = 'lead' AND p.outcome = 'lost' AS own,
    CASE a.object WHEN 'lead' THEN a.record END AS lead,
    CASE a.object WHEN 'deal' THEN a.record END AS deal,
    CASE WHEN a.object = 'lead' AND p.outcome = 'won' THEN 'converted'
        WHEN a.object = 'lead' THEN 'lost' ELSE 'deal_' || p.outcome END AS kind,
    a.actor, a.occurred_at, a.known_at,
    least(a.known_until, d.known_at) AS known_until
FROM step a
JOIN place p ON p.source = a.source AND p.object = a.object AND p.name = a.new
LEFT JOIN dated d ON d.source = a.source AND d.object = a.object AND d.record = a.record
    AND d.outcome = p.outcome
"""

MOMENTS = (
    Statement("change", LOGS, "provenance", LOGGING),
    Statement("log", REPEATED),
    Statement("change", ATTRIBUTES),
    Statement("log", LOGGED),
    Statement("attribute", CHANGES),
    Statement("change", STEPS, "field", STAGES),
    Statement("step", OUTCOMES),
)

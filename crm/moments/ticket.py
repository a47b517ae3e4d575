"""The life of a ticket: opened, open, first answered, resolved, rated.

Its category, priority and channel are told where they are fixed; otherwise only from the load on that first said
them. A rating without a time of its own was given when the ticket was resolved, else when a load first said it.
"""

from crm.moments import Statement

TABLE = "ticket"

MOMENTS = (
    Statement("ticket", """
INSERT INTO moment BY NAME
WITH fixed AS (
    SELECT source, record, bool_or(field = 'category') AS category, bool_or(field = 'priority') AS priority,
        bool_or(field = 'channel') AS channel
    FROM change WHERE object = 'ticket' AND provenance = 'fixed' GROUP BY source, record
),
judged AS (
    SELECT t.*, f.category AS category_fixed, f.priority AS priority_fixed, f.channel AS channel_fixed,
        (t.category IS NOT NULL AND f.category IS NOT TRUE)
            OR (t.priority IS NOT NULL AND f.priority IS NOT TRUE)
            OR (t.channel IS NOT NULL AND f.channel IS NOT TRUE) AS mutable,
        coalesce(created_at, min(known_at) OVER record) AS opened_at,
        coalesce(rated_at, resolved_at, min(loaded_at) FILTER (csat IS NOT NULL) OVER record) AS rated
    FROM ticket t LEFT JOIN fixed f ON f.source = t.source AND f.record = t.source_id
    WINDOW record AS (PARTITION BY t.source, source_id)
),
opened AS (
    SELECT * REPLACE (CASE WHEN mutable THEN loaded_at ELSE known_at END AS known_at) FROM judged
    UNION ALL
    SELECT * REPLACE (
        CASE WHEN category_fixed THEN category END AS category,
        CASE WHEN priority_fixed THEN priority END AS priority,
        CASE WHEN channel_fixed THEN channel END AS channel, least(known_until, loaded_at) AS known_until)
    FROM judged WHERE mutable
)
SELECT source, source_id AS record, party, phone, email, 'opened' AS moment,
    'ticket' AS kind, priority AS field, category AS code, channel, opened_at AS occurred_at,
    known_at, known_until
FROM opened
UNION ALL BY NAME
SELECT source, source_id AS record, party, phone, email, 'open' AS moment,
    'ticket_open' AS kind, priority AS field, category AS code, channel, opened_at AS occurred_at,
    known_at, least(known_until, resolved_at) AS known_until
FROM opened
UNION ALL BY NAME
SELECT source, source_id AS record, party, phone, email, 'replied' AS moment,
    'ticket_replied' AS kind, category AS code, channel, actor,
    greatest(0, first_reply_at - opened_at) // 1000000 AS duration, first_reply_at AS occurred_at,
    greatest(known_at, first_reply_at) AS known_at, known_until
FROM opened WHERE first_reply_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, party, phone, email, 'resolved' AS moment,
    'ticket_resolved' AS kind, category AS code, channel, actor,
    greatest(0, resolved_at - opened_at) // 1000000 AS duration, resolved_at AS occurred_at,
    greatest(known_at, resolved_at) AS known_at, known_until
FROM opened WHERE resolved_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, party, phone, email, 'csat' AS moment,
    'csat' AS kind, category AS code, channel, csat AS value, rated AS occurred_at,
    greatest(known_at, rated) AS known_at, known_until
FROM opened WHERE csat IS NOT NULL
"""),
)  # fmt: skip

"""The life of a ticket: opened, open, first answered, resolved, rated."""

TABLE = "ticket"

MOMENTS = (
    """
INSERT INTO moment BY NAME
WITH opened AS (
    SELECT *, coalesce(created_at, min(known_at) OVER (PARTITION BY source, source_id)) AS opened_at,
        coalesce(rated_at, resolved_at, known_at) AS judged_at
    FROM ticket
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
    'csat' AS kind, category AS code, channel, csat AS value, judged_at AS occurred_at,
    greatest(known_at, judged_at) AS known_at, known_until
FROM opened WHERE csat IS NOT NULL
""",
)

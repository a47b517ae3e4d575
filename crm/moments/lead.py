"""A lead's own moments: it came to be, it was converted, it was lost.

Its coming says its source where that is fixed; otherwise only from the load on that first said it.
"""

from crm.moments import Statement

TABLE = "lead"

MOMENTS = (
    Statement("lead", """
INSERT INTO moment BY NAME
WITH fixed AS (
    SELECT DISTINCT source, record FROM change
    WHERE object = 'lead' AND field = 'channel' AND provenance = 'fixed'
),
judged AS (
    SELECT l.*, l.channel IS NOT NULL AND f.record IS NULL AS mutable,
        coalesce(created_at, min(known_at) OVER (PARTITION BY l.source, source_id)) AS happened
    FROM lead l LEFT JOIN fixed f ON f.source = l.source AND f.record = l.source_id
)
SELECT source, source_id AS record, source_id AS lead, 'created' AS moment, true AS own,
    'created' AS kind, channel, happened AS occurred_at,
    CASE WHEN mutable THEN loaded_at ELSE known_at END AS known_at, known_until
FROM judged
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS lead, 'created' AS moment, true AS own,
    'created' AS kind, happened AS occurred_at, known_at, least(known_until, loaded_at) AS known_until
FROM judged WHERE mutable
"""),
    Statement("lead", """
INSERT INTO moment BY NAME
SELECT source, source_id AS record, source_id AS lead, 'converted' AS moment, false AS own,
    'converted' AS kind, converted_at AS occurred_at,
    greatest(known_at, converted_at) AS known_at, known_until
FROM lead WHERE converted_at IS NOT NULL
""", "converted_at"),
    Statement("lead", """
INSERT INTO moment BY NAME
SELECT source, source_id AS record, source_id AS lead, 'lost' AS moment, true AS own,
    'lost' AS kind, lost_reason AS code, lost_at AS occurred_at,
    greatest(known_at, lost_at) AS known_at, known_until
FROM lead WHERE lost_at IS NOT NULL
""", "lost_at"),
)  # fmt: skip

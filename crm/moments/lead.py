"""A lead's own moments: it came to be, it was converted, it was lost.

Its coming says its source unless that is known to change: then only changes say it.
"""

TABLE = "lead"

MOMENTS = (
    """
INSERT INTO moment BY NAME
WITH mutable AS (
    SELECT source, record FROM change WHERE object = 'lead' AND field = 'channel'
    GROUP BY source, record HAVING NOT bool_or(coalesce(provenance, '') = 'fixed')
)
SELECT l.source, source_id AS record, source_id AS lead, 'created' AS moment, true AS own,
    'created' AS kind, CASE WHEN m.record IS NULL THEN channel END AS channel,
    coalesce(created_at, min(known_at) OVER (PARTITION BY l.source, source_id)) AS occurred_at,
    known_at, known_until
FROM lead l LEFT JOIN mutable m ON m.source = l.source AND m.record = l.source_id
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS lead, 'converted' AS moment, false AS own,
    'converted' AS kind, channel, converted_at AS occurred_at,
    greatest(known_at, converted_at) AS known_at, known_until
FROM lead WHERE converted_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS lead, 'lost' AS moment, true AS own,
    'lost' AS kind, lost_reason AS code, lost_at AS occurred_at,
    greatest(known_at, lost_at) AS known_at, known_until
FROM lead WHERE lost_at IS NOT NULL
""",
)

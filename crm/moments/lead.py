"""A lead's own moments: it came to be, it was converted, it was lost."""

TABLE = "lead"

MOMENTS = (
    """
INSERT INTO moment BY NAME
SELECT source, source_id AS record, source_id AS lead, 'created' AS moment, true AS own,
    'created' AS kind, channel,
    coalesce(created_at, min(known_at) OVER (PARTITION BY source, source_id)) AS occurred_at,
    known_at, known_until
FROM lead
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

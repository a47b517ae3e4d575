"""A person or organisation came to be known; from which source, unless that is known to change."""

TABLE = "party"

MOMENTS = (
    """
INSERT INTO moment BY NAME
WITH mutable AS (
    SELECT source, record FROM change WHERE object = 'party' AND field = 'channel'
    GROUP BY source, record HAVING NOT bool_or(coalesce(provenance, '') = 'fixed')
)
SELECT p.source, source_id AS record, source_id AS party, 'created' AS moment, true AS own,
    'created' AS kind, CASE WHEN m.record IS NULL THEN channel END AS channel,
    coalesce(created_at, customer_since, min(known_at) OVER (PARTITION BY p.source, source_id)) AS occurred_at,
    known_at, known_until
FROM party p LEFT JOIN mutable m ON m.source = p.source AND m.record = p.source_id
""",
)

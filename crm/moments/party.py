"""A person or organisation came to be known; from which source, where that is fixed, else once a load said it."""

from crm.moments import Statement

TABLE = "party"

MOMENTS = (
    Statement("party", """
INSERT INTO moment BY NAME
WITH fixed AS (
    SELECT DISTINCT source, record FROM change
    WHERE object = 'party' AND field = 'channel' AND provenance = 'fixed'
),
judged AS (
    SELECT p.*, p.channel IS NOT NULL AND f.record IS NULL AS mutable,
        coalesce(created_at, customer_since, min(known_at) OVER (PARTITION BY p.source, source_id)) AS happened
    FROM party p LEFT JOIN fixed f ON f.source = p.source AND f.record = p.source_id
)
SELECT source, source_id AS record, source_id AS party, 'created' AS moment, true AS own,
    'created' AS kind, channel, happened AS occurred_at,
    CASE WHEN mutable THEN loaded_at ELSE known_at END AS known_at, known_until
FROM judged
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS party, 'created' AS moment, true AS own,
    'created' AS kind, happened AS occurred_at, known_at, least(known_until, loaded_at) AS known_until
FROM judged WHERE mutable
"""),
)  # fmt: skip

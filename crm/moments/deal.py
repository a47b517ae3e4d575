"""A deal was opened, and won or lost.

A deal's amount changes until it closes, so its opening carries one only where the mapping says that the
amount is fixed.
"""

TABLE = "deal"

MOMENTS = (
    """
INSERT INTO moment BY NAME
WITH fixed AS (
    SELECT DISTINCT source, record FROM change
    WHERE object = 'deal' AND field = 'amount' AND provenance = 'fixed'
)
SELECT d.source, source_id AS record, source_id AS deal, 'deal_opened' AS moment,
    false AS own, 'deal_opened' AS kind, product AS code, channel,
    CASE WHEN f.record IS NOT NULL THEN amount END AS value, currency,
    coalesce(created_at, min(known_at) OVER (PARTITION BY d.source, source_id)) AS occurred_at,
    known_at, known_until
FROM deal d LEFT JOIN fixed f ON f.source = d.source AND f.record = d.source_id
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS deal, 'deal_won' AS moment, false AS own,
    'deal_won' AS kind, product AS code, channel, amount AS value, currency, won_at AS occurred_at,
    greatest(known_at, won_at) AS known_at, known_until
FROM deal WHERE won_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS deal, 'deal_lost' AS moment, false AS own,
    'deal_lost' AS kind, lost_reason AS code, channel, amount AS value, currency, lost_at AS occurred_at,
    greatest(known_at, lost_at) AS known_at, known_until
FROM deal WHERE lost_at IS NOT NULL
""",
)

"""A person or organisation came to be known."""

TABLE = "party"

MOMENTS = (
    """
INSERT INTO moment BY NAME
SELECT source, source_id AS record, source_id AS party, 'created' AS moment, true AS own,
    'created' AS kind, channel,
    coalesce(created_at, customer_since, min(known_at) OVER (PARTITION BY source, source_id)) AS occurred_at,
    known_at, known_until
FROM party
""",
)

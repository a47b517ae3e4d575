"""A deal was opened, and won or lost.

Its product and source are told where they are fixed; otherwise only from the load on that first said them. Its
amount changes until it closes, so its opening carries one only where that is fixed.
"""

from crm.moments import Statement

TABLE = "deal"

MOMENTS = (
    Statement("deal", """
INSERT INTO moment BY NAME
WITH fixed AS (
    SELECT source, record, bool_or(field = 'product') AS product, bool_or(field = 'channel') AS channel,
        bool_or(field = 'amount') AS amount
    FROM change WHERE object = 'deal' AND provenance = 'fixed' GROUP BY source, record
),
judged AS (
    SELECT d.*, f.product AS product_fixed, f.channel AS channel_fixed, f.amount AS amount_fixed,
        (d.product IS NOT NULL AND f.product IS NOT TRUE)
            OR (d.channel IS NOT NULL AND f.channel IS NOT TRUE) AS mutable,
        coalesce(created_at, min(known_at) OVER (PARTITION BY d.source, source_id)) AS opened_at
    FROM deal d LEFT JOIN fixed f ON f.source = d.source AND f.record = d.source_id
),
told AS (
    SELECT * REPLACE (CASE WHEN mutable THEN loaded_at ELSE known_at END AS known_at) FROM judged
    UNION ALL
    SELECT * REPLACE (
        CASE WHEN product_fixed THEN product END AS product,
        CASE WHEN channel_fixed THEN channel END AS channel, least(known_until, loaded_at) AS known_until)
    FROM judged WHERE mutable
)
SELECT source, source_id AS record, source_id AS deal, 'deal_opened' AS moment, false AS own,
    'deal_opened' AS kind, product AS code, channel, CASE WHEN amount_fixed THEN amount END AS value, currency,
    opened_at AS occurred_at, known_at, known_until
FROM told
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS deal, 'deal_won' AS moment, false AS own,
    'deal_won' AS kind, product AS code, channel, amount AS value, currency, won_at AS occurred_at,
    greatest(known_at, won_at) AS known_at, known_until
FROM told WHERE won_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, source_id AS deal, 'deal_lost' AS moment, false AS own,
    'deal_lost' AS kind, lost_reason AS code, channel, amount AS value, currency, lost_at AS occurred_at,
    greatest(known_at, lost_at) AS known_at, known_until
FROM told WHERE lost_at IS NOT NULL
"""),
)  # fmt: skip

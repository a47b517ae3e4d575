"""What is asked of the records for the director's page, in DuckDB's SQL over each table of the newest import.

``$end`` is when the data ends; ``$quarter``, ``$month`` and ``$year`` are lengths. All times are microseconds.
"""

from typing import Final

READ: Final = {
    "lead": ("created_at", "converted_at", "converted_party"),
    "party": ("organisation",),
    "deal": ("lead", "party", "stage", "amount", "currency", "created_at", "expected_close", "won_at", "lost_at"),
    "transaction": ("kind", "reference", "party", "amount", "currency", "occurred_at", "starts_at", "ends_at",
                    "cancelled_at"),
    "ticket": ("category", "created_at", "first_reply_at", "resolved_at", "csat", "rated_at"),
    "activity": ("lead", "party", "occurred_at", "direction"),
    "change": ("object", "record", "field", "old", "new"),
}  # fmt: skip

VIEWS: Final = """
CREATE TEMP TABLE trade AS
SELECT t.source, coalesce(p.organisation, t.party) AS customer, t.kind, coalesce(t.reference, t.source_id) AS reference,
    coalesce(t.amount, 0) AS amount, coalesce(t.occurred_at, t.starts_at) AS happened,
    CASE WHEN t.kind <> 'order' THEN coalesce(least(t.ends_at, t.cancelled_at), $forever) END AS until
FROM transaction t LEFT JOIN party p ON p.source = t.source AND p.source_id = t.party
WHERE t.party IS NOT NULL AND (t.currency IS NULL OR t.currency = $currency)
    AND coalesce(t.occurred_at, t.starts_at) < $end;
CREATE TEMP TABLE sale AS SELECT * FROM trade WHERE kind IN ('order', 'subscription', 'renewal');
CREATE TEMP TABLE revenue AS
WITH returned AS (
    SELECT source, reference, kind, sum(abs(amount)) AS amount FROM trade WHERE kind IN ('return', 'refund')
    GROUP BY source, reference, kind
    QUALIFY row_number() OVER (PARTITION BY source, reference ORDER BY sum(abs(amount)) DESC, kind DESC) = 1
)
SELECT source, customer, happened, amount, true AS bought FROM sale
UNION ALL
SELECT t.source, t.customer, t.happened, -abs(t.amount), false
FROM trade t JOIN returned r ON r.source = t.source AND r.reference = t.reference AND r.kind = t.kind;
CREATE TEMP TABLE customer AS
SELECT source, customer, min(happened) AS since,
    coalesce(bool_or(happened >= $end - 2 * $quarter AND happened < $end - $quarter
        OR happened < $end - $quarter AND until >= $end - $quarter), false) AS before,
    coalesce(bool_or(happened >= $end - $quarter OR until >= $end), false) AS kept
FROM sale GROUP BY source, customer;
CREATE TEMP TABLE complaint AS
SELECT created_at, first_reply_at, resolved_at FROM ticket
WHERE created_at >= $end - $quarter AND created_at < $end
    AND (len($complaints) = 0 OR list_contains($complaints, lower(category)));
"""
"""Goods that came back and the money paid back for them are often two records of one reference: of the two kinds the
larger is taken off, on its days."""

FIGURES: Final = {
    "conversion": """
        SELECT avg((converted_at < created_at + $month)::INT), count(*) FROM (
            SELECT created_at, coalesce(converted_at, $end * 2) AS converted_at FROM lead
            WHERE created_at >= $end - $quarter - $month AND created_at < $end - $month)""",
    "retention": "SELECT avg(kept::INT), count(*) FROM customer WHERE before",
    "lifetime_value": """
        WITH each AS (
            SELECT sum(r.amount) AS spent FROM customer c JOIN revenue r USING (source, customer)
            WHERE c.since < $end - $year GROUP BY source, customer
        )
        SELECT avg(spent), count(*) FROM each""",
    "remaining_value": """
        WITH each AS (
            SELECT coalesce(sum(r.amount) FILTER (r.happened >= $end - $year), 0) / 4 AS quarterly
            FROM customer c JOIN revenue r USING (source, customer)
            WHERE c.kept AND c.since < $end - $year GROUP BY source, customer
        ),
        staying AS (SELECT avg(kept::INT) AS rate FROM customer WHERE before)
        SELECT avg(quarterly) * any_value(list_sum([rate ** ahead FOR ahead IN range(1, $ahead + 1)])), count(*)
        FROM each, staying""",
    "old_revenue": """
        SELECT sum(r.amount), count(DISTINCT r.customer) FILTER (r.bought)
        FROM revenue r JOIN customer c USING (source, customer)
        WHERE r.happened >= $end - $quarter AND c.since < $end - $quarter""",
    "csat": """
        SELECT avg(csat), count(csat) FROM ticket
        WHERE coalesce(rated_at, resolved_at, created_at) >= $end - $quarter""",
    "response": """
        SELECT median(first_reply_at - created_at) FILTER (first_reply_at >= created_at),
            count(*) FILTER (first_reply_at >= created_at),
            count(*) FILTER (first_reply_at IS NULL AND resolved_at IS NULL)
        FROM complaint""",
    "resolution": """
        SELECT median(resolved_at - created_at) FILTER (resolved_at >= created_at),
            count(*) FILTER (resolved_at >= created_at), count(*) FILTER (resolved_at IS NULL)
        FROM complaint""",
}  # fmt: skip

FUNNEL: Final = """
WITH ours AS (SELECT * FROM activity WHERE coalesce(direction, 'out') = 'out'),
contact AS (
    SELECT source, lead, occurred_at AS happened FROM ours WHERE lead IS NOT NULL
    UNION ALL
    SELECT l.source, l.source_id, a.occurred_at FROM lead l
    JOIN ours a ON a.source = l.source AND a.party = l.converted_party AND a.occurred_at >= l.created_at
    WHERE a.lead IS NULL
),
touched AS (SELECT source, lead, min(happened) AS happened FROM contact GROUP BY source, lead),
dealt AS (
    SELECT source, lead, min(created_at) AS happened, min(won_at) AS won FROM deal WHERE lead IS NOT NULL
    GROUP BY source, lead
    UNION ALL
    SELECT l.source, l.source_id, min(d.created_at), min(d.won_at) FROM lead l
    JOIN deal d ON d.source = l.source AND d.party = l.converted_party AND d.created_at >= l.created_at
    WHERE d.lead IS NULL GROUP BY l.source, l.source_id
),
one AS (
    SELECT l.created_at, least(t.happened, l.converted_at, d.happened, d.won) AS touched,
        least(l.converted_at, d.happened, d.won) AS converted, least(d.happened, d.won) AS dealt, d.won
    FROM lead l LEFT JOIN touched t ON t.source = l.source AND t.lead = l.source_id
    LEFT JOIN (SELECT source, lead, min(happened) AS happened, min(won) AS won FROM dealt GROUP BY source, lead) d
        ON d.source = l.source AND d.lead = l.source_id
    WHERE l.created_at >= $end - $month - 2 * $quarter AND l.created_at < $end - $month
)
SELECT count(*), NULL, count(touched), median(touched - created_at), count(converted),
    median(converted - touched), count(dealt), median(dealt - converted), count(won), median(won - dealt)
FROM one
"""
"""How many came to each step or past it, and the time since the step before. Contacts of ours count, also those a CRM
moved to the customer when the lead was converted."""

MONTHS: Final = """
SELECT strftime(to_timestamp(r.happened // 1000000 + $shift) AT TIME ZONE 'UTC', '%Y-%m') AS month,
    sum(r.amount) FILTER (c.since < r.happened - $quarter) AS old, sum(r.amount) AS everybody
FROM revenue r JOIN customer c USING (source, customer) WHERE r.happened >= $first
GROUP BY month ORDER BY month
"""

OPENED: Final = """
CREATE TEMP TABLE ours AS SELECT * FROM deal WHERE currency IS NULL OR currency = $currency;
CREATE TEMP TABLE closed AS
SELECT source, source_id, coalesce(amount, 0)::DOUBLE AS amount, won_at IS NOT NULL AS won FROM ours
WHERE coalesce(won_at, lost_at) >= $end - $year;
CREATE TEMP TABLE overall AS
SELECT coalesce(sum(amount) FILTER (won), 0) / nullif(sum(amount), 0) AS rate, avg(amount) AS usual FROM closed;
CREATE TEMP TABLE opened AS
WITH passed AS (
    SELECT DISTINCT source, record, unnest([old, new]) AS stage FROM change
    WHERE object = 'deal' AND field = 'stage'
),
past AS (
    SELECT p.stage, count(*) AS deals, sum(c.amount) AS amount, coalesce(sum(c.amount) FILTER (c.won), 0) AS won
    FROM closed c JOIN passed p ON p.source = c.source AND p.record = c.source_id
    WHERE p.stage IS NOT NULL GROUP BY p.stage
)
SELECT coalesce(o.stage, '') AS stage, coalesce(o.amount, 0) AS amount, coalesce(p.deals, 0) AS past,
    (coalesce(p.won, 0) + $prior * a.usual * a.rate) / (coalesce(p.amount, 0) + $prior * a.usual) AS share,
    CASE WHEN expected_close IS NULL THEN 'undated' WHEN expected_close < $today THEN 'overdue'
        WHEN expected_close < $following THEN 'this_month' ELSE 'later' END AS due
FROM ours o LEFT JOIN past p USING (stage) CROSS JOIN overall a WHERE o.won_at IS NULL AND o.lost_at IS NULL;
"""
"""Open deals in the company's own currency, each with the share won of its stage and when it is expected to close."""

FORECAST: Final = """
SELECT stage, count(*), sum(amount)::BIGINT, any_value(share), any_value(past) FROM opened
GROUP BY stage ORDER BY sum(amount) DESC, stage
"""

DUE: Final = "SELECT due, count(*), sum(amount)::BIGINT, sum(amount * share) FROM opened GROUP BY due"

OVERALL: Final = """
SELECT (SELECT rate FROM overall), count(*) FROM deal
WHERE won_at IS NULL AND lost_at IS NULL AND currency <> $currency
"""
"""The share won of all, and how many open deals are in another currency: their amounts cannot be added up."""

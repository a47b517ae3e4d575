"""Orders, invoices, payments, subscriptions: lines of one reference are added up, terms begin and end.

A total changes when one of its lines becomes known or is corrected, so a reference is cut into spans within
which the same lines stand. A term counts as renewed when the next one, of the same reference or of the same
product and party, starts within the grace after its end; until that is known it has ended.
"""

from typing import Final

from crm.clock import DAY
from crm.moments import Statement

TABLE = "transaction"

GRACE: Final = 60 * DAY
"""How long after its end a term may still be renewed."""

SPANS = """
CREATE TEMP TABLE total AS
WITH line AS (
    SELECT *, coalesce(reference, source_id) AS ref,
        coalesce(occurred_at, entered_at, known_at) AS happened,
        greatest(known_at, entered_at) AS known
    FROM transaction
    WHERE kind IN ('quote', 'contract', 'order', 'delivery', 'return', 'refund', 'invoice')
        AND greatest(known_at, entered_at) < known_until
),
edge AS (
    SELECT source, kind, ref, known AS since FROM line
    UNION SELECT source, kind, ref, known_until AS since FROM line
),
span AS (
    SELECT *, lead(since) OVER (PARTITION BY source, kind, ref ORDER BY since) AS until FROM edge
)
SELECT source, kind, ref, s.since AS known_at, s.until AS known_until, min(happened) AS happened,
    sum(amount)::BIGINT AS amount,
    CASE WHEN min(currency) IS NOT DISTINCT FROM max(currency) THEN min(currency) ELSE 'mixed' END
        AS currency,
    min(channel) AS channel, min(actor) AS actor, min(lead) AS lead, min(party) AS party, min(deal) AS deal,
    min(phone) AS phone, min(email) AS email, min(due_at) AS due_at,
    CASE WHEN count(paid_at) = count(*) THEN max(paid_at) END AS paid_at
FROM span s JOIN line l USING (source, kind, ref)
WHERE l.known <= s.since AND s.until <= l.known_until
GROUP BY source, kind, ref, s.since, s.until
"""

PAYMENTS = """
CREATE TEMP TABLE paid AS
SELECT *, coalesce(paid_at, occurred_at, entered_at, known_at) AS happened,
    greatest(known_at, entered_at, paid_at) AS known
FROM transaction WHERE kind = 'payment'
"""

TERMS = """
CREATE TEMP TABLE term AS
SELECT *, coalesce(starts_at, occurred_at, known_at) AS begun,
    greatest(known_at, entered_at) AS known
FROM transaction WHERE kind IN ('subscription', 'renewal')
"""

TOTALS = """
INSERT INTO moment BY NAME
SELECT source, ref AS record, kind AS moment, lead, party, deal, phone, email, kind,
    channel, abs(amount) AS value, currency, actor, ref AS reference, happened AS occurred_at,
    known_at, known_until
FROM total
UNION ALL BY NAME
SELECT source, source_id AS record, 'item' AS moment, lead, party, deal, phone,
    email, 'item' AS kind, kind AS field, product AS code, channel, abs(amount) AS value, currency, actor,
    reference, coalesce(occurred_at, entered_at, known_at) AS occurred_at,
    greatest(known_at, entered_at) AS known_at, known_until
FROM transaction WHERE kind IN ('order', 'return')
"""

OVERDUE = """
INSERT INTO moment BY NAME
WITH first_said AS (
    SELECT source, reference, source_id, min(known) AS known, arg_min(amount, known) AS amount
    FROM paid WHERE reference IS NOT NULL GROUP BY source, reference, source_id
),
added AS (
    SELECT source, reference, known,
        sum(amount) OVER (PARTITION BY source, reference ORDER BY known, source_id) AS amount
    FROM first_said
),
settled AS (
    SELECT t.source, t.ref, t.known_at, min(a.known) AS known
    FROM total t JOIN added a ON a.source = t.source AND a.reference = t.ref
    WHERE t.kind = 'invoice' AND (t.amount IS NULL OR a.amount IS NULL OR a.amount >= t.amount)
    GROUP BY t.source, t.ref, t.known_at
)
SELECT source, ref AS record, 'overdue' AS moment, lead, party, deal, phone, email,
    'invoice_overdue' AS kind, channel, abs(amount) AS value, currency, actor, ref AS reference,
    due_at AS occurred_at, greatest(t.known_at, due_at) AS known_at,
    least(t.known_until, paid_at, s.known) AS known_until
FROM total t LEFT JOIN settled s USING (source, ref, known_at)
WHERE kind = 'invoice' AND due_at IS NOT NULL
"""

PAID = """
INSERT INTO moment BY NAME
WITH owed AS (
    SELECT source, ref, arg_min(due_at, known_at) AS due, min(known_at) AS owed_known
    FROM total WHERE kind = 'invoice' AND due_at IS NOT NULL GROUP BY source, ref
),
judged AS (
    SELECT p.*, coalesce(p.due_at, o.due) AS due,
        CASE WHEN p.due_at IS NULL THEN o.owed_known END AS owed_known
    FROM paid p LEFT JOIN owed o ON o.source = p.source AND o.ref = p.reference
)
SELECT source, source_id AS record, 'payment' AS moment, lead, party, deal, phone,
    email, 'payment' AS kind, channel, amount AS value, currency, actor, reference, happened AS occurred_at,
    CASE WHEN due IS NULL THEN NULL WHEN happened <= due THEN 'on_time' ELSE 'late' END AS code,
    CASE WHEN due IS NOT NULL THEN greatest(0, happened - due) // 1000000 END AS duration,
    greatest(known, owed_known) AS known_at, known_until
FROM judged
UNION ALL BY NAME
SELECT source, source_id AS record, 'payment' AS moment, lead, party, deal, phone,
    email, 'payment' AS kind, channel, amount AS value, currency, actor, reference, happened AS occurred_at,
    known AS known_at, least(known_until, owed_known) AS known_until
FROM judged WHERE owed_known > known
"""

BEGUN = """
INSERT INTO moment BY NAME
SELECT source, source_id AS record, 'began' AS moment, lead, party, deal, phone, email,
    'subscription' AS kind, CASE kind WHEN 'renewal' THEN 'renewal' ELSE 'new' END AS field, product AS code,
    channel, amount AS value, currency, actor, reference, begun AS occurred_at, known AS known_at, known_until
FROM term
UNION ALL BY NAME
SELECT source, source_id AS record, 'active' AS moment, lead, party, deal, phone, email,
    'subscription_active' AS kind, product AS code, channel, amount AS value, currency, actor, reference,
    begun AS occurred_at, greatest(known, begun) AS known_at,
    least(known_until, ends_at, cancelled_at) AS known_until
FROM term
UNION ALL BY NAME
SELECT source, source_id AS record, 'term' AS moment, lead, party, deal, phone, email,
    'subscription_term' AS kind, product AS code, channel, ends_at // 1000000 AS value, actor, reference,
    begun AS occurred_at, greatest(known, begun) AS known_at, known_until
FROM term WHERE ends_at IS NOT NULL
"""

ENDED = f"""
INSERT INTO moment BY NAME
WITH followed AS (
    SELECT a.source, a.source_id, a.known_at, min(b.known) AS renewed
    FROM term a JOIN term b
        ON b.source = a.source AND b.party = a.party AND b.product IS NOT DISTINCT FROM a.product
    WHERE b.source_id <> a.source_id AND b.begun > a.begun AND b.begun <= a.ends_at + {GRACE}
    GROUP BY a.source, a.source_id, a.known_at
    UNION ALL
    SELECT a.source, a.source_id, a.known_at, min(b.known) AS renewed
    FROM term a JOIN term b ON b.source = a.source AND b.reference = a.reference
    WHERE b.source_id <> a.source_id AND b.begun > a.begun AND b.begun <= a.ends_at + {GRACE}
    GROUP BY a.source, a.source_id, a.known_at
),
renewal AS (
    SELECT source, source_id, known_at, min(renewed) AS renewed FROM followed
    GROUP BY source, source_id, known_at
)
SELECT source, source_id AS record, 'ended' AS moment, lead, party, deal, phone, email,
    'subscription_ended' AS kind, product AS field, 'cancelled' AS code, channel, amount AS value, currency,
    actor, reference, cancelled_at AS occurred_at, greatest(known, cancelled_at) AS known_at, known_until
FROM term WHERE cancelled_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, 'ended' AS moment, lead, party, deal, phone, email,
    'subscription_ended' AS kind, product AS field, 'not_renewed' AS code, channel, amount AS value, currency,
    actor, reference, ends_at AS occurred_at, greatest(known, ends_at) AS known_at,
    least(known_until, cancelled_at, renewed) AS known_until
FROM term LEFT JOIN renewal USING (source, source_id, known_at)
WHERE ends_at IS NOT NULL AND (cancelled_at IS NULL OR cancelled_at > ends_at)
"""  # noqa: S608

MOMENTS = (
    Statement("transaction", SPANS),
    Statement("transaction", PAYMENTS),
    Statement("transaction", TERMS),
    Statement("transaction", TOTALS),
    Statement("total", OVERDUE),
    Statement("paid", PAID),
    Statement("term", BEGUN),
    Statement("term", ENDED),
)

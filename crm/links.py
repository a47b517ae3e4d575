"""Which subjects a record's events reach, since when and until when; and which records are one person.

A *way* leads from a record (lead, party, deal) to a subject, over the time in which that was known:

- a lead to itself; from its conversion on also to the customer it became;
- a party to its customer: itself, or the organisation it works for once that is known;
- a deal to itself, and wherever its party and its lead lead to;
- a party's activities to the lead it came from, where they happened between that lead's creation and its
  conversion (CRMs move them over). Not where the party is older than the lead: then they are its own;
- what the party it became is offered and buys in the first year leads back to the lead: that is its outcome;
- a merged record to wherever the record it was merged into leads, and no longer to its own subject, until
  the merge is undone.

Records without an id of their subject reach it by exact phone or e-mail. A key once given to a record keeps
leading to it, since old calls stay its own when a number changes. A key held under more than five names is
a company's hotline or a shop's shared mailbox: from when the sixth is known it leads to nobody.
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

UNDATED: Final = """
CREATE TEMP TABLE party AS
WITH named AS (
    SELECT source, party AS record, known_at FROM activity
    UNION ALL SELECT source, party, known_at FROM transaction
    UNION ALL SELECT source, party, known_at FROM ticket
    UNION ALL SELECT source, party, known_at FROM deal
    UNION ALL SELECT source, converted_party, greatest(known_at, converted_at) FROM lead
),
first_named AS (
    SELECT source, record, min(known_at) AS known_at FROM named GROUP BY source, record
),
first_said AS (
    SELECT *, created_at IS NULL
        AND known_at = min(known_at) OVER (PARTITION BY source, source_id) AS undated
    FROM party_said
),
dated AS (
    SELECT p.* REPLACE (CASE WHEN undated THEN least(p.known_at, f.known_at) ELSE p.known_at END AS known_at)
    FROM first_said p LEFT JOIN first_named f ON f.source = p.source AND f.record = p.source_id
),
first_placed AS (
    SELECT source, organisation, min(known_at) AS known_at FROM dated GROUP BY source, organisation
)
SELECT d.* EXCLUDE (undated)
    REPLACE (CASE WHEN undated THEN least(d.known_at, f.known_at) ELSE d.known_at END AS known_at)
FROM dated d LEFT JOIN first_placed f ON f.source = d.source AND f.organisation = d.source_id
"""
"""A party without a date of its own is taken to be known since something first named it."""

PARTY_WAYS: Final = """
INSERT INTO base_way
WITH organisation AS (
    SELECT source, source_id, min(known_at) AS known FROM party GROUP BY source, source_id
),
placed AS (
    SELECT p.*, o.known AS placed_known FROM party p LEFT JOIN organisation o
        ON o.source = p.source AND o.source_id = p.organisation AND p.organisation <> p.source_id
)
SELECT 'party', source, source_id, 'customer:' || source || ':' || source_id, true, first_time(), last_time(),
    known_at, least(known_until, placed_known)
FROM placed
UNION ALL
SELECT 'party', source, source_id, 'customer:' || source || ':' || organisation, false, first_time(),
    last_time(), greatest(known_at, placed_known), known_until
FROM placed WHERE placed_known IS NOT NULL
"""

LEAD_WAYS: Final = """
INSERT INTO base_way
SELECT 'lead', source, source_id, 'lead:' || source || ':' || source_id, true, first_time(), last_time(),
    known_at, known_until
FROM lead
UNION ALL
SELECT 'lead', l.source, l.source_id, w.subject, false, first_time(), last_time(),
    greatest(l.known_at, l.converted_at, w.known_at),
    least(l.known_until, w.known_until)
FROM lead l JOIN way w ON w.object = 'party' AND w.source = l.source AND w.record = l.converted_party
"""

DEAL_WAYS: Final = """
INSERT INTO base_way
SELECT 'deal', source, source_id, 'deal:' || source || ':' || source_id, true, first_time(), last_time(),
    known_at, known_until
FROM deal
UNION ALL
SELECT 'deal', d.source, d.source_id, w.subject, false, w.happened_from, w.happened_until,
    greatest(d.known_at, w.known_at), least(d.known_until, w.known_until)
FROM deal d JOIN way w ON w.object = 'party' AND w.source = d.source AND w.record = d.party
UNION ALL
SELECT 'deal', d.source, d.source_id, w.subject, false, w.happened_from, w.happened_until,
    greatest(d.known_at, w.known_at), least(d.known_until, w.known_until)
FROM deal d JOIN way w ON w.object = 'lead' AND w.source = d.source AND w.record = d.lead
"""

MOVED_WAYS: Final = """
INSERT INTO way
WITH age AS (
    SELECT source, source_id, arg_min(coalesce(created_at, known_at), known_at) AS aged_from,
        arg_min(created_at, known_at) AS made_at
    FROM party GROUP BY source, source_id
),
said AS (
    SELECT *, min(known_at) OVER (PARTITION BY source, source_id) AS first_known FROM lead
),
became AS (
    SELECT l.*, least(a.made_at, l.converted_at) AS made_at
    FROM said l
    JOIN age a ON a.source = l.source AND a.source_id = l.converted_party AND a.aged_from >= l.created_at
    WHERE l.converted_at IS NOT NULL
),
stretch AS (
    SELECT *, created_at AS happened_from, made_at AS happened_until, first_known AS moved_known
    FROM became WHERE made_at IS NOT NULL
    UNION ALL BY NAME
    SELECT *, coalesce(made_at, created_at) AS happened_from, converted_at AS happened_until,
        known_at AS moved_known
    FROM became
)
SELECT 'moved', s.source, s.converted_party, w.subject, false, s.happened_from, s.happened_until,
    greatest(s.moved_known, w.known_at), least(s.known_until, w.known_until)
FROM stretch s
JOIN way w ON w.object = 'lead' AND w.source = s.source AND w.record = s.source_id
    AND starts_with(w.subject, 'lead:')
WHERE s.happened_from < s.happened_until
"""
"""What happened before the party was made was the lead's, whichever import first says so: known as it was.

Known only since that import, leads that convert would seem to fall silent before they do.
"""

BECOME_WAYS: Final = """
INSERT INTO way
SELECT 'become', l.source, l.converted_party, w.subject, false, l.converted_at,
    l.converted_at + 365 * 86400000000, greatest(l.known_at, l.converted_at, w.known_at),
    least(l.known_until, w.known_until)
FROM lead l JOIN way w ON w.object = 'lead' AND w.source = l.source AND w.record = l.source_id
    AND starts_with(w.subject, 'lead:')
WHERE l.converted_at IS NOT NULL
"""

MERGES: Final = """
CREATE TEMP TABLE merged AS
SELECT "table" AS object, source, record, regexp_replace(subject, '^(lead|customer|party|deal):[^:]*:', '')
    AS target, known_at, least(known_until, "until") AS known_until
FROM link WHERE rule = 'merge' AND known_at < least(known_until, "until")
"""

FOLLOW_MERGES: Final = """
INSERT INTO way
WITH RECURSIVE path AS (
    SELECT source, record, target, known_at, known_until, 1 AS steps FROM merged WHERE object = $object
    UNION ALL
    SELECT p.source, p.record, m.target, greatest(p.known_at, m.known_at),
        least(p.known_until, m.known_until), steps + 1
    FROM path p JOIN merged m ON m.object = $object AND m.source = p.source AND m.record = p.target
    WHERE steps < 10 AND greatest(p.known_at, m.known_at) < least(p.known_until, m.known_until)
),
apart AS (
    SELECT source, record, known_at AS until,
        coalesce(max(known_until) OVER (
            PARTITION BY source, record ORDER BY known_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), first_time()) AS since
    FROM merged WHERE object = $object
    UNION ALL BY NAME
    SELECT source, record, last_time() AS until, max(known_until) AS since
    FROM merged WHERE object = $object GROUP BY source, record
),
own AS (
    SELECT b.* REPLACE (
        greatest(b.known_at, a.since) AS known_at,
        least(b.known_until, a.until) AS known_until)
    FROM base_way b LEFT JOIN apart a ON a.source = b.source AND a.record = b.record AND a.since < a.until
    WHERE b.object = $object
)
SELECT * FROM own WHERE known_at < known_until
UNION ALL
SELECT o.object, p.source, p.record, o.subject, false, o.happened_from, o.happened_until,
    greatest(o.known_at, p.known_at), least(o.known_until, p.known_until)
FROM path p JOIN own o ON o.source = p.source AND o.record = p.target
WHERE greatest(o.known_at, p.known_at) < least(o.known_until, p.known_until)
"""

WAYS: Final = (("party", PARTY_WAYS), ("lead", LEAD_WAYS), ("deal", DEAL_WAYS))
"""Each kind of record after those its ways pass through."""

KEYS: Final = """
CREATE TEMP TABLE key AS
WITH holder AS (
    SELECT 'lead' AS object, source, source_id AS record, name, phone, email, tax_code, known_at FROM lead
    UNION ALL
    SELECT 'party', source, source_id, name, phone, email, tax_code, known_at FROM party
),
held AS (
    SELECT 'phone' AS kind, phone AS value, object, source, record, name, known_at FROM holder
    UNION ALL SELECT 'email', email, object, source, record, name, known_at FROM holder
    UNION ALL SELECT 'tax_code', tax_code, object, source, record, NULL, known_at FROM holder
),
called AS (
    SELECT kind, value, strip_accents(replace(lower(name), 'đ', 'd')) AS called, min(known_at) AS known_at
    FROM held WHERE name IS NOT NULL AND value IS NOT NULL GROUP BY ALL
),
counted AS (
    SELECT kind, value, known_at, row_number() OVER (PARTITION BY kind, value ORDER BY known_at) AS names
    FROM called
),
shared AS (
    SELECT kind, value, known_at FROM counted WHERE names = 6
)
SELECT h.kind, h.value, h.object, h.source, h.record, min(h.known_at) AS known_at,
    coalesce(any_value(s.known_at), last_time()) AS known_until
FROM held h LEFT JOIN shared s USING (kind, value)
WHERE h.value IS NOT NULL
GROUP BY h.kind, h.value, h.object, h.source, h.record
HAVING min(h.known_at) < coalesce(any_value(s.known_at), last_time())
"""

REACH: Final = """
CREATE TEMP TABLE reached AS
WITH tied AS (
    SELECT number, 'lead' AS object, source, lead AS record, own, occurred_at, known_at, known_until
    FROM moment WHERE lead IS NOT NULL
    UNION ALL
    SELECT number, 'party', source, party, own, occurred_at, known_at, known_until
    FROM moment WHERE party IS NOT NULL
    UNION ALL
    SELECT number, 'moved', source, party, own, occurred_at, known_at, known_until
    FROM moment WHERE party IS NOT NULL AND origin = 'activity'
    UNION ALL
    SELECT number, 'become', source, party, own, occurred_at, known_at, known_until
    FROM moment WHERE party IS NOT NULL AND origin = 'transaction'
    UNION ALL
    SELECT number, 'deal', source, deal, own, occurred_at, known_at, known_until
    FROM moment WHERE deal IS NOT NULL
    UNION ALL
    SELECT number, k.object, k.source, k.record, own, occurred_at,
        greatest(m.known_at, k.known_at), least(m.known_until, k.known_until)
    FROM moment m JOIN key k ON k.kind = 'phone' AND k.value = m.phone
    WHERE lead IS NULL AND party IS NULL AND deal IS NULL
    UNION ALL
    SELECT number, k.object, k.source, k.record, own, occurred_at,
        greatest(m.known_at, k.known_at), least(m.known_until, k.known_until)
    FROM moment m JOIN key k ON k.kind = 'email' AND k.value = m.email
    WHERE lead IS NULL AND party IS NULL AND deal IS NULL
)
SELECT t.number, w.subject, greatest(t.known_at, w.known_at) AS known_at,
    least(t.known_until, w.known_until) AS known_until
FROM tied t JOIN way w ON w.object = t.object AND w.source = t.source AND w.record = t.record
WHERE (w.self OR NOT t.own) AND t.occurred_at >= w.happened_from AND t.occurred_at < w.happened_until
    AND greatest(t.known_at, w.known_at) < least(t.known_until, w.known_until)
UNION ALL
SELECT m.number, l.subject, greatest(m.known_at, l.known_at),
    least(m.known_until, l.known_until, l."until")
FROM moment m JOIN link l ON l."table" = m.origin AND l.source = m.source AND l.record = m.record
WHERE l.rule <> 'merge' AND NOT m.own AND greatest(m.known_at, l.known_at)
    < least(m.known_until, l.known_until, l."until")
"""

SET_UP: Final = """
CREATE MACRO first_time() AS (-9223372036854775808)::BIGINT;
CREATE MACRO last_time() AS 9223372036854775807::BIGINT;
CREATE TEMP TABLE base_way (
    object VARCHAR, source VARCHAR, record VARCHAR, subject VARCHAR, self BOOLEAN, happened_from BIGINT,
    happened_until BIGINT, known_at BIGINT, known_until BIGINT
);
CREATE TEMP TABLE way AS SELECT * FROM base_way;
"""

ALIKE: Final = """
WITH record AS (
    SELECT DISTINCT 'lead:' || source || ':' || source_id AS record FROM lead
    UNION ALL SELECT DISTINCT 'party:' || source || ':' || source_id FROM party
    UNION ALL SELECT DISTINCT 'deal:' || source || ':' || source_id FROM deal
)
SELECT record AS one, record AS other FROM record
UNION ALL
SELECT object || ':' || source || ':' || record, kind || '=' || value FROM key WHERE known_until = last_time()
UNION ALL
SELECT 'lead:' || source || ':' || source_id, 'party:' || source || ':' || converted_party
FROM lead WHERE converted_party IS NOT NULL
UNION ALL
SELECT 'party:' || source || ':' || source_id, 'party:' || source || ':' || organisation
FROM party WHERE organisation IS NOT NULL
UNION ALL
SELECT 'deal:' || source || ':' || source_id, 'party:' || source || ':' || party
FROM deal WHERE party IS NOT NULL
UNION ALL
SELECT 'deal:' || source || ':' || source_id, 'lead:' || source || ':' || lead
FROM deal WHERE lead IS NOT NULL
UNION ALL
SELECT object || ':' || source || ':' || record, object || ':' || source || ':' || target FROM merged
"""


def groups(alike: pa.Table) -> pa.Table:
    """Connected components of ``alike``: columns record and party, the first of the records joined.

    ``one`` is a record, ``other`` a record or a key. Used to keep one person's records in the same fold, and for
    nothing else: it looks at the whole history.
    """
    if not alike.num_rows:
        return pa.table({"record": pa.array([], pa.string()), "party": pa.array([], pa.string())})
    ends = pa.concat_arrays([*alike["one"].chunks, *alike["other"].chunks]).dictionary_encode()
    codes, names = ends.indices.to_numpy(), ends.dictionary
    one, other = np.split(codes, 2)
    size = len(names)
    graph = coo_array((np.ones(len(one), dtype=np.int8), (one, other)), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    first = np.zeros(size, dtype=np.int64)
    alphabetical = pc.index_in(pc.unique(alike["one"]).sort(), names).to_numpy()
    first[component[alphabetical][::-1]] = alphabetical[::-1]
    return pa.table({"record": names, "party": names.take(pa.array(first[component]))})

"""An activity becomes what happened; a planned callback, what was promised, missed and kept.

An activity is known when it is over, for only then its outcome and length are; one entered late, from its entry.
One with the key of an outcome that was written back was told when it was tapped, and tells nothing.
A length of a day and more is a mistake and delays nothing.
"""

from crm.moments import Statement

TABLE = "activity"

ENTERED = """
SELECT * REPLACE (coalesce(kind, 'activity') AS kind),
    coalesce(occurred_at, entered_at, known_at) AS happened,
    greatest(known_at, entered_at,
        CASE WHEN duration BETWEEN 0 AND 86399 THEN occurred_at + duration * 1000000 END) AS known
FROM activity
WHERE custom IS NULL OR NOT contains(custom, '"leadkeep_key": "')
"""

HAPPENED = f"""
INSERT INTO moment BY NAME
WITH entered AS ({ENTERED})
SELECT source, source_id AS record, lead, party, deal, phone, email,
    '' AS moment, kind, subject_code AS field, outcome AS code, channel,
    direction, duration, actor, happened AS occurred_at, known AS known_at, known_until
FROM entered WHERE kind <> 'callback'
"""  # noqa: S608

PROMISED = f"""
INSERT INTO moment BY NAME
WITH entered AS ({ENTERED}),
callback AS (SELECT * FROM entered WHERE kind = 'callback')
SELECT source, source_id AS record, lead, party, deal, phone, email,
    'planned' AS moment, 'callback_planned' AS kind, subject_code AS field, channel, direction, actor,
    due_at // 1000000 AS value, coalesce(entered_at, happened) AS occurred_at, known AS known_at, known_until
FROM callback
UNION ALL BY NAME
SELECT source, source_id AS record, lead, party, deal, phone, email,
    'overdue' AS moment, 'callback_overdue' AS kind, subject_code AS field, channel, direction, actor,
    due_at AS occurred_at, greatest(known, due_at) AS known_at,
    least(known_until, done_at) AS known_until
FROM callback WHERE due_at IS NOT NULL
UNION ALL BY NAME
SELECT source, source_id AS record, lead, party, deal, phone, email,
    'done' AS moment, 'callback_done' AS kind, subject_code AS field, channel, direction, actor,
    CASE WHEN due_at IS NULL THEN NULL WHEN done_at <= due_at THEN 'on_time' ELSE 'late' END AS code,
    CASE WHEN due_at IS NOT NULL THEN greatest(0, done_at - due_at) // 1000000 END AS duration,
    done_at AS occurred_at, greatest(known, done_at) AS known_at, known_until
FROM callback WHERE done_at IS NOT NULL
"""  # noqa: S608

MOMENTS = (
    Statement("activity", HAPPENED),
    Statement("activity", PROMISED, "kind", ("callback",)),
)

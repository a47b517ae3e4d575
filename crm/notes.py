"""The last note that the CRM holds of each lead and customer, in its writer's words; no feature reads it."""

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow.compute as pc

from crm.arrivals import KINDS, NOTE, noted
from crm.directory import NEWEST, newest
from crm.history import History
from crm.schema import KEYED
from crm.settings import Home

READ: Final = {"party": ("organisation",), "deal": ("party", "lead")}
COLUMNS: Final = (
    "source",
    "source_id",
    "load",
    "known_at",
    "deleted",
    "lead",
    "party",
    "deal",
    "occurred_at",
    "custom",
)

LAST: Final = """
WITH said AS (
    SELECT a.source, coalesce(a.lead, d.lead) AS lead, coalesce(a.party, d.party) AS party, a.custom,
        coalesce(a.occurred_at, a.known_at) AS written
    FROM activity a LEFT JOIN deal d ON d.source = a.source AND d.source_id = a.deal
    WHERE contains(a.custom, $name) AND NOT contains(a.custom, $keyed)
),
of_lead AS (SELECT 'lead:' || source || ':' || lead AS subject, written, custom FROM said WHERE lead IS NOT NULL),
of_customer AS (
    SELECT 'customer:' || s.source || ':' || coalesce(p.organisation, s.party) AS subject, written, custom
    FROM said s LEFT JOIN party p ON p.source = s.source AND p.source_id = s.party WHERE s.party IS NOT NULL
)
SELECT subject, max(written), arg_max(custom, written)
FROM (SELECT * FROM of_lead UNION ALL SELECT * FROM of_customer) GROUP BY subject
"""


class Note(NamedTuple):
    """When it was written (UTC microseconds), and what."""

    at: int
    text: str


def notes(home: Home) -> Mapping[str, Note]:
    """The last note of each subject that has one, as of the newest load and the inbox above it; raises HistoryError."""
    told = _notes(home.path, History(home).load_number)
    came: dict[str, Note] = {}
    for row in noted(home):
        text, at = json.loads(row["custom"])[NOTE], row["occurred_at"] or row["known_at"]
        for table, kind in KINDS.items():
            subject = f"{kind}:{row['source']}:{row[table]}"
            before = came.get(subject) or told.get(subject)
            if row[table] and isinstance(text, str) and text and (before is None or before.at <= at):
                came[subject] = Note(at, text)
    return told | came if came else told


@lru_cache(maxsize=2)
def _notes(path: Path, load: int) -> dict[str, Note]:
    history, name = History(Home(path), load), f'"{NOTE}": "'
    said = history.rows("activity", ["source_id", "custom"])
    noted = said["source_id"].filter(pc.fill_null(pc.match_substring(said["custom"], name), fill_value=False))
    if not len(noted):
        return {}
    rows = history.rows("activity", COLUMNS)
    with newest(history, READ) as connection:
        connection.register("rows", rows.filter(pc.is_in(rows["source_id"], value_set=noted.unique())))
        connection.register("activity", connection.execute(NEWEST).to_arrow_table())
        found = connection.execute(LAST, {"name": name, "keyed": KEYED}).fetchall()
    read = ((subject, at, json.loads(custom).get(NOTE)) for subject, at, custom in found)
    return {subject: Note(at, text) for subject, at, text in read if isinstance(text, str)}

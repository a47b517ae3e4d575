"""Finds the subject a person means by the id a CRM shows: the record of that id, or one it is linked with."""

from typing import Final

from crm.directory import newest
from crm.errors import NotFound
from crm.events import EventStore
from crm.history import History
from crm.settings import Home

READ: Final = {"lead": ("converted_party",), "party": ("organisation",), "deal": ("party", "lead")}
RECORD: Final = {"lead": "lead", "deal": "deal", "customer": "party"}
"""The table that holds the records of each kind of subject."""

SHOWN: Final = 5
"""Subjects an error lists to choose from."""

TYPED: Final = """
CREATE TEMP TABLE typed AS
SELECT 'lead' AS "table", source, source_id AS record FROM lead WHERE source_id = $id
UNION ALL SELECT 'party', source, source_id FROM party WHERE source_id = $id
UNION ALL SELECT 'deal', source, source_id FROM deal WHERE source_id = $id
"""

LINKED: Final = """
WITH RECURSIVE tie AS (
    SELECT 'lead' AS "table", source, source_id AS record, 'party' AS of, converted_party AS whole FROM lead
    UNION ALL SELECT 'party', source, source_id, 'party', organisation FROM party
    UNION ALL SELECT 'deal', source, source_id, 'party', party FROM deal
    UNION ALL SELECT 'deal', source, source_id, 'lead', lead FROM deal
),
up AS (
    FROM typed
    UNION SELECT t.of, t.source, t.whole FROM up u JOIN tie t USING ("table", source, record)
),
down AS (
    FROM typed
    UNION SELECT t."table", t.source, t.record
    FROM down d JOIN tie t ON t.of = d."table" AND t.source = d.source AND t.whole = d.record
)
SELECT DISTINCT $kind || ':' || source || ':' || record AS subject
FROM (FROM up UNION FROM down) WHERE "table" = $table ORDER BY subject
"""
"""A lead belongs to the party it became, a person to the organisation, a deal to its party and its lead."""


def named(home: Home, store: EventStore, kind: str, text: str) -> str:
    """The subject of ``kind`` that ``text`` means: a subject's id, or a record's own id in the CRM.

    A record that is no such subject stands for the one it belongs to, or that belongs to it: a contact for the
    company that is the customer. Raises NotFound where there is none, or with the candidates where there are several.
    """
    if text.startswith(f"{kind}:"):
        return text
    people = store.subjects(kind)
    own = people[people["source_id"] == text]
    found, records = own["subject"].tolist(), [f"{kind} of {source}" for source in own["source"]]
    if not found:
        records, linked = _linked(History(home, store.load), kind, text)
        found = sorted(set(linked) & set(people["subject"]))
    if len(found) == 1 and len(records) == 1:
        return str(found[0])
    raise _unclear(kind, text, records, found)


def _linked(history: History, kind: str, text: str) -> tuple[list[str], list[str]]:
    """The records of this id, and the subjects of ``kind`` they are linked with, as known now."""
    with newest(history, READ) as connection:
        connection.execute(TYPED, {"id": text})
        records = connection.execute(
            "SELECT \"table\" || ' of ' || source FROM typed ORDER BY ALL"
        ).fetchall()
        linked = connection.execute(LINKED, {"kind": kind, "table": RECORD[kind]}).fetchall()
    return [record for (record,) in records], [subject for (subject,) in linked]


def _unclear(kind: str, text: str, records: list[str], found: list[str]) -> NotFound:
    where = ", ".join(records)
    if found:
        more = f" or {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        todo = f"choose one of {', '.join(found[:SHOWN])}{more}"
        several = "several records have this id" if len(records) > 1 else f"this record has several {kind}s"
        return NotFound(several, value=text, where=where, todo=todo)
    what = f"no {kind} is linked with this record" if records else f"no {kind} has this id"
    todo = f"give {kind}:<source>:<id>, or the id the CRM shows; names and phone numbers are not looked up"
    return NotFound(what, value=text, where=where, todo=todo)

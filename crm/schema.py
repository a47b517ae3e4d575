"""The canonical tables: what a CRM's records become, column by column.

A mapping file names these tables and columns; nothing else can be mapped. Every stored row also carries
:data:`STORED`. Types say how a cell is cleaned:

========  =============================================================
text      NFC, trimmed; blank is unknown
code      like text: a value from a list (status, source, outcome ...)
time      UTC microseconds; a date alone is that local day's end when it decides what was known
money     integer of the smallest unit of the row's currency
integer   whole number
phone     E.164
email     casefolded
boolean   from the mapping's value map, or yes/no words
========  =============================================================
"""

from typing import Final

TABLES: Final[dict[str, dict[str, str]]] = {
    "party": {
        "kind": "code",  # person | organisation
        "name": "text",
        "salutation": "code",
        "phone": "phone",
        "email": "email",
        "tax_code": "text",
        "organisation": "text",  # source_id of the organisation a person works for
        "zalo": "text",
        "title": "code",
        "industry": "code",
        "province": "code",
        "employees": "integer",
        "channel": "code",
        "owner": "text",
        "created_at": "time",
        "customer_since": "time",
    },
    "lead": {
        "name": "text",
        "salutation": "code",
        "phone": "phone",
        "email": "email",
        "company": "text",
        "tax_code": "text",
        "zalo": "text",
        "title": "code",
        "industry": "code",
        "province": "code",
        "employees": "integer",
        "channel": "code",
        "campaign": "code",
        "product": "code",
        "amount": "money",
        "currency": "code",
        "status": "code",
        "rating": "code",
        "owner": "text",
        "created_at": "time",
        "converted_at": "time",
        "converted_party": "text",
        "lost_at": "time",
        "lost_reason": "code",
    },
    "deal": {
        "name": "text",
        "party": "text",
        "lead": "text",
        "product": "code",
        "channel": "code",
        "stage": "code",
        "amount": "money",
        "currency": "code",
        "owner": "text",
        "created_at": "time",
        "expected_close": "time",
        "won_at": "time",
        "lost_at": "time",
        "lost_reason": "code",
    },
    "stage": {
        "object": "code",  # lead | deal
        "name": "code",
        "position": "integer",
        "outcome": "code",  # "" | won | lost
    },
    "actor": {
        "name": "text",
        "email": "email",
        "team": "code",
        "joined_at": "time",
        "left_at": "time",
    },
    "activity": {
        "kind": "code",  # call email meeting note chat visit form campaign callback; others are kept as they are
        "direction": "code",  # in | out
        "channel": "code",
        "outcome": "code",
        "subject_code": "code",
        "occurred_at": "time",
        "entered_at": "time",
        "duration": "integer",  # seconds
        "actor": "text",
        "lead": "text",
        "party": "text",
        "deal": "text",
        "phone": "phone",
        "email": "email",
        "due_at": "time",
        "done_at": "time",
    },
    "transaction": {
        "kind": "code",  # quote contract order delivery return invoice payment renewal refund subscription
        "reference": "text",  # the order, invoice or contract that lines and payments belong to
        "party": "text",
        "lead": "text",
        "deal": "text",
        "product": "code",
        "quantity": "integer",
        "amount": "money",
        "currency": "code",
        "occurred_at": "time",
        "entered_at": "time",
        "due_at": "time",
        "paid_at": "time",
        "starts_at": "time",
        "ends_at": "time",
        "cancelled_at": "time",
        "channel": "code",
        "actor": "text",
        "phone": "phone",
        "email": "email",
    },
    "ticket": {
        "party": "text",
        "category": "code",
        "priority": "code",
        "channel": "code",
        "created_at": "time",
        "first_reply_at": "time",
        "resolved_at": "time",
        "csat": "integer",
        "rated_at": "time",
        "actor": "text",
        "phone": "phone",
        "email": "email",
    },
    "change": {
        "object": "code",  # lead | party | deal | ticket ...
        "record": "text",
        "field": "code",
        "old": "text",
        "new": "text",
        "occurred_at": "time",
        "actor": "text",
        "provenance": "code",  # history | webhook | comparison | inferred
        "precision": "code",  # second | day | load
    },
    "link": {
        "table": "code",
        "record": "text",
        "subject": "text",
        "rule": "code",  # id | phone | email | tax_code | merge
        "until": "time",
    },
}

OWN_KEY: Final = "leadkeep_key"
"""The company's own column of an activity that the CRM entered for an outcome written back; a mapping gives it this
name. We told of that call when it was tapped: it is kept, and tells nothing a second time."""

KEYED: Final = f'"{OWN_KEY}": "'
"""What the ``custom`` of such a row contains."""

STORED: Final[dict[str, str]] = {
    "source": "code",  # name of the CRM or file family, from the mapping
    "source_id": "text",  # the record's id there, unchanged
    "custom": "json",  # mapped columns of the company's own, {"name": "value"}
    "known_at": "time",  # when the company's systems knew this row
    "assumed": "boolean",  # True where known_at is only assumed
    "deleted": "boolean",  # True: this row closes the record
    "load": "integer",  # the load that brought it
    "file": "text",
    "line": "integer",
    "content": "text",  # hash of what the source said, to tell a change from a repetition
}
"""Columns of every table beside its own."""

CREATED: Final[dict[str, str]] = {
    "party": "created_at",
    "lead": "created_at",
    "deal": "created_at",
    "ticket": "created_at",
    "activity": "occurred_at",
    "transaction": "occurred_at",
    "change": "occurred_at",
    "actor": "joined_at",
}
"""The column that says when a record of a table came to be."""

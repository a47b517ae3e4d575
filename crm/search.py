"""Finds leads and customers by what a person remembers: a name without its marks, a number, an address, an id."""

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from crm.arrivals import arrivals
from crm.cleaning.phones import phone
from crm.cleaning.result import Context, Refusal
from crm.directory import everybody, newest
from crm.events import EventStore
from crm.history import History
from crm.kin import told_of
from crm.settings import Home

FEWEST: Final = 4
"""Last digits that are enough to look for a telephone number."""

BETWEEN: Final = r"""[\s,;|()"'/]+"""
"""What stands between words."""

DIALLED: Final = re.compile(r"[\d\s.\-()+]+")
READ: Final = {
    "lead": ("name", "phone", "email", "company", "converted_party"),
    "party": ("name", "phone", "email", "organisation"),
    "deal": ("name", "party", "lead"),
}
SHAPE: Final = pa.schema([(name, pa.string()) for name in ("subject", "phone", "said")])

FOLDED: Final = f"""
CREATE MACRO folded(said) AS ' ' || trim(regexp_replace(
    strip_accents(replace(lower(said), 'đ', 'd')), {"'" + BETWEEN.replace("'", "''") + "'"}, ' ', 'g')) || ' '
"""

RECORDS: Final = """
WITH staff AS (
    SELECT 'customer:' || source || ':' || organisation AS subject, string_agg(phone, ' ') AS phone,
        string_agg(concat_ws(' ', name, email, source_id), ' ' ORDER BY source_id) AS said
    FROM party WHERE organisation IS NOT NULL GROUP BY source, organisation
),
bargain AS (
    SELECT concat_ws(' ', d.name, d.source_id) AS said, 'lead:' || d.source || ':' || d.lead AS lead,
        'customer:' || d.source || ':' || coalesce(p.organisation, d.party) AS customer,
        'lead:' || l.source || ':' || l.source_id AS before
    FROM deal d
    LEFT JOIN party p ON p.source = d.source AND p.source_id = d.party
    LEFT JOIN lead l ON l.source = d.source AND l.converted_party = d.party
),
whose AS (
    SELECT said, unnest(CASE WHEN customer IN (SELECT subject FROM told) THEN [lead, customer]
        ELSE [lead, before] END) AS subject FROM bargain
),
deals AS (SELECT subject, string_agg(DISTINCT said, ' ' ORDER BY said) AS said FROM whose GROUP BY subject)
SELECT subject, concat_ws(' ', c.phone, s.phone, '') AS phone,
    folded(concat_ws(' ', c.name, c.company, c.email, c.source_id, s.said, d.said)) AS said
FROM card c JOIN told USING (subject) LEFT JOIN staff s USING (subject) LEFT JOIN deals d USING (subject)
WHERE NOT starts_with(subject, 'deal:')
"""
"""A company is found by everybody who works for it; everybody by the names and ids of their deals."""


def find(home: Home, asked: str) -> list[str]:
    """The leads and customers that every word of ``asked`` fits, or whose number it is; the closest first.

    A word fits where a word of theirs begins with it. Raises HistoryError.
    """
    phrase, number = folded(asked), dialled(asked)
    if not phrase.strip():
        return []
    load = EventStore.ready(home)
    parts = [_records(home.path, load), _newcomers(home, load)] if load else [_newcomers(home, load)]
    return [subject for _, subject in sorted(one for part in parts for one in _fits(part, phrase, number))]


def folded(said: str) -> str:
    """Lower letters without their marks, one space before, between and after words.

    >>> folded("Nguyễn Văn  Đức (Sale)")
    ' nguyen van duc sale '
    """
    apart = unicodedata.normalize("NFD", said.lower().replace("đ", "d"))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return f" {re.sub(BETWEEN, ' ', bare).strip()} "


def dialled(asked: str) -> str:
    """A telephone number as the history keeps it, or its end that was given; "" for anything else.

    >>> dialled("0912 345 678"), dialled("0162.123.4567"), dialled("345 678"), dialled("Lan 12")
    ('+84912345678', '+84321234567', '345678', '')
    """
    digits = re.sub(r"\D", "", asked)
    if not DIALLED.fullmatch(asked) or len(digits) < FEWEST:
        return ""
    try:
        return phone(asked, Context()) or ""
    except Refusal:
        return digits.removeprefix("00").removeprefix("0")


def _fits(table: pa.Table, phrase: str, number: str) -> list[tuple[int, str]]:
    """Each subject found, with 0 for whose number it is or who has all words whole and together, else 1."""
    named = table
    for word in sorted(phrase.split(), key=len, reverse=True):
        named = named.filter(pc.match_substring(named["said"], f" {word}"))
    whole = pc.if_else(pc.match_substring(named["said"], phrase), 0, 1).to_pylist()
    found = dict(zip(named["subject"].to_pylist(), whole, strict=True))
    if number:
        found |= dict.fromkeys(
            table.filter(pc.match_substring(table["phone"], f"{number} "))["subject"].to_pylist(), 0
        )
    return [(rank, subject) for subject, rank in found.items()]


def _newcomers(home: Home, load: int) -> pa.Table:
    """Leads that came live and no load holds yet."""
    held = everybody(home, load)[0] if load else ()
    came = {one: row for one, row in arrivals(home).items() if one.startswith("lead:") and one not in held}
    words = (
        folded(" ".join(row[name] for name in ("name", "company", "email", "source_id") if row[name]))
        for row in came.values()
    )
    return pa.table(
        [list(came), [f"{row['phone'] or ''} " for row in came.values()], list(words)], schema=SHAPE
    )


@lru_cache(maxsize=2)
def _records(path: Path, load: int) -> pa.Table:
    """What every lead and customer of a load is found by."""
    home = Home(path)
    with newest(History(home, load), READ) as connection:
        connection.register("card", everybody(home, load)[1])
        connection.register("told", pa.table({"subject": told_of(home, load)}))
        connection.execute(FOLDED)
        return connection.execute(RECORDS).to_arrow_table().cast(SHAPE).combine_chunks()

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
from crm.directory import newest
from crm.events import EventStore
from crm.history import History
from crm.kin import exists
from crm.settings import Home

FEWEST: Final = 4
"""Digits that are enough to look for a part of a telephone number."""

BETWEEN: Final = r"""[\s,;|()"'/]+"""
"""What stands between words."""

DIALLED: Final = re.compile(r"[\d\s.\-()+]+")
READ: Final = {
    "lead": ("name", "phone", "email", "company"),
    "party": ("name", "phone", "email", "organisation"),
}
SHAPE: Final = pa.schema([(name, pa.string()) for name in ("subject", "phone", "said")])

FOLDED: Final = f"""
CREATE MACRO folded(said) AS ' ' || trim(regexp_replace(
    strip_accents(replace(lower(said), 'đ', 'd')), {"'" + BETWEEN.replace("'", "''") + "'"}, ' ', 'g')) || ' '
"""

RECORDS: Final = """
WITH member AS (
    SELECT p.*, coalesce(o.source_id, p.source_id) AS root
    FROM party p LEFT JOIN party o ON o.source = p.source AND o.source_id = p.organisation
)
SELECT 'lead:' || source || ':' || source_id AS subject, coalesce(phone, '') AS phone,
    folded(concat_ws(' ', name, company, email, source_id)) AS said
FROM lead
UNION ALL
SELECT 'customer:' || source || ':' || root, coalesce(string_agg(phone, ' '), ''),
    folded(string_agg(concat_ws(' ', name, email, source_id), ' ' ORDER BY source_id))
FROM member GROUP BY source, root
"""
"""A company is found by everybody who works for it."""


def find(home: Home, asked: str) -> list[str]:
    """The leads and customers that every word of ``asked`` fits, or whose number it is; the closest first.

    A word fits where a word of theirs begins with it. Raises HistoryError.
    """
    phrase, number = folded(asked), dialled(asked)
    if not phrase.strip():
        return []
    load = EventStore.ready(home)
    known = _records(home.path, load) if load else SHAPE.empty_table()
    came = _newcomers(home)
    came = came.filter(pc.invert(pc.is_in(came["subject"], value_set=known["subject"])))
    return [subject for _, subject in sorted(_fits(pa.concat_tables([known, came]), phrase, number))]


def folded(said: str) -> str:
    """Lower letters without their marks, one space before, between and after words.

    >>> folded("Nguyễn Văn  Đức (Sale)")
    ' nguyen van duc sale '
    """
    apart = unicodedata.normalize("NFD", said.lower().replace("đ", "d"))
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return f" {re.sub(BETWEEN, ' ', bare).strip()} "


def dialled(asked: str) -> str:
    """A telephone number as the history keeps it, or the part of one that was given; "" for anything else.

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
            table.filter(pc.match_substring(table["phone"], number))["subject"].to_pylist(), 0
        )
    return [(rank, subject) for subject, rank in found.items()]


def _newcomers(home: Home) -> pa.Table:
    """Leads that came live."""
    came = {one: row for one, row in arrivals(home).items() if one.startswith("lead:")}
    words = (
        folded(" ".join(row[name] for name in ("name", "company", "email", "source_id") if row[name]))
        for row in came.values()
    )
    return pa.table([list(came), [row["phone"] or "" for row in came.values()], list(words)], schema=SHAPE)


@lru_cache(maxsize=2)
def _records(path: Path, load: int) -> pa.Table:
    """What every lead and customer of a load is found by."""
    home = Home(path)
    with newest(History(home, load), READ) as connection:
        connection.execute(FOLDED)
        found = connection.execute(RECORDS).to_arrow_table().cast(SHAPE)
    there = exists(home, found["subject"].to_pylist())
    return found.filter(pc.is_in(found["subject"], value_set=pa.array(there, pa.string()))).combine_chunks()

"""Writes a worklist as an Excel file in the words of its page; no cell of it is a formula or a link."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Final

import xlsxwriter

from features.words import DECIMALS
from serving import say
from serving.wording import words
from serving.work.spoken import FACTS, Spoken
from serving.work.workday import Entry

LONGEST: Final = 32_767
"""Letters a cell holds."""

REASONS: Final = 2
WIDTHS: Final = {"number": 5, "band": 14, "salutation": 9, "name": 24, "company": 28, "phone": 16}
WIDE: Final = 26


def written(entries: Sequence[Entry], people: Mapping[int, str], days: int, speaker: Spoken) -> bytes:
    """The file: a row a subject, in order. ``people`` are the names of holders, ``days`` how far the chance looks.

    Phone numbers are masked as on the list: who needs one opens it there, where that is noted.
    """
    page = words(PAGE[speaker.kind], speaker.lang)
    headings = _headings(speaker, page, days)
    rows = [_row(number, one, people, speaker, page) for number, one in enumerate(entries, 1)]
    file = BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        bold, amount = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0"})
        sheet = book.add_worksheet(page["title"])
        for column, (heading, width) in enumerate(headings):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        for place, row in enumerate(rows, 1):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, cell[:LONGEST])
                elif cell is not None:
                    sheet.write_number(place, column, cell, amount)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(headings) - 1)
    return file.getvalue()


PAGE: Final = {"lead": "today", "customer": "at_risk"}
"""The page whose words a kind's file speaks."""


def _headings(speaker: Spoken, page: Mapping[str, str], days: int) -> list[tuple[str, int]]:
    said = words("export", speaker.lang)
    own = [(said[f"column_{name}"], width) for name, width in WIDTHS.items()]
    money = page["at_risk" if speaker.kind == "customer" else "expected"]
    rest = [page["chance"].replace("{days}", str(days)), money, words("list", speaker.lang)["next_step"]]
    rest += [f"{page['why']} {number}" for number in range(1, REASONS + 1)]
    return own + [(heading, WIDE) for heading in (*rest, *(page[name] for name in FACTS[speaker.kind]))]


def _row(
    number: int, entry: Entry, people: Mapping[int, str], speaker: Spoken, page: Mapping[str, str]
) -> list[str | float | None]:
    card, place, lang = entry.row.card, entry.row.place, speaker.lang
    why = [reason[lang] for reason in entry.row.score.reasons[:REASONS]]
    return [
        number, page[place.band], say.called(card.salutation, lang), card.name, card.company,
        say.masked(card.phone) if card.phone else "", say.chance(place.probability, lang),
        _amount(place.expected, speaker.currency), speaker.step(entry), *why, *[""] * (REASONS - len(why)),
        *(value for _, value in speaker.facts(entry, page, people)),
    ]  # fmt: skip


def _amount(expected: int | None, currency: str) -> float | None:
    """In whole units of the currency, to two figures as on the page."""
    return None if expected is None else float(f"{expected / 10 ** DECIMALS.get(currency, 2):.2g}")

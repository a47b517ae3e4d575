"""Tells fields that hold people (colleagues, names, phones, e-mails) from those that hold words."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from crm.history import History

STAFF: Final = {
    "actor": ("source_id", "name", "email"), "lead": ("owner",), "party": ("owner",), "deal": ("owner",),
    "activity": ("actor",), "transaction": ("actor",), "ticket": ("actor",), "change": ("actor",),
}  # fmt: skip
"""Columns that name a colleague."""

MOSTLY: Final = 0.5
"""A field is about people where more than this share of what it says names one."""

FAMILY: Final = frozenset({
    "nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ngo", "duong",
    "dinh", "trinh", "truong",
})  # fmt: skip
"""Common Vietnamese family names, but for those that begin a province's name too (Hồ, Hà, Lâm, Cao, Thái, An)."""

TITLES: Final = frozenset(
    {"anh", "chi", "co", "chu", "ong", "ba", "em", "mr", "mrs", "ms", "mr.", "mrs.", "ms."}
)
EMAIL: Final = re.compile(r"\S+@\S+\.\w+")
PHONE: Final = re.compile(r"(\+|0)\d[\d .\-]{6,13}\d")
LONGEST_NAME: Final = 5
SHORTEST_NUMBER: Final = 3
"""Ids of fewer digits are not taken for a colleague's: a field may count to the same numbers."""


@dataclass(frozen=True, slots=True)
class People:
    """Who must not become a feature: colleagues' ids, names and e-mails, casefolded.

    ``cleared`` are fields the mapping says hold no people, whatever they look like.
    """

    staff: frozenset[str] = frozenset()
    cleared: frozenset[str] = frozenset()

    @classmethod
    def of(cls, history: History) -> "People":
        """Every colleague the history knows, and what the mappings of its loads cleared."""
        staff = staff_in((table, history.rows(table, list(columns))) for table, columns in STAFF.items())
        return cls(staff, frozenset(name for load in history.loads() for name in load.not_personal))

    def among(self, words: Mapping[str, int]) -> set[str]:
        """Which of a field's words must not be said; ``words`` counts who says each.

        All of them where they mostly name people, else those that are certainly somebody's.

        >>> sorted(People().among({"Nguyễn Thu Hà": 3, "Trần Văn An": 2, "chưa rõ": 4}))
        ['Nguyễn Thu Hà', 'Trần Văn An', 'chưa rõ']
        >>> sorted(People(frozenset({"nv01"})).among({"NV01": 5, "Bán lẻ": 40, "Vũ Gia": 1}))
        ['NV01']
        """
        if self.mostly(words):
            return set(words)
        return {word for word in words if self._certainly(word) and not word.isdigit()}

    def mostly(self, words: Mapping[str, int]) -> bool:
        """Whether more than half of what a field says names people."""
        people = sum(count for word, count in words.items() if self._certainly(word) or _like_a_name(word))
        return people > MOSTLY * sum(words.values())

    def _certainly(self, word: str) -> bool:
        if word.casefold() in self.staff:
            return not word.isdigit() or len(word) >= SHORTEST_NUMBER
        return bool(EMAIL.fullmatch(word) or PHONE.fullmatch(word))


def staff_in(tables: Iterable[tuple[str, pa.Table]]) -> frozenset[str]:
    """Colleagues' ids, names and e-mails in rows of canonical tables, casefolded."""
    found: set[str] = set()
    for table, rows in tables:
        for name in STAFF.get(table, ()):
            if name in rows.column_names:
                found.update(word.casefold() for word in rows[name].unique().to_pylist() if word)
    return frozenset(found)


def _like_a_name(word: str) -> bool:
    parts = word.split()
    if not 1 < len(parts) <= LONGEST_NAME or not all(part[0].isupper() for part in parts[1:]):
        return False
    plain = unicodedata.normalize("NFKD", parts[0].casefold().replace("đ", "d"))
    first = "".join(letter for letter in plain if not unicodedata.combining(letter))
    letters = all(part.isalpha() for part in parts[1:])
    return letters and (first in FAMILY or first in TITLES)

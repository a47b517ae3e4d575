"""Names, codes, identities, e-mail addresses and yes/no words."""

import re
import unicodedata
from datetime import date, datetime
from typing import Final

from crm.cleaning.result import Context, Refusal

ADDRESS: Final = re.compile(r"[^\s@,;<>\"]+@[^\s@,;<>\"]+\.[^\s@,;<>\".]{2,}")
ROUNDED: Final = re.compile(r"[+-]?\d([.,]\d+)?[eE]\+?\d+")
INVISIBLE: Final = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
LONGEST: Final = 200
"""Letters an id may have; PostgreSQL takes no longer one, and no NUL in any text."""

EXACT: Final = 10**15
"""A spreadsheet keeps 15 digits; a longer number has lost its last ones."""
YES: Final = frozenset({"1", "true", "yes", "y", "x", "có", "co", "đúng", "đã"})
NO: Final = frozenset({"0", "false", "no", "n", "không", "khong", "sai", "chưa"})


def written(value: object) -> str:
    """A cell as text: a whole number without ``.0``, a time in ISO form."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)


def plain(value: object, context: Context) -> str | None:
    """NFC with single spaces; diacritics and letter case are kept, invisible letters are not.

    >>> plain("  Nguye\\u0302\\u0303n   Văn A ", Context())
    'Nguyễn Văn A'
    """
    shown = written(value).replace("\0", "")
    if not shown.isascii():
        shown = unicodedata.normalize("NFC", shown).translate(INVISIBLE)
    return " ".join(shown.split()) or None


def identity(value: object, context: Context) -> str | None:
    """An id as the source wrote it; one a spreadsheet has rounded is refused rather than guessed."""
    if isinstance(value, float) and not (value.is_integer() and abs(value) < EXACT):
        raise Refusal("an id that is no whole number, or was rounded by a spreadsheet")
    shown = plain(value, context)
    if shown and ROUNDED.fullmatch(shown) and "E" in shown.upper().replace(" ", ""):
        raise Refusal("an id rounded by a spreadsheet")
    return short(shown) if shown else None


def short(shown: str) -> str:
    """An id that can be kept; raises Refusal for a longer one: cut off, two records could become one."""
    if len(shown) > LONGEST:
        raise Refusal("an id of more than 200 letters")
    return shown


def email(value: object, context: Context) -> str | None:
    """One address, casefolded, out of ``Name <address>`` or ``mailto:`` too.

    >>> email("Lan <Lan.Tran@Example.VN>", Context())
    'lan.tran@example.vn'
    """
    shown = plain(value, context)
    if shown is None:
        return None
    found = ADDRESS.findall(shown.casefold().removeprefix("mailto:"))
    if not found:
        raise Refusal("not an e-mail address")
    address: str = found[0]
    if len(set(found)) > 1:
        raise Refusal("several e-mail addresses; the first is taken", address)
    return address


def boolean(value: object, context: Context) -> bool | None:
    """Yes or no in Vietnamese, English or figures.

    >>> boolean("Có", Context()), boolean(0.0, Context())
    (True, False)
    """
    shown = plain(value, context)
    if shown is None:
        return None
    word = shown.casefold()
    if word not in YES | NO:
        raise Refusal("neither yes nor no")
    return word in YES

"""From what a cell says to what it means, by canonical type; each distinct value is cleaned once."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from crm.cleaning import numbers, phones, text
from crm.cleaning.result import Cleaned, Context, Refusal

Cleaner = Callable[[Any, Context], object]

CLEANERS: Final[dict[str, Cleaner]] = {
    "text": text.plain,
    "code": text.plain,
    "id": text.identity,
    "email": text.email,
    "phone": phones.phone,
    "money": numbers.money,
    "integer": numbers.integer,
    "boolean": text.boolean,
}
"""How one distinct value of a type is read; times are read a column at a time (:mod:`crm.cleaning.dates`)."""


def clean(kind: str, values: Sequence[Any], context: Context) -> Cleaned:
    """Each of ``values`` in its canonical form, None where unknown, with the reason where unreadable."""
    cleaner = CLEANERS[kind]
    meanings: list[Any] = []
    reasons: list[str] = []
    for value in values:
        try:
            meanings.append(cleaner(value, context))
            reasons.append("")
        except Refusal as refusal:
            meanings.append(refusal.instead)
            reasons.append(str(refusal))
    return Cleaned(meanings, reasons)


__all__ = ["CLEANERS", "Cleaned", "Context", "Refusal", "clean"]

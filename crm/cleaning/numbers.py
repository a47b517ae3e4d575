"""Money in the smallest unit of its currency, and whole numbers."""

import re
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Final

from crm.cleaning.result import Context, Refusal
from crm.cleaning.text import plain

NO_DECIMALS: Final = frozenset({"VND", "JPY", "KRW", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF", "PYG", "RWF"})
THREE_DECIMALS: Final = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
SCALES: Final = {
    "k": 10**3, "nghìn": 10**3, "ngàn": 10**3, "triệu": 10**6, "tr": 10**6, "tỷ": 10**9, "tỉ": 10**9
}  # fmt: skip
SIGNS: Final = re.compile(r"vn[dđ]|usd|eur|gbp|đồng|[₫đ$€£¥\s'_]", re.IGNORECASE)
INFINITE: Final = frozenset({"inf", "infinity", "nan", "∞"})
LARGEST: Final = 10**15
"""What is beyond it is no amount and no count; thousands of such still add up within 64 bits."""

DURATION: Final = re.compile(r"(\d+):([0-5]\d):([0-5]\d)")


def decimals(currency: str) -> int:
    """Digits after the decimal mark of a currency (ISO 4217).

    >>> decimals("VND"), decimals("GBP")
    (0, 2)
    """
    return 0 if currency in NO_DECIMALS else 3 if currency in THREE_DECIMALS else 2


def money(value: object, context: Context) -> int | None:
    """The smallest unit: dong, pence, cents. A finer fraction is rounded half to even.

    >>> money("1.234.567 ₫", Context()), money("1,234.56", Context(currency="GBP"))
    (1234567, 123456)
    >>> money("12,5 triệu", Context())
    12500000
    """
    amount = exact(value, context)
    return None if amount is None else smallest(amount, context.currency)


def smallest(amount: Decimal, currency: str) -> int:
    """An exact amount as an integer of its smallest unit; raises Refusal beyond LARGEST."""
    units = int((amount.scaleb(decimals(currency))).to_integral_value(ROUND_HALF_EVEN))
    if abs(units) > LARGEST:
        raise Refusal("too large a number")
    return units


def integer(value: object, context: Context) -> int | None:
    """A whole number; ``hh:mm:ss`` counts as seconds.

    >>> integer("1.250", Context()), integer("00:03:25", Context())
    (1250, 205)
    """
    if span := DURATION.fullmatch(plain(value, context) or ""):
        hours, minutes, seconds = map(int, span.groups())
        number: Decimal | None = Decimal(hours * 3600 + minutes * 60 + seconds)
    else:
        number = exact(value, context)
    if number is None:
        return None
    if number != number.to_integral_value():
        raise Refusal("not a whole number")
    if abs(number) > LARGEST:
        raise Refusal("too large a number")
    return int(number)


def exact(value: object, context: Context) -> Decimal | None:
    """A number without rounding: typed by the file, or written with separators, signs or a word of scale."""
    shown = plain(value, context)
    if shown is None:
        return None
    word = shown.casefold()
    if word.lstrip("+-") in INFINITE:
        raise Refusal("an infinite or undefined number")
    if isinstance(value, bool):
        raise Refusal("not a number")
    if isinstance(value, int | float):
        return Decimal(str(value))
    scale = 1
    for name, factor in SCALES.items():
        stem = SIGNS.sub("", word)
        if stem.endswith(name) and not stem.removesuffix(name)[-1:].isalpha():
            word, scale = stem.removesuffix(name), factor
            break
    negative = word.startswith("(") and word.endswith(")")
    bare = SIGNS.sub("", word.strip("()"))
    number = _grouped(bare, context, scale)
    return (-number if negative else number) * scale


def _grouped(bare: str, context: Context, scale: int) -> Decimal:
    """Tells thousands from decimals; one group of three digits is thousands, unless ``decimal`` is given."""
    found = re.fullmatch(r"([+-]?)(\d[\d.,]*|[.,]\d+)([+-]?)", bare)
    if not found:
        raise Refusal("not a number")
    digits = found[2]
    mark = context.decimal or _decimal_mark(digits, scale)
    whole, _, fraction = digits.rpartition(mark) if mark and mark in digits else (digits, "", "")
    separators = set(re.findall(r"[.,]", whole))
    groups = re.split(r"[.,]", whole)
    if len(separators) > 1 or mark in separators or any(len(group) != 3 for group in groups[1:]):
        raise Refusal("a number whose separators make no sense")
    if len(groups) > 1 and not 1 <= len(groups[0]) <= 3:
        raise Refusal("a number whose separators make no sense")
    try:
        number = Decimal(f"{''.join(groups) or '0'}.{fraction or '0'}")
    except InvalidOperation as error:
        raise Refusal("not a number") from error
    return -number if "-" in (found[1], found[3]) else number


def _decimal_mark(digits: str, scale: int) -> str | None:
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return None
    last = str(marks[-1])
    if len(set(marks)) == 2:
        return last
    if len(marks) > 1:
        return None
    before, _, after = digits.partition(last)
    if len(after) != 3 or len(before) > 3 or before in ("", "0"):
        return last
    if scale > 1:
        raise Refusal("a number that may mean thousands or decimals")
    return None

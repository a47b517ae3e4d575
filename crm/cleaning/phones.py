"""Telephone numbers in E.164, with the Vietnamese renumberings of 2017 and 2018 undone."""

import re
from typing import Final

import phonenumbers

from crm.cleaning.result import Context, Refusal
from crm.cleaning.text import plain

MOBILE: Final = re.compile(r"0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-46-9])[0-9]{7}")
"""Vietnamese mobiles as they are written today; ``phonenumbers`` would say the same, 50 times slower."""

RENUMBERED: Final = {
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038",
    "0169": "039", "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078", "0123": "083",
    "0124": "084", "0125": "085", "0127": "081", "0129": "082", "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
"""Prefixes of the 11-digit mobiles retired in 2018 (Ministry of Information and Communications, plan 798)."""

OLD_SAIGON: Final = re.compile(r"\s*(\+?84[\s.\-]*)?\(?0?8\)?[\s.\-)]+\d[\d\s.\-]*")
"""An area code 08 written apart: the landlines that became 028, which look like today's mobiles."""

SEVERAL: Final = re.compile(r"\s*(?:[/;,\n]|\bhoặc\b|\bor\b)\s*", re.IGNORECASE)


def phone(value: object, context: Context) -> str | None:
    """E.164 text.

    >>> phone("p:+84 912 345 678", Context()), phone("0162 123 4567", Context())
    ('+84912345678', '+84321234567')
    """
    shown = plain(value, context)
    if shown is None:
        return None
    parts = [part for part in SEVERAL.split(shown) if part]
    if len(parts) > 1 and all(len(re.sub(r"[^0-9]", "", part)) >= 8 for part in parts):
        first = _single(parts[0], context.region)
        raise Refusal("several telephone numbers; the first is taken", first)
    return _single(shown, context.region)


def _single(shown: str, region: str) -> str:
    bare = shown.removeprefix("p:").strip().lstrip("'")
    if "*" in bare or re.search(r"\dx{2,}|x{2,}\d", bare, re.IGNORECASE):
        raise Refusal("a masked telephone number")
    if region == "VN":
        digits = _national(bare)
        if OLD_SAIGON.fullmatch(bare) and len(digits) == 10:
            raise Refusal("an old Ho Chi Minh City landline or a new mobile")
        if MOBILE.fullmatch(digits):
            return "+84" + digits[1:]
        bare = digits if digits else bare
    return _parsed(bare, region)


def _national(bare: str) -> str:
    """Digits of a Vietnamese number as dialled today from inside the country; "" for a foreign one."""
    digits = re.sub(r"[^0-9]", "", bare)
    if digits.startswith("0084"):
        digits = digits[2:]
    if bare.lstrip("( ").startswith("+") and not digits.startswith("84"):
        return ""
    if digits.startswith("84") and len(digits) >= 11:
        digits = "0" + digits[2:].removeprefix("0")
    if not digits.startswith("0") and (len(digits) == 9 or (len(digits) == 10 and digits[0] in "12")):
        digits = "0" + digits
    if len(digits) == 11 and digits[:4] in RENUMBERED:
        return RENUMBERED[digits[:4]] + digits[4:]
    if len(digits) == 10 and digits.startswith("04"):
        return "024" + digits[2:]
    return digits


def _parsed(bare: str, region: str) -> str:
    try:
        number = phonenumbers.parse(bare, region)
    except phonenumbers.NumberParseException as error:
        raise Refusal("not a telephone number") from error
    if not phonenumbers.is_valid_number(number):
        raise Refusal("not a telephone number in use")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

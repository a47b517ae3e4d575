"""Says chances, amounts, phone numbers and names the way people say them."""

import phonenumbers

from crm.clock import to_datetime
from features.words import DECIMALS, SYMBOLS

SALUTATIONS = {
    "anh": ("Anh", "Mr"), "mr": ("Anh", "Mr"), "mr.": ("Anh", "Mr"), "ông": ("Ông", "Mr"),
    "ong": ("Ông", "Mr"), "chị": ("Chị", "Ms"), "chi": ("Chị", "Ms"), "ms": ("Chị", "Ms"),
    "ms.": ("Chị", "Ms"), "mrs": ("Chị", "Mrs"), "mrs.": ("Chị", "Mrs"), "cô": ("Cô", "Ms"),
    "co": ("Cô", "Ms"), "bà": ("Bà", "Mrs"), "ba": ("Bà", "Mrs"),
}  # fmt: skip
"""Ways a CRM writes a salutation, in Vietnamese and English."""

TURNING = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that set the direction of what is written."""

STEPS = {"vi": ((1e9, "tỷ"), (1e6, "triệu"), (1e3, "nghìn")), "en": ((1e9, "billion"), (1e6, "million"))}


def chance(probability: float, lang: str) -> str:
    """A probability as a count of people.

    >>> chance(0.31, "vi"), chance(0.042, "vi"), chance(0.001, "en"), chance(0.99, "en")
    ('3 trong 10', '4 trong 100', 'fewer than 1 in 100', 'more than 9 in 10')
    """
    of = "trong" if lang == "vi" else "in"
    if probability < 0.005:
        return f"chưa tới 1 {of} 100" if lang == "vi" else f"fewer than 1 {of} 100"
    if probability < 0.095:
        return f"{round(probability * 100)} {of} 100"
    if probability >= 0.95:
        return f"hơn 9 {of} 10" if lang == "vi" else f"more than 9 {of} 10"
    return f"{round(probability * 10)} {of} 10"


def about(amount: int | None, lang: str, currency: str) -> str:
    """An estimated amount of the currency's smallest unit, to two figures; "" for unknown.

    >>> about(12_345_678, "vi", "VND"), about(1_250_000_000, "en", "VND"), about(990, "vi", "VND")
    ('12 triệu ₫', '1.2 billion ₫', '990 ₫')
    """
    if amount is None:
        return ""
    whole = amount / 10 ** DECIMALS.get(currency, 2)
    rounded = float(f"{whole:.2g}")
    size, word = next(((size, word) for size, word in STEPS[lang] if abs(rounded) >= size), (1.0, ""))
    number = f"{rounded / size:,.1f}".removesuffix(".0")
    if lang == "vi":
        number = number.translate(str.maketrans(",.", ".,"))
    return " ".join(part for part in (number, word, SYMBOLS.get(currency, currency)) if part)


def count(number: float, lang: str) -> str:
    """A whole number, its thousands apart.

    >>> count(64466, "vi"), count(64466, "en"), count(12, "vi")
    ('64.466', '64,466', '12')
    """
    return f"{number:,.0f}".replace(",", "." if lang == "vi" else ",")


def phone(number: str) -> str:
    """An E.164 number as it is dialled at home, any other text unchanged.

    >>> phone("+84912345678"), phone("call me")
    ('0912 345 678', 'call me')
    """
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    home = parsed.country_code == 84
    shape = phonenumbers.PhoneNumberFormat.NATIONAL if home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(parsed, shape)


def zalo(known: str, number: str) -> str:
    """The digits that zalo.me finds somebody by: what is known as their Zalo where that is a number, else their phone.

    A user id of an Official Account is neither, and opens nobody's chat.

    >>> zalo("", "+84912345678"), zalo("0987 654 321", "+84912345678"), zalo("4318657068771012646", "")
    ('84912345678', '84987654321', '')
    """
    for one in (known, number):
        try:
            parsed = phonenumbers.parse(one, "VN")
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    return ""


def called(salutation: str, lang: str, otherwise: str = "") -> str:
    """Anh, Chị ... before a name; ``otherwise`` where the CRM does not say.

    >>> called("chi", "vi"), called("Anh", "en"), called("", "vi", "Anh/Chị")
    ('Chị', 'Mr', 'Anh/Chị')
    """
    other = apart(salutation) or otherwise
    vi, en = SALUTATIONS.get(salutation.strip().casefold(), (other, other))
    return vi if lang == "vi" else en


def apart(text: str) -> str:
    """A text to stand in a sentence: marks in it that turn what is written cannot turn the rest.

    >>> apart("Lan"), apart("\\u202eLan") == "\\u2068\\u202eLan\\u2069"
    ('Lan', True)
    """
    return f"\u2068{text}\u2069" if TURNING & set(text) else text


def masked(number: str) -> str:
    """A phone number in a list: enough to know it again, too little to dial.

    >>> masked("+84912345678"), masked("12345")
    ('0912 ••• 678', '•••')
    """
    shown = phone(number)
    digits = shown.replace(" ", "")
    return f"{digits[:4]} ••• {digits[-3:]}" if len(digits) > 8 else "•••"


def masked_mail(address: str) -> str:
    """The same of an e-mail address.

    >>> masked_mail("lan.nguyen@example.vn"), masked_mail("lan")
    ('l•••@example.vn', '•••')
    """
    name, at, place = address.rpartition("@")
    return f"{name[:1]}•••@{place}" if at else "•••"


def moment(micros: int, zone: str, lang: str, now: int) -> str:
    """A time near today as people say it: the hour today and tomorrow, else the day, with its hour where it matters.

    >>> day = 1_763_766_000_000_000  # 22/11/2025, 6:00 in Việt Nam
    >>> moment(day, "Asia/Ho_Chi_Minh", "vi", day), moment(day + 86_400_000_000, "Asia/Ho_Chi_Minh", "en", day)
    ('06:00 hôm nay', '06:00 tomorrow')
    """
    local, today = to_datetime(micros, zone), to_datetime(now, zone).date()
    away = (local.date() - today).days
    if away in NEAR:
        return f"{local:%H:%M} {NEAR[away][lang != 'vi']}"
    return f"{local:%H:%M %d/%m}" if local.year == today.year else f"{local:%d/%m/%Y}"


def day(micros: int, zone: str) -> str:
    """The local day, dd/mm/yyyy."""
    return f"{to_datetime(micros, zone):%d/%m/%Y}"


NEAR = {-1: ("hôm qua", "yesterday"), 0: ("hôm nay", "today"), 1: ("ngày mai", "tomorrow")}

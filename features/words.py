"""How features and their values are said to people, in Vietnamese and English."""

import math
from dataclasses import dataclass
from typing import Literal

Language = Literal["vi", "en"]

CODES: dict[str, tuple[str, str]] = {
    "facebook": ("Facebook", "Facebook"), "zalo": ("Zalo", "Zalo"), "website": ("website", "website"),
    "hotline": ("tổng đài", "hotline"), "referral": ("giới thiệu", "referral"), "event": ("sự kiện", "event"),
    "call": ("cuộc gọi", "call"), "email": ("e-mail", "e-mail"), "meeting": ("cuộc hẹn gặp", "meeting"),
    "chat": ("tin nhắn", "chat"), "note": ("ghi chú", "note"), "visit": ("lượt xem website", "website visit"),
    "form": ("biểu mẫu", "form"),
    "in": ("khách chủ động", "from the customer"), "out": ("mình chủ động", "from us"),
    "answered": ("nghe máy", "answered"), "no_answer": ("không nghe máy", "no answer"),
    "busy": ("máy bận", "busy"), "other": ("khác", "other"),
    "channel": ("Nguồn", "Source"), "campaign": ("Chiến dịch", "Campaign"),
    "product": ("Sản phẩm quan tâm", "Product of interest"), "province": ("Tỉnh/thành", "Province"),
    "industry": ("Ngành", "Industry"), "status": ("Tình trạng", "Status"), "stage": ("Giai đoạn", "Stage"),
    "rating": ("Xếp hạng", "Rating"), "title": ("Chức danh", "Title"), "salutation": ("Xưng hô", "Salutation"),
    "employees": ("Số nhân sự", "Employees"), "amount": ("Giá trị dự kiến", "Expected amount"),
    "priority": ("Mức ưu tiên", "Priority"), "category": ("Loại yêu cầu", "Kind of request"),
    "held": ("đã gặp", "held"), "refused": ("từ chối nghe", "refused"), "phone": ("điện thoại", "phone"),
    "staff": ("nhân viên nhập", "staff"), "unreachable": ("thuê bao", "unreachable"),
    "done": ("đã xong", "done"), "opened": ("đã mở", "opened"),
    "cancelled": ("hủy", "cancelled"), "not_renewed": ("không gia hạn", "not renewed"),
    "inbound": ("khách chủ động liên hệ", "contact from the customer"),
    "outbound": ("mình chủ động liên hệ", "contact from us"),
}  # fmt: skip
"""Words of Leadkeep's own codes; a company's own words are said as they are."""


@dataclass(frozen=True, slots=True)
class Wording:
    """A feature's sentence in both languages; ``none_*`` replaces it when there is nothing recorded,
    ``below_*`` when the value is zero or negative.

    ``{n}`` stands for the value (its size, in ``below_*``), ``{s}`` for the plural of an English noun after it,
    and ``{word}`` for a family's own word. Words without ``{n}`` are said as "label: value".
    """

    en: str
    vi: str
    none_en: str = ""
    none_vi: str = ""
    below_en: str = ""
    below_vi: str = ""

    def label(self, lang: Language) -> str:
        """The sentence with dots for its number, for tables and plots."""
        text = self.vi if lang == "vi" else self.en
        return text.replace("{n}", "…").replace("{s}", "s").replace("{word}", "…")

    def template(self, value: float, nothing: bool, lang: Language) -> str:
        """The sentence for this value, with ``{n}`` where its number goes."""
        vi = lang == "vi"
        if nothing and self.none_vi:
            return self.none_vi if vi else self.none_en
        if value <= 0 and self.below_vi:
            return self.below_vi if vi else self.below_en
        text = self.vi if vi else self.en
        return text if "{n}" in text else text + ": {n}"

    def about(self, word: str, quoted: bool = True) -> "Wording":
        """The wording of one member of a family; Leadkeep's own words are never quoted."""
        own = f"“{word}”" if quoted else word
        vi, en = CODES.get(word, (own, own))
        said = {}
        for name in self.__dataclass_fields__:
            text, put = getattr(self, name), vi if name.endswith("vi") else en
            said[name] = text.replace("{word}", capital(put) if text.startswith("{word}") else put)
        return Wording(**said)


UNITS = (
    "count", "days", "hours", "money", "percent", "number", "flag", "category", "hour", "weekday", "month",
    "times", "rate", "change", "money_change", "rating",
)  # fmt: skip
"""``times`` compares with a whole of one, ``rate`` is so many a day, ``change`` a difference to an earlier time."""
WEEKDAYS = {
    "vi": ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
LESS = {
    "count": ("ít hơn đa số khách", "fewer than most"), "money": ("ít hơn đa số khách", "less than most"),
    "hours": ("ít hơn đa số khách", "less than most"), "rate": ("thưa hơn đa số khách", "more seldom than most"),
    "percent": ("thấp hơn đa số khách", "lower than most"),
}  # fmt: skip
"""What is said of some, where most have more of it."""
UNKNOWN = {"vi": "chưa ghi nhận", "en": "not recorded"}
YES_NO = {"vi": ("không", "có"), "en": ("no", "yes")}


def code(word: str, lang: Language) -> str:
    """A code as people say it.

    >>> code("no_answer", "vi"), code("W_Nabellen offertes", "vi")
    ('không nghe máy', 'W_Nabellen offertes')
    """
    vi, en = CODES.get(word, (word, word))
    return vi if lang == "vi" else en


def filled(template: str, number: str) -> str:
    """A sentence with its number.

    >>> filled("{n} call{s} not answered", "1"), filled("Renewed {n} time{s}", "2"), filled("Renewed {n} time{s}", "3")
    ('1 call not answered', 'Renewed twice', 'Renewed 3 times')
    """
    if number in ("1", "2"):
        template = template.replace("{n} time{s}", "once" if number == "1" else "twice")
    return template.replace("{n}", number).replace("{s}", "" if number == "1" else "s")


def capital(text: str) -> str:
    """The text with its first letter large, as a sentence begins."""
    return text[:1].upper() + text[1:]


def say(
    value: float, unit: str, lang: Language, categories: tuple[str, ...] = (), currency: str = "VND"
) -> str:
    """A feature's value in words; money is in the currency's smallest unit.

    >>> say(12_500_000, "money", "vi"), say(0.5, "days", "en"), say(float("nan"), "count", "vi")
    ('12.500.000 ₫', '12 hours', 'chưa ghi nhận')
    """
    if math.isnan(value):
        return UNKNOWN[lang]
    if unit == "category":
        return code(categories[int(value)], lang)
    if unit == "flag":
        return YES_NO[lang][int(value > 0)]
    if unit == "weekday":
        return WEEKDAYS[lang][int(value)]
    if unit == "money":
        return money(value, currency, lang)
    if unit == "percent":
        return f"{_number(100 * value, lang, 0)}%"
    if unit in ("days", "hours"):
        return span(value * 24 if unit == "days" else value, lang)
    if unit == "times":
        return multiple(value, lang)
    if unit == "hour":
        return hour(round(value), lang)
    if unit == "rating":
        return f"{_number(value, lang, 1)}/5"
    if unit == "rate":
        return pace(value, lang)
    if unit in ("change", "money_change"):
        return change(value, money(abs(value), currency, lang) if unit == "money_change" else "", lang)
    return _number(value, lang, 0 if unit in ("count", "month") else 2)


def less(sentence: str, unit: str, lang: Language) -> str:
    """A sentence about a value, saying too that most have more.

    >>> less("Đã có 2 đơn hàng", "count", "vi"), less("Customer for 3 days", "days", "en")
    ('Đã có 2 đơn hàng, ít hơn đa số khách', 'Customer for 3 days')
    """
    return f"{sentence}, {LESS[unit][lang != 'vi']}" if unit in LESS else sentence


def multiple(value: float, lang: Language) -> str:
    """How a thing compares with another, to go before the other.

    >>> multiple(0.6, "vi"), multiple(1.4, "vi"), multiple(1, "en"), multiple(2, "en")
    ('bằng 60%', 'gấp 1,4 lần', 'the same as', 'twice')
    """
    number = _number(value, lang, 1)
    if number == "1":
        return "bằng" if lang == "vi" else "the same as"
    if value < 1:
        part = _number(100 * value, lang, 0)
        return f"bằng {part}%" if lang == "vi" else f"{part}% of"
    if lang == "vi":
        return f"gấp {number} lần"
    return "twice" if number == "2" else f"{number} times"


def hour(of_day: int, lang: Language) -> str:
    """An hour of the day.

    >>> hour(20, "vi"), hour(20, "en"), hour(0, "en")
    ('20 giờ', '8 pm', '12 am')
    """
    if lang == "vi":
        return f"{of_day} giờ"
    return f"{(of_day + 11) % 12 + 1} {'am' if of_day < 12 else 'pm'}"


def span(hours: float, lang: Language) -> str:
    """A length of time in the unit people would use.

    >>> span(1 / 12, "vi"), span(72, "vi"), span(24, "en"), span(23.8, "en"), span(0.001, "vi")
    ('5 phút', '3 ngày', '1 day', '1 day', 'chưa tới 1 phút')
    """
    size = abs(hours)
    if 0 < size < 1 / 60:
        return "chưa tới 1 phút" if lang == "vi" else "less than a minute"
    if size < 59.5 / 60:
        amount, unit = 60 * hours, ("phút", "minute")
    elif size < 23.5:
        amount, unit = hours, ("giờ", "hour")
    else:
        amount, unit = hours / 24, ("ngày", "day")
    number = _number(amount, lang, 0)
    plural = "" if number in ("1", "-1") else "s"
    return f"{number} {unit[0]}" if lang == "vi" else f"{number} {unit[1]}{plural}"


def window(days: float, lang: Language) -> str:
    """A length of time looked back over.

    >>> window(1, "vi"), window(30, "en")
    ('24 giờ', '30 days')
    """
    if days == 1:
        return "24 giờ" if lang == "vi" else "24 hours"
    return f"{days:g} ngày" if lang == "vi" else f"{days:g} days"


def pace(a_day: float, lang: Language) -> str:
    """A rate in the span in which it comes to at least one.

    >>> pace(2.5, "vi"), pace(0.2, "vi"), pace(0.05, "en"), pace(1, "en"), pace(0.02, "vi")
    ('2,5 lần mỗi ngày', '1,4 lần mỗi tuần', '1.5 times a month', 'once a day', '7,3 lần mỗi năm')
    """
    spans = ((1, "ngày", "day"), (7, "tuần", "week"), (30, "tháng", "month"))
    days, vi, en = next((span for span in spans if a_day * span[0] >= 1), (365, "năm", "year"))
    number = _number(a_day * days, lang, 1)
    if lang == "vi":
        return f"{number} lần mỗi {vi}"
    return f"once a {en}" if number == "1" else f"{number} times a {en}"


def change(value: float, amount: str, lang: Language) -> str:
    """More or less than before; ``amount`` is the size in words where it is not a plain number.

    >>> change(-2, "", "vi"), change(3, "", "en"), change(0, "", "vi")
    ('giảm 2', 'up 3', 'không đổi')
    """
    if value == 0:
        return "không đổi" if lang == "vi" else "unchanged"
    up, down = ("tăng", "giảm") if lang == "vi" else ("up", "down")
    return f"{up if value > 0 else down} {amount or _number(abs(value), lang, 1)}"


DECIMALS = {"VND": 0, "JPY": 0, "KRW": 0}
SWAPPED = str.maketrans(",.", ".,")
"""Vietnamese writes the comma and the point the other way round."""
SYMBOLS = {"VND": "₫", "USD": "$", "EUR": "€", "GBP": "£"}


def money(amount: float, currency: str, lang: Language) -> str:
    """An amount of the smallest unit as people write it.

    >>> money(1_234_50, "GBP", "en"), money(3_000_000_000, "VND", "vi")
    ('1,234.50 £', '3.000.000.000 ₫')
    """
    decimals = DECIMALS.get(currency, 2)
    return f"{_number(amount / 10**decimals, lang, decimals, fixed=True)} {SYMBOLS.get(currency, currency)}"


def _number(value: float, lang: Language, decimals: int, fixed: bool = False) -> str:
    text = f"{value:,.{decimals}f}"
    if not fixed and "." in text:
        text = text.rstrip("0").rstrip(".")
    if text in ("-0", "-"):
        text = "0"
    return text.translate(SWAPPED) if lang == "vi" else text

"""Tells a subject's history as people would: one line an event, the newest first."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from crm.clock import DAY, HOUR, SECOND, UNKNOWN, show
from crm.events import Events, Signature
from features.words import Language, code, span
from serving.say import about, apart

HEADS: Final[dict[str, tuple[str, str]]] = {
    "call": ("Cuộc gọi", "Call"), "call in": ("Khách gọi đến", "The customer called"),
    "call out": ("Gọi cho khách", "Called the customer"),
    "email": ("E-mail", "E-mail"), "email in": ("Khách gửi e-mail", "E-mail from the customer"),
    "email out": ("Gửi e-mail cho khách", "E-mail to the customer"),
    "chat": ("Tin nhắn", "Message"), "chat in": ("Khách nhắn tin", "Message from the customer"),
    "chat out": ("Nhắn tin cho khách", "Message to the customer"),
    "meeting": ("Hẹn gặp", "Meeting"), "note": ("Ghi chú", "Note"), "visit": ("Xem website", "Visited the website"),
    "form": ("Điền biểu mẫu", "Filled in a form"), "campaign": ("Nhận tin chiến dịch", "Reached by a campaign"),
    "callback_planned": ("Hẹn gọi lại", "Callback planned"), "callback_overdue": ("Lỡ hẹn gọi lại", "Callback missed"),
    "callback_done": ("Đã gọi lại như hẹn", "Called back as planned"),
    "created": ("Có trong CRM", "Entered in the CRM"), "converted": ("Thành khách hàng", "Became a customer"),
    "lost": ("Không mua", "Did not buy"), "deal_opened": ("Mở cơ hội", "Deal opened"),
    "deal_won": ("Chốt được cơ hội", "Deal won"), "deal_lost": ("Mất cơ hội", "Deal lost"),
    "quote": ("Báo giá", "Quote"), "contract": ("Hợp đồng", "Contract"), "order": ("Đơn hàng", "Order"),
    "delivery": ("Giao hàng", "Delivery"), "return": ("Trả hàng", "Return"), "refund": ("Hoàn tiền", "Refund"),
    "invoice": ("Hóa đơn", "Invoice"), "invoice_overdue": ("Hóa đơn quá hạn", "Invoice overdue"),
    "payment": ("Thanh toán", "Payment"), "subscription": ("Bắt đầu kỳ sử dụng", "Term began"),
    "subscription_ended": ("Kỳ sử dụng kết thúc", "Term ended"), "ticket": ("Yêu cầu hỗ trợ", "Support ticket"),
    "ticket_replied": ("Đã trả lời yêu cầu hỗ trợ", "Support ticket answered"),
    "ticket_resolved": ("Đã xử lý xong yêu cầu hỗ trợ", "Support ticket resolved"),
    "csat": ("Khách chấm điểm hài lòng", "Satisfaction rated"),
}  # fmt: skip
"""What happened, by kind and, where it matters, who began it."""

CODES: Final = {
    "normal": ("bình thường", "normal"), "high": ("gấp", "urgent"), "low": ("không gấp", "not urgent"),
    "on_time": ("đúng hẹn", "on time"), "late": ("trễ", "late"),
    "new": ("mới", "new"), "renewal": ("gia hạn", "renewal"),
    "renewed": ("gia hạn", "renewed"), "owner": ("Người phụ trách", "Looked after by"),
}  # fmt: skip

STATES: Final = frozenset({"item", "ticket_open", "subscription_active", "subscription_term"})
"""Said already by another event: an order's lines, a ticket that is open, a term that runs."""

BAD: Final = frozenset({"callback_overdue", "lost", "deal_lost", "return", "refund", "invoice_overdue"})
GOOD: Final = frozenset(
    {"converted", "deal_won", "order", "payment", "contract", "callback_done", "ticket_resolved"}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words; ``tone`` is good, bad, in (from the customer) or ""."""

    at: int
    head: str
    detail: str
    who: str
    tone: str


@dataclass(frozen=True, slots=True)
class Teller:
    """How a company's events are said: currency and zone, names of staff by their number and their id."""

    lang: Language
    currency: str
    zone: str
    staff: Mapping[int, str]
    ids: Mapping[str, str]

    def told(self, events: Events, cutoff: int, skip: int, limit: int) -> tuple[list[Line], int]:
        """Of one subject's events visible at ``cutoff`` the newest but ``skip``, and how many there are in all."""
        rows = list(_worth_telling(events, cutoff))
        return [self._line(events, row) for row in rows[skip : skip + limit]], len(rows)

    def _line(self, events: Events, row: int) -> Line:
        words = events.signatures[events.signature[row]]
        value, lasted = int(events.value[row]), int(events.duration[row])
        head = apart(self._head(words))
        details = [one for one in self._details(words, value, lasted) if one not in ("", head)]
        who = self.staff.get(int(events.actor[row]), "")
        return Line(int(events.occurred_at[row]), head, " · ".join(details), who, _tone(words, value))

    def _head(self, words: Signature) -> str:
        if words.kind == "change":
            return self._said(words.field)
        both = HEADS.get(f"{words.kind} {words.direction}") or HEADS.get(words.kind)
        return both[self.lang == "en"] if both else words.kind

    def _details(self, words: Signature, value: int, lasted: int) -> Iterator[str]:
        yield self.ids.get(words.code, words.code) if words.field == "owner" else self._said(words.code)
        if words.kind != "change":
            yield self._said(words.field)
        if words.kind == "callback_planned" and value != UNKNOWN:
            yield show(value * SECOND, self.zone)
        elif words.kind == "csat" and value != UNKNOWN:
            yield f"{value}/5"
        elif value != UNKNOWN:
            yield about(value, self.lang, self.currency)
        if lasted > 0:
            yield span(lasted * SECOND / HOUR, self.lang)
        if words.channel not in ("", words.kind):
            yield self._said(words.channel)

    def _said(self, word: str) -> str:
        both = CODES.get(word)
        return both[self.lang == "en"] if both else code(word, self.lang)


def kinds_since(events: Events, cutoff: int, days: int, lang: Language) -> list[tuple[str, int]]:
    """What happened in the last ``days`` days and how often, the most frequent first."""
    counted: dict[str, int] = {}
    for row in _worth_telling(events, cutoff):
        words = events.signatures[events.signature[row]]
        if events.occurred_at[row] < cutoff - days * DAY:
            break
        if words.kind in HEADS:
            both = HEADS.get(f"{words.kind} {words.direction}") or HEADS[words.kind]
            counted[both[lang == "en"]] = counted.get(both[lang == "en"], 0) + 1
    return sorted(counted.items(), key=lambda one: -one[1])


def _worth_telling(events: Events, cutoff: int) -> Iterator[int]:
    """Rows of one subject, the newest first, without states, and without what its record said from the start."""
    known = (events.occurred_at < cutoff) & (events.known_at < cutoff) & (cutoff <= events.known_until)
    kinds = [one.kind for one in events.signatures]
    began = min((int(events.occurred_at[row]) for row in np.flatnonzero(known)
                 if kinds[events.signature[row]] == "created"), default=UNKNOWN)  # fmt: skip
    for row in np.flatnonzero(known)[::-1].tolist():
        kind = kinds[events.signature[row]]
        if kind not in STATES and not (kind == "change" and events.occurred_at[row] <= began):
            yield row


def _tone(words: Signature, value: int) -> str:
    if (
        words.kind in BAD
        or words.code in ("late", "not_renewed", "cancelled")
        or (words.kind == "csat" and value <= 2)
    ):
        return "bad"
    if words.kind in GOOD or (words.kind == "csat" and value >= 4):
        return "good"
    return "in" if words.direction == "in" else ""

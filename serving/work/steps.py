"""The next step: what to do with a lead or customer now, in a sentence, from what stands with them."""

from typing import Final, NamedTuple

from crm.clock import DAY
from crm.glance import Glance

SOON: Final = 60 * DAY
"""A renewal is talked about this long before."""

UNHAPPY: Final = 2
"""A rating (of 5) up to this one was bad."""

JUST: Final = 30 * DAY
"""They rated us lately: of an older rating nobody asks any more."""

OFTEN: Final = 3
"""So many calls in a row missed: another call at another hour is no use either."""

FRESH: Final = 7 * DAY
"""Who wrote longer ago has gone unanswered, and "now" is not the word any more."""

HALF_A_DAY: Final = DAY // 2
"""So long after an order, what they write belongs to it."""

HASTE: Final = 3 * DAY
"""What came so lately comes before any score; a weekend is no longer than that."""

SAID: Final[dict[str, tuple[str, str]]] = {
    "agreed": ("Gọi lại như đã hẹn lúc {at}", "Call back as agreed: {at}"),
    "waits": ("Khách đã nhắn mà chưa ai trả lời: liên hệ lại ngay", "They wrote and nobody has answered: reply now"),
    "called": ("Khách gọi mà chưa gặp được ai: gọi lại ngay", "They called and reached nobody: call back now"),
    "first": ("Gọi lần đầu: giới thiệu và hỏi nhu cầu", "First call: introduce yourself, ask what they need"),
    "often": ("Đã gọi {number} lần không gặp: nhắn Zalo hẹn giờ gọi", "Missed {number} calls: write to agree a time"),
    "missed": ("Lần trước không gặp: gọi vào giờ khác", "Missed last time: call at another hour"),
    "quoted": ("Hỏi ý khách về báo giá đã gửi {day}", "Ask about the quote sent on {day}"),
    "talked": ("Đã nói chuyện: gửi báo giá hoặc hẹn demo", "You have talked: send a quote or agree a demo"),
    "ticket": ("Xử lý yêu cầu hỗ trợ đang mở trước đã", "Settle the open support ticket first"),
    "tickets": ("Xử lý {number} yêu cầu hỗ trợ đang mở trước đã", "Settle the {number} open tickets first"),
    "unhappy": ("Khách vừa chấm {number}/5: gọi xin lỗi và hỏi thêm", "They rated us {number} of 5: apologise and ask"),
    "renewal": ("Bàn gia hạn trước ngày {day}", "Talk about renewing before {day}"),
    "reorder": ("Đã quá kỳ đặt hàng quen ({day}): hỏi đặt lại", "Past their usual order ({day}): ask for the next"),
    "debt": ("Nhắc khoản quá hạn, hỏi khách có vướng gì", "Mention what is overdue, ask what is in the way"),
    "care": ("Gọi hỏi thăm: dùng có ổn không, cần thêm gì", "Call to ask how things are and what they need"),
}  # fmt: skip
"""Each step in Vietnamese and English."""


class Step(NamedTuple):
    """A step by its name in :data:`SAID`, with the time (UTC microseconds) or number that goes into it."""

    name: str
    at: int | None = None
    number: int = 0


def sales(seen: Glance, due: int | None, moment: int) -> Step:
    """What a salesperson should do with a lead."""
    if due is not None:
        return Step("agreed", due)
    if waiting := _waits(seen, moment):
        return waiting
    if seen.ours is None:
        return Step("first")
    if seen.missed:
        return Step("often", number=seen.missed) if seen.missed >= OFTEN else Step("missed")
    return Step("quoted", seen.quoted_at) if seen.quoted_at is not None else Step("talked")


def care(seen: Glance, due: int | None, moment: int) -> Step:
    """What care should do with a customer."""
    if due is not None:
        return Step("agreed", due)
    if seen.tickets:
        return Step("tickets", number=seen.tickets) if seen.tickets > 1 else Step("ticket")
    if waiting := _waits(seen, moment):
        return waiting
    if _unhappy(seen, moment - JUST) and seen.csat is not None:
        return Step("unhappy", number=seen.csat)
    if seen.renews_at is not None and seen.renews_at - moment < SOON:
        return Step("renewal", seen.renews_at)
    if seen.expected_at is not None and seen.expected_at < moment:
        return Step("reorder", seen.expected_at)
    if seen.debt:
        return Step("debt")
    return Step("missed") if seen.missed else Step("care")


def waits(seen: Glance, moment: int) -> bool:
    """Whether they wrote or called lately, and nobody has spoken with them since, nor taken an order that day."""
    theirs = seen.theirs
    if theirs is None or theirs is not seen.last or theirs.words.code == "answered":
        return False
    return theirs.at > max(moment - FRESH, (seen.ordered_at or 0) + HALF_A_DAY)


def pressed(seen: Glance, moment: int) -> int | None:
    """When the newest thing came that cannot wait for any score: a message, a ticket, a bad rating."""
    told = (seen.theirs.at if seen.theirs and waits(seen, moment) else None, seen.ticket_at,
            seen.csat_at if _unhappy(seen, moment - HASTE) else None)  # fmt: skip
    return max((at for at in told if at is not None and at > moment - HASTE), default=None)


def _unhappy(seen: Glance, since: int) -> bool:
    return seen.csat is not None and seen.csat <= UNHAPPY and (seen.csat_at or 0) > since


def _waits(seen: Glance, moment: int) -> Step | None:
    if not waits(seen, moment):
        return None
    return Step("called" if seen.theirs and seen.theirs.words.kind == "call" else "waits")


OF: Final = {"lead": sales, "deal": sales, "customer": care}
"""Whose step it is, by kind of subject."""

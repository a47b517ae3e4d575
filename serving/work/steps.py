"""The next step: what to do with a lead or customer now, in a sentence, from what stands with them.

An outcome recorded here is in the history by its code, as what the last contact was about.
"""

from typing import Final, NamedTuple

from crm.clock import DAY, HOUR
from crm.glance import Glance
from serving.work import outcomes

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

BROKEN: Final = 3 * HOUR
"""A call agreed for longer ago was missed, and calling as though nothing were will not do."""

SAID: Final[dict[str, tuple[str, str]]] = {
    "agreed": ("Gọi lại như đã hẹn lúc {at}", "Call back as agreed: {at}"),
    "broken": ("Đã lỡ hẹn {at}: gọi xin lỗi, hẹn lại", "Missed the call agreed for {at}: apologise, agree another"),
    "waits": ("Khách đã nhắn mà chưa ai trả lời: liên hệ lại ngay", "They wrote and nobody has answered: reply now"),
    "called": ("Khách gọi mà chưa gặp được ai: gọi lại ngay", "They called and reached nobody: call back now"),
    "first": ("Gọi lần đầu: giới thiệu và hỏi nhu cầu", "First call: introduce yourself, ask what they need"),
    "often": ("Đã gọi {number} lần không gặp: nhắn Zalo hẹn giờ gọi", "Missed {number} calls: write to agree a time"),
    "missed": ("Lần trước không gặp: gọi vào giờ khác", "Missed last time: call at another hour"),
    "quoted": ("Hỏi ý khách về báo giá đã gửi {day}", "Ask about the quote sent on {day}"),
    "talked": ("Đã nói chuyện: gửi báo giá hoặc hẹn demo", "You have talked: send a quote or agree a demo"),
    "not_now": ("Khách chưa có nhu cầu: hỏi lại từ ngày {day}", "No need now: ask again from {day} on"),
    "again": ("Lần trước chưa có nhu cầu: hỏi xem nay đã cần chưa", "No need last time: ask whether there is now"),
    "ticket": ("Xử lý yêu cầu hỗ trợ đang mở trước đã", "Settle the open support ticket first"),
    "tickets": ("Xử lý {number} yêu cầu hỗ trợ đang mở trước đã", "Settle the {number} open tickets first"),
    "unhappy": ("Khách vừa chấm {number}/5: gọi xin lỗi và hỏi thêm", "They rated us {number} of 5: apologise and ask"),
    "renewal": ("Bàn gia hạn trước ngày {day}", "Talk about renewing before {day}"),
    "reorder": ("Đã quá kỳ đặt hàng quen ({day}): hỏi đặt lại", "Past their usual order ({day}): ask for the next"),
    "debt": ("Nhắc khoản quá hạn, hỏi khách có vướng gì", "Mention what is overdue, ask what is in the way"),
    "renewed": ("Khách đã gia hạn: cảm ơn, hỏi dùng có ổn không", "They renewed: thank them, ask how things are"),
    "reordered": ("Khách đã đặt lại: hỏi nhận hàng có ổn không", "They ordered again: ask whether all came well"),
    "complaint_solved": ("Đã xử lý khiếu nại: hỏi khách đã hài lòng chưa", "Complaint resolved: ask if all is well"),
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
        return _agreed(due, moment)
    if waiting := _waits(seen, moment):
        return waiting
    if seen.ours is None:
        return Step("first")
    if _recorded(seen) == "not_now":
        until = (seen.ours.at if seen.ours else moment) + (outcomes.BY_CODE["not_now"].rest or 0)
        return Step("not_now", until) if moment < until else Step("again")
    if seen.missed:
        return Step("often", number=seen.missed) if seen.missed >= OFTEN else Step("missed")
    return Step("quoted", seen.quoted_at) if seen.quoted_at is not None else Step("talked")


def care(seen: Glance, due: int | None, moment: int) -> Step:
    """What care should do with a customer."""
    if due is not None:
        return _agreed(due, moment)
    done = _recorded(seen)
    # The CRM may not know yet what was done: a ticket or rating from before it is no work any more.
    solved = seen.ours.at if seen.ours and done == "complaint_solved" else 0
    if seen.tickets and (seen.ticket_at or moment) > solved:
        return Step("tickets", number=seen.tickets) if seen.tickets > 1 else Step("ticket")
    if waiting := _waits(seen, moment):
        return waiting
    if _unhappy(seen, max(moment - JUST, solved)) and seen.csat is not None:
        return Step("unhappy", number=seen.csat)
    if done != "renewed" and seen.renews_at is not None and seen.renews_at - moment < SOON:
        return Step("renewal", seen.renews_at)
    if done != "reordered" and seen.expected_at is not None and seen.expected_at < moment:
        return Step("reorder", seen.expected_at)
    if seen.debt:
        return Step("debt")
    if done in ("renewed", "reordered", "complaint_solved"):
        return Step(done)
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


def _agreed(due: int, moment: int) -> Step:
    return Step("agreed" if due > moment - BROKEN else "broken", due)


def _recorded(seen: Glance) -> str:
    """The outcome recorded here that was our last contact; empty where that was another."""
    about = seen.ours.words.field if seen.ours else ""
    return about if about in outcomes.BY_CODE else ""


def _unhappy(seen: Glance, since: int) -> bool:
    return seen.csat is not None and seen.csat <= UNHAPPY and (seen.csat_at or 0) > since


def _waits(seen: Glance, moment: int) -> Step | None:
    if not waits(seen, moment):
        return None
    return Step("called" if seen.theirs and seen.theirs.words.kind == "call" else "waits")


OF: Final = {"lead": sales, "deal": sales, "customer": care}
"""Whose step it is, by kind of subject."""

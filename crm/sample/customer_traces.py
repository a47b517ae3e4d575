"""What the CRM records of customers beside purchases: contacts, tickets, and the traces of falling out."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator

from crm.clock import HOUR, MINUTE, UNKNOWN
from crm.sample.customers import BUYS_GOODS, NEVER, Customers
from crm.sample.days import Floats, Ints, Window
from crm.sample.lives import Lives
from crm.sample.roster import Roster
from crm.sample.touches import Touches, pick

NEUTRAL, BAD, GOOD = range(3)
TICKETS = np.array([0.0008, 0.0050, 0.0042, 0.0036])
"""Ordinary tickets a working day, by level."""
RATES = {
    # kind, direction, channel: chance a working day by level, topics
    ("call", "out", ""): ((0.013, 0.014, 0.013, 0.013), ("Chăm sóc định kỳ", "Giới thiệu sản phẩm")),
    ("call", "in", ""): ((0.0015, 0.0060, 0.0045, 0.0050), ("Hỏi đơn hàng", "Hỏi giá", "Hỏi sử dụng")),
    ("chat", "in", "zalo"): ((0.0025, 0.0090, 0.0110, 0.0150), ("Hỏi đơn hàng", "Hỏi giá", "Hỏi sử dụng")),
    ("email", "in", "email"): ((0.0004, 0.0020, 0.0022, 0.0025), ("Hỏi đơn hàng", "Phản hồi")),
    ("visit", "in", "website"): ((0.0015, 0.0060, 0.0075, 0.0100), ("Bảng giá", "Hướng dẫn", "Trang chủ")),
    ("meeting", "out", ""): ((0.0006, 0.0012, 0.0012, 0.0014), ("Thăm khách hàng",)),
}
ANSWERS = np.array([0.35, 0.58, 0.74, 0.84])
FALLS = ("ticket", "competitor", "price", "champion")
FALL_SHARES = (0.45, 0.20, 0.20, 0.15)


@dataclass(frozen=True, slots=True)
class Days:
    """The days on which customers live: one entry a customer and day. ``move`` is that day's change of level."""

    customer: Ints
    day: Ints
    level: Ints
    move: Ints
    carer: Ints


def days(rng: Generator, who: Customers, lives: Lives, roster: Roster) -> Days:
    """Days of customers still with the company; who only subscribed is gone when the subscription is."""
    present = (lives.level >= 0) & (((who.kind & BUYS_GOODS) > 0)[:, None] | (lives.ends >= 0))
    customer, day = np.nonzero(present)
    level = lives.level[customer, day].astype(np.int64)
    before = np.where(day > 0, lives.level[customer, np.maximum(day - 1, 0)], -1)
    move = np.where(before >= 0, level - before, 0)
    return Days(customer, day, level, move, carers(rng, who, roster)[customer, day // 91])


def carers(rng: Generator, who: Customers, roster: Roster) -> Ints:
    """``[customer, quarter]``: which care colleague looks after whom; it changes when one leaves."""
    quarters = 13
    first = roster.pick(rng, np.full(len(who), 0), care=True)
    columns = [first]
    for quarter in range(1, quarters):
        fresh = roster.pick(rng, np.full(len(who), quarter * 91), care=True)
        columns.append(np.where(roster.left[columns[-1]] > quarter * 91, columns[-1], fresh))
    return np.stack(columns, axis=1)


def contacts(
    rng: Generator, span: Window, lived: Days, lives: Lives, work: Floats, roster: Roster
) -> pd.DataFrame:
    """Contacts with customers; column ``contact`` holds the customer's position for now."""
    rows = Touches()
    working = work[lived.day]
    for (kind, direction, channel), (rates, topics) in RATES.items():
        chosen = np.flatnonzero(rng.random(len(lived.day)) < np.array(rates)[lived.level] * working)
        _said(rng, rows, span, lived, chosen, kind, direction, channel, topics)
    _before_orders(rng, rows, span, lived, lives)
    _falls(rng, rows, span, lived)
    _renewals(rng, rows, span, lives, lived)
    return rows.table()


def _said(
    rng: Generator, rows: Touches, span: Window, lived: Days, chosen: Ints, kind: str, direction: str,
    channel: str,
    topics: tuple[str, ...],
) -> None:  # fmt: skip
    time = span.micros(lived.day[chosen], rng.uniform(8, 17.4, len(chosen)))
    met = (rng.random(len(chosen)) < ANSWERS[lived.level[chosen]]) | (direction == "in")
    call, meeting = kind == "call", kind == "meeting"
    missed = pick(rng, ("Không nghe máy", "Máy bận", "Thuê bao"), len(chosen), (7, 2, 1))
    lasting = np.clip(np.exp(4.4 + rng.normal(0, 0.8, len(chosen))), 8, 3_000).astype(np.int64)
    rows.add(
        kind=kind, direction=direction, channel=channel, time=time, topic=pick(rng, topics, len(chosen)),
        outcome=np.where(met, "Nghe máy", missed).astype(object) if call else "Đã gặp" if meeting else "",
        duration=np.where(met, lasting, 0) if call else lasting * 20 if meeting else -1,
        entered=time + rng.choice([1, 4, 20], len(chosen)) * HOUR if meeting else time,
        actor=lived.carer[chosen] if direction == "out" or call else -1, contact=lived.customer[chosen],
    )  # fmt: skip
    planned = chosen[met & call & (direction == "out") & (rng.random(len(chosen)) < 0.12)]
    _callbacks(rng, rows, span, lived, planned)


def _callbacks(rng: Generator, rows: Touches, span: Window, lived: Days, planned: Ints) -> None:
    due = span.micros(
        lived.day[planned] + rng.integers(2, 12, len(planned)), rng.uniform(9, 17, len(planned))
    )
    kept = rng.random(len(planned)) < 0.72
    late = (
        (rng.exponential(8, len(planned)) * 60).astype(np.int64) * MINUTE * (rng.random(len(planned)) < 0.4)
    )
    rows.add(kind="callback", direction="out", topic="Hẹn gọi lại", due=due,
             done=np.where(kept, due + late, UNKNOWN),
             time=span.micros(lived.day[planned], np.full(len(planned), 17.5)), actor=lived.carer[planned],
             contact=lived.customer[planned])  # fmt: skip


def _before_orders(rng: Generator, rows: Touches, span: Window, lived: Days, lives: Lives) -> None:
    ordered = lives.ordered[lived.customer, lived.day]
    chosen = np.flatnonzero(ordered & (rng.random(len(ordered)) < 0.35))
    _said(rng, rows, span, lived, chosen, "chat", "in", "zalo", ("Đặt hàng",))


def _falls(rng: Generator, rows: Touches, span: Window, lived: Days) -> None:
    """A fall that no ticket caused shows, where it shows at all, as a question or a new face."""
    fell = np.flatnonzero(lived.move < 0)
    cause = fall_causes(rng, len(fell))
    for number, kind, direction, channel, topic, shown in (
        (1, "call", "in", "", "So sánh với bên khác", 0.45), (2, "chat", "in", "zalo", "Xin giảm giá", 0.55),
        (3, "note", "", "", "Đổi người liên hệ", 0.60),
    ):  # fmt: skip
        chosen = fell[(cause == number) & (rng.random(len(fell)) < shown)]
        _said(rng, rows, span, lived, chosen, kind, direction, channel, (topic,))


def fall_causes(rng: Generator, count: int) -> Ints:
    """Positions in FALLS."""
    return np.asarray(rng.choice(len(FALLS), count, p=FALL_SHARES), np.int64)


def _renewals(rng: Generator, rows: Touches, span: Window, lives: Lives, lived: Days) -> None:
    """A reminder before each term's end, and sometimes the answer where it was no."""
    terms = lives.terms
    reminded = np.flatnonzero(
        (terms[:, 3] - 24 >= 0) & (terms[:, 3] - 24 < span.length) & (terms[:, 4] == NEVER)
    )
    who, day = terms[reminded, 0], terms[reminded, 3] - 24
    met = rng.random(len(who)) < ANSWERS[np.maximum(lives.level[who, day], 0)]
    rows.add(kind="call", direction="out", topic="Nhắc gia hạn", contact=who,
             time=span.micros(day, rng.uniform(8, 17, len(who))),
             outcome=np.where(met, "Nghe máy", "Không nghe máy").astype(object),
             duration=np.where(met, rng.integers(30, 500, len(who)), 0))  # fmt: skip
    said_no = lives.declined[lived.customer, lived.day] & (
        lives.decides[lived.customer, lived.day] == lived.day - 1
    )
    chosen = np.flatnonzero(said_no & (rng.random(len(said_no)) < 0.5))
    rows.add(kind="call", direction="out", topic="Nhắc gia hạn", outcome="Từ chối gia hạn",
             contact=lived.customer[chosen],
             time=span.micros(lived.day[chosen], rng.uniform(8, 17, len(chosen))), actor=lived.carer[chosen],
             duration=rng.integers(40, 400, len(chosen)))  # fmt: skip


def tickets(rng: Generator, span: Window, lived: Days, work: Floats) -> pd.DataFrame:
    """Tickets in order of time.

    ``customer, time, category, priority, channel, replied, resolved, csat, rated, carer``; times may lie past
    the window's end.
    """
    ordinary = np.flatnonzero(rng.random(len(lived.day)) < TICKETS[lived.level] * (0.15 + work[lived.day]))
    fell, rose = np.flatnonzero(lived.move < 0), np.flatnonzero(lived.move > 0)
    bad = fell[rng.random(len(fell)) < 0.45]
    good = rose[rng.random(len(rose)) < 0.45]
    row = np.concatenate([ordinary, bad, good])
    how = np.repeat([NEUTRAL, BAD, GOOD], [len(ordinary), len(bad), len(good)])
    count = len(row)
    time = span.micros(lived.day[row], rng.uniform(7.5, 20, count))
    reply = np.exp(rng.normal(np.array([1.0, 2.1, 0.2])[how], 0.9)) * 60
    solve = reply + np.exp(rng.normal(np.array([2.6, 4.6, 1.9])[how], 0.9)) * 60
    replied, resolved = (time + np.ceil(minutes).astype(np.int64) * MINUTE for minutes in (reply, solve))
    score = np.array(
        [[0.04, 0.08, 0.24, 0.36, 0.28], [0.45, 0.30, 0.17, 0.06, 0.02], [0, 0.01, 0.07, 0.30, 0.62]]
    )
    csat = 1 + (rng.random(count)[:, None] > np.cumsum(score, axis=1)[how]).sum(axis=1)
    rated = np.where(
        rng.random(count) < np.array([0.3, 0.5, 0.5])[how],
        resolved + rng.integers(5, 2_880, count) * MINUTE,
        UNKNOWN,
    )
    frame = pd.DataFrame(
        {
            "customer": lived.customer[row], "time": time, "replied": replied, "resolved": resolved,
            "csat": np.minimum(csat, 5), "rated": rated, "carer": lived.carer[row],
            "category": pick(rng, ("Lỗi phần mềm", "Bảo hành thiết bị", "Giao hàng", "Hướng dẫn sử dụng",
                                   "Hoá đơn"), count),
            "priority": np.where(rng.random(count) < np.array([0.1, 0.35, 0.1])[how], "Cao",
                                 "Bình thường").astype(object),
            "channel": pick(rng, ("Hotline", "Zalo OA", "Email"), count, (4, 5, 1)),
        }
    )  # fmt: skip
    return frame[frame["time"] < span.end].sort_values(["time", "customer"], kind="stable", ignore_index=True)

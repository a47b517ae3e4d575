"""What is said and clicked while leads are open: calls, chats, e-mails, visits, meetings and callbacks."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import HOUR, MINUTE
from crm.sample import catalog
from crm.sample.days import Floats, Ints, Window
from crm.sample.funnel import Paths
from crm.sample.lead_days import Cells
from crm.sample.leads import Leads
from crm.sample.roster import Roster
from crm.sample.touches import Touches, pick

UNANSWERED = ("Không nghe máy", "Máy bận", "Thuê bao")


def contacts(
    rng: Generator, span: Window, leads: Leads, paths: Paths, seen: Cells, work: Floats, roster: Roster
) -> pd.DataFrame:
    """Everything that was said or clicked before the lead's end; column ``lead`` says whose."""
    rows = Touches()
    _arrival(rng, rows, span, leads, paths)
    _calls(rng, rows, leads, paths, seen, work, roster)
    _chats(rng, rows, leads, seen, work)
    _clicks(rng, rows, span, leads, seen)
    _meetings(rng, rows, leads, seen)
    return rows.table()


def _arrival(rng: Generator, rows: Touches, span: Window, leads: Leads, paths: Paths) -> None:
    called = np.flatnonzero(leads.channel == catalog.HOTLINE)
    rows.add(kind="call", direction="in", outcome="Nghe máy", topic="Tư vấn sản phẩm",
             time=leads.created_at[called],
             duration=_lasting(rng, leads.intent[called]), actor=leads.owner[called], lead=called)  # fmt: skip
    wrote = np.flatnonzero(leads.channel == catalog.ZALO)
    rows.add(
        kind="chat",
        direction="in",
        channel="zalo",
        topic="Tư vấn sản phẩm",
        time=leads.created_at[wrote],
        lead=wrote,
    )
    filled = np.flatnonzero(leads.channel == catalog.WEBSITE)
    rows.add(kind="form", direction="in", channel="website", time=leads.created_at[filled], lead=filled,
             topic=pick(rng, ("Đăng ký dùng thử", "Liên hệ", "Xin báo giá"), len(filled), (5, 3, 2)))  # fmt: skip
    first = np.flatnonzero(~np.isnan(paths.first_hour))
    met = paths.first_met[first] > 0
    rows.add(kind="call", direction="out", outcome=_outcome(rng, met), topic="Gọi lần đầu",
             time=span.micros(leads.day[first], paths.first_hour[first]),
             duration=np.where(met, _lasting(rng, leads.intent[first]), 0), actor=leads.owner[first],
             lead=first)  # fmt: skip


def _calls(
    rng: Generator, rows: Touches, leads: Leads, paths: Paths, seen: Cells, work: Floats, roster: Roster
) -> None:
    early = paths.tried[seen.lead, seen.step] | (paths.answered[seen.lead, seen.step])
    moved_up = (seen.stage > seen.was) & (seen.was >= 1)
    fresh = 0.985**seen.step * np.exp(0.25 * roster.diligence[seen.owner])
    pace = np.array([0.0, 0.14, 0.17, 0.22])[seen.was] * fresh * work[seen.day]
    later = (seen.was >= 1) & ((rng.random(len(seen.lead)) < pace) | (moved_up & (seen.was == 1)))
    sure = np.where(seen.warm, 0.9, -0.7) + 0.35 * leads.intent[seen.lead]
    picks_up = (rng.random(len(seen.lead)) < 1 / (1 + np.exp(-sure))) | moved_up
    answered = np.where(early, paths.answered[seen.lead, seen.step], picks_up)
    chosen = np.flatnonzero(early | later)
    met, who = answered[chosen], seen.lead[chosen]
    keen = leads.intent[who] + 0.8 * seen.warm[chosen] - 0.5
    rows.add(kind="call", direction="out", outcome=_outcome(rng, met), time=seen.at[chosen], lead=who,
             topic=np.where(seen.was[chosen] == 0, "Gọi lần đầu", "Chăm sóc, tư vấn").astype(object),
             duration=np.where(met, _lasting(rng, keen), 0), actor=seen.owner[chosen])  # fmt: skip
    _callbacks(rng, rows, seen, chosen[met], roster)
    itself = np.flatnonzero((seen.was == 0) & (seen.stage == 1) & ~paths.answered[seen.lead, seen.step])
    asks = np.flatnonzero((seen.stage >= 1) & seen.warm & (
        rng.random(len(seen.lead)) < 0.012 * np.exp(0.6 * leads.intent[seen.lead]) * work[seen.day]))  # fmt: skip
    inward = np.concatenate([itself, asks])
    rows.add(kind="call", direction="in", outcome="Nghe máy", time=seen.at[inward], lead=seen.lead[inward],
             topic=pick(rng, ("Tư vấn sản phẩm", "Hỏi giá", "Hẹn demo"), len(inward), (4, 4, 2)),
             duration=_lasting(rng, leads.intent[seen.lead[inward]]), actor=seen.owner[inward])  # fmt: skip


def _callbacks(rng: Generator, rows: Touches, seen: Cells, met: Ints, roster: Roster) -> None:
    planned = met[rng.random(len(met)) < 0.22]
    due = (
        seen.at[planned]
        + rng.integers(1, 8, len(planned)) * 24 * HOUR
        + rng.integers(-2, 3, len(planned)) * 30 * MINUTE
    )
    diligence = roster.diligence[seen.owner[planned]]
    kept = rng.random(len(planned)) < 1 / (1 + np.exp(-1.3 - 0.7 * diligence))
    late = (
        (rng.exponential(5, len(planned)) * 60).astype(np.int64) * MINUTE * (rng.random(len(planned)) < 0.45)
    )
    rows.add(kind="callback", direction="out", topic="Hẹn gọi lại", time=seen.at[planned] + 5 * MINUTE,
             due=due,
             done=np.where(kept, due + late, np.iinfo(np.int64).min), actor=seen.owner[planned],
             lead=seen.lead[planned])  # fmt: skip


def _chats(rng: Generator, rows: Touches, leads: Leads, seen: Cells, work: Floats) -> None:
    keen = np.exp(0.5 * leads.intent[seen.lead])
    often = np.where(leads.channel[seen.lead] == catalog.ZALO, 2.0, 1.0)
    drawn = rng.random((4, len(seen.lead)))
    wrote = drawn[0] < 0.045 * keen * often * np.where(seen.warm, 1.0, 0.08) * (seen.stage >= 1)
    told = (drawn[1] < 0.035 * work[seen.day] * 0.98**seen.step * (seen.stage >= 1)) | (
        wrote & (drawn[1] < 0.6)
    )
    mailed = drawn[2] < 0.025 * work[seen.day] * (seen.stage >= 1) * 0.985**seen.step
    replied = drawn[3] < 0.014 * keen * np.where(seen.warm, 1.0, 0.1) * (seen.stage >= 1)
    for kind, channel, direction, mask in (
        ("chat", "zalo", "in", wrote), ("chat", "zalo", "out", told), ("email", "email", "out", mailed),
        ("email", "email", "in", replied),
    ):  # fmt: skip
        chosen = np.flatnonzero(mask)
        shift = rng.integers(1, 40, len(chosen)) * MINUTE
        outward = direction == "out"
        rows.add(kind=kind, channel=channel, direction=direction,
                 time=seen.at[chosen] + shift + outward * HOUR,
                 topic=pick(rng, ("Gửi tài liệu", "Báo giá", "Nhắc lịch") if outward else ("Hỏi giá",
                                                                                           "Hỏi tính năng", "Phản hồi"),
                            len(chosen)), actor=seen.owner[chosen] if outward else -1,
                            lead=seen.lead[chosen])  # fmt: skip


def _clicks(rng: Generator, rows: Touches, span: Window, leads: Leads, seen: Cells) -> None:
    keen = np.exp(0.55 * leads.intent[seen.lead]) * np.where(seen.warm, 1.0, 0.12) * 0.99**seen.step
    for kind, rate, topics in (
        ("visit", 0.070, ("Bảng giá", "Tính năng", "Bài viết", "Trang chủ")),
        ("form", 0.0045, ("Xin báo giá", "Đăng ký demo")),
    ):
        chosen = np.flatnonzero(rng.random(len(seen.lead)) < rate * keen)
        who = seen.lead[chosen]
        hour = np.where(
            rng.random(len(chosen)) < 0.6, rng.uniform(8, 18, len(chosen)), rng.uniform(18, 23, len(chosen))
        )
        day = leads.day[who] + seen.step[chosen] + (hour < leads.hour[who])
        rows.add(kind=kind, channel="website", direction="in", topic=pick(rng, topics, len(chosen)),
                 time=span.micros(day, hour), lead=who)  # fmt: skip


def _meetings(rng: Generator, rows: Touches, leads: Leads, seen: Cells) -> None:
    held = np.flatnonzero((seen.stage == 3) & (seen.was == 2))
    off = np.flatnonzero((seen.stage == 2) & (rng.random(len(seen.lead)) < np.where(seen.warm, 0.004, 0.02)))
    for chosen, outcome in ((held, "Đã gặp"), (off, "Khách huỷ hẹn")):
        # Salespeople write meetings up later, many only the next morning.
        entered = seen.at[chosen] + (rng.choice([1, 3, 20, 44], len(chosen), p=[0.5, 0.25, 0.2, 0.05]) * HOUR)
        rows.add(kind="meeting", direction="out", outcome=outcome, topic="Demo sản phẩm",
                 time=seen.at[chosen],
                 entered=entered, duration=rng.integers(20, 100, len(chosen)) * 60, actor=seen.owner[chosen],
                 lead=seen.lead[chosen])  # fmt: skip
    noted = np.flatnonzero((seen.stage > seen.was) & (rng.random(len(seen.lead)) < 0.4))
    rows.add(
        kind="note",
        topic="Ghi chú",
        time=seen.at[noted] + 30 * MINUTE,
        actor=seen.owner[noted],
        lead=seen.lead[noted],
    )


def _outcome(rng: Generator, met: NDArray[np.bool_]) -> NDArray[np.object_]:
    return np.where(met, "Nghe máy", pick(rng, UNANSWERED, len(met), (7, 2, 2))).astype(object)


def _lasting(rng: Generator, keen: Floats) -> Ints:
    return np.asarray(np.clip(np.exp(4.6 + 0.3 * keen + rng.normal(0, 0.8, len(keen))), 8, 3_000), np.int64)

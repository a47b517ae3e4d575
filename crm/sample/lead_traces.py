"""What the CRM records of leads while they move: contacts, changes of status and owner."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import HOUR, MINUTE
from crm.sample import catalog
from crm.sample.days import Floats, Ints, Window
from crm.sample.funnel import STEPS, Paths
from crm.sample.leads import LATE, Leads
from crm.sample.roster import Roster
from crm.sample.touches import Touches, pick

STATUSES = ("Mới", "Đã liên hệ", "Đang tư vấn", "Đã demo")
UNREACHED, STOPPED = "Không liên hệ được", "Ngừng chăm sóc"
UNANSWERED = ("Không nghe máy", "Máy bận", "Thuê bao")
GROUP = "nhom.kinhdoanh"


@dataclass(frozen=True, slots=True)
class Ends:
    """When leads end, UTC microseconds; ``window.end`` for those that do not, with ``how`` 1 converted, -1 lost, 0."""

    at: Ints
    how: Ints


@dataclass(frozen=True, slots=True)
class Cells:
    """The days leads were open: one entry a lead and step, in order. ``at`` is when staff would get in touch."""

    lead: Ints
    step: Ints
    day: Ints
    stage: Ints
    was: Ints
    warm: NDArray[np.bool_]
    at: Ints
    owner: Ints


def ends(rng: Generator, span: Window, leads: Leads, paths: Paths) -> Ends:
    """Conversions and losses that fall inside the window, late on their day."""
    every = np.arange(len(leads))
    step = np.maximum(np.maximum(paths.converted, paths.lost), 0)
    low, high = _hours(leads, paths, every, step)
    at = span.micros(leads.step_day(step), low + (high - low) * rng.uniform(0.78, 0.98, len(leads)))
    how = np.where(paths.converted >= 0, 1, np.where(paths.lost >= 0, -1, 0))
    inside = (how != 0) & (at < span.end)
    return Ends(np.where(inside, at, span.end), np.where(inside, how, 0))


def _hours(leads: Leads, paths: Paths, lead: Ints, step: Ints) -> tuple[Floats, Floats]:
    """Hours of work a lead gets on a step: after its arrival, and after the first response where there was one."""
    low, high = (bound[lead] for bound in leads.hours)
    same_day = (step == 0) & (leads.hour[lead] <= LATE)
    arrived = np.fmax(leads.hour[lead] + 0.15, paths.first_hour[lead] + 0.4)
    low = np.where(same_day, np.maximum(low, arrived), low)
    return low, np.maximum(high, low + 0.6)


def cells(rng: Generator, span: Window, leads: Leads, paths: Paths) -> Cells:
    """Every lead's open days inside the window."""
    lead, step = np.nonzero(paths.stage >= 0)
    inside = leads.day[lead] + step + 1 < span.length
    lead, step = lead[inside], step[inside]
    stage = paths.stage[lead, step].astype(np.int64)
    was = np.where(step > 0, paths.stage[lead, step - 1], paths.first_met[lead]).astype(np.int64)
    day = leads.day[lead] + step + (leads.hour[lead] > LATE)
    low, high = _hours(leads, paths, lead, step)
    at = span.micros(day, low + (high - low) * rng.uniform(0.02, 0.70, len(lead)))
    owner = np.where(day < leads.moved[lead], leads.owner[lead], leads.next_owner[lead])
    return Cells(lead, step, day, stage, was, paths.warm[lead, step], at, owner)


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


def status_changes(
    rng: Generator, span: Window, leads: Leads, paths: Paths, seen: Cells, finished: Ends
) -> pd.DataFrame:
    """``lead, time, old, new, actor``: the change log of the status, some of it written up late."""
    up = np.flatnonzero(seen.stage > seen.was)
    first = np.flatnonzero(paths.first_met)
    tries = np.cumsum(paths.tried, axis=1)
    third = np.flatnonzero(
        (tries[seen.lead, seen.step] == 3) & paths.tried[seen.lead, seen.step] & (seen.stage == 0)
    )
    lost = np.flatnonzero(finished.how < 0)
    parts = [
        (seen.lead[up], seen.at[up] + 6 * MINUTE, np.array(STATUSES, object)[seen.stage[up]], seen.owner[up]),
        (first, span.micros(leads.day[first], paths.first_hour[first]) + 6 * MINUTE,
         np.array(STATUSES, object)[paths.first_met[first]], leads.owner[first]),
        (seen.lead[third], seen.at[third] + 3 * MINUTE, np.full(len(third), UNREACHED, object),
         seen.owner[third]),
    ]  # fmt: skip
    lead, time, new, actor = (np.concatenate(column) for column in zip(*parts, strict=True))
    behind = (rng.random(len(lead)) < 0.2) * rng.integers(1, 20, len(lead)) * HOUR
    time = np.minimum(time + behind, finished.at[lead] - 2 * MINUTE)
    log = pd.DataFrame({"lead": lead, "time": time, "new": new, "actor": actor})
    last = np.where(finished.at[lost] < span.end, leads.owner[lost], -1)
    log = pd.concat(
        [log, pd.DataFrame({"lead": lost, "time": finished.at[lost], "new": STOPPED, "actor": last})]
    )
    log = log.sort_values(["lead", "time"], kind="stable", ignore_index=True)
    old = log["new"].shift()
    log["old"] = old.where(log["lead"].eq(log["lead"].shift()), STATUSES[0])
    return log[
        (log["old"] != log["new"]) & (log["time"] > leads.created_at[log["lead"]]) & (log["time"] < span.end)
    ]


def owner_changes(rng: Generator, span: Window, leads: Leads, finished: Ends, roster: Roster) -> pd.DataFrame:
    """``lead, time, old, new``: handed out from the group's queue, and handed over when somebody leaves."""
    handed = leads.created_at + rng.integers(1, 6, len(leads)) * MINUTE
    every = np.arange(len(leads))
    over_at = span.micros(leads.moved, np.full(len(leads), 8.5))
    over = np.flatnonzero(
        (over_at < finished.at) & (leads.moved < leads.day + STEPS) & (leads.next_owner != leads.owner)
    )
    log = pd.DataFrame(
        {
            "lead": np.concatenate([every, over]),
            "time": np.concatenate([handed, over_at[over]]),
            "old": np.concatenate([np.full(len(every), GROUP, object), roster.username[leads.owner[over]]]),
            "new": np.concatenate([roster.username[leads.owner], roster.username[leads.next_owner[over]]]),
        }
    )
    return log[(log["time"] < finished.at[log["lead"]]) & (log["time"] < span.end)]

"""Deals of converted leads: stages, quotes, and whether they are won."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import HOUR, MINUTE
from crm.sample import catalog
from crm.sample.days import Floats, Ints, Window
from crm.sample.lead_days import Ends
from crm.sample.leads import Leads
from crm.sample.roster import Roster
from crm.sample.touches import Touches, pick

STAGES = ("Tiếp cận", "Báo giá", "Đàm phán", "Thắng", "Thua")
WON, LOST = 3, 4


@dataclass(frozen=True, slots=True)
class Deals:
    """One entry a converted lead, in order of conversion. ``moments`` is ``[deal, 4]``: opened, quoted,
    negotiated, closed.

    Times are UTC microseconds and may lie past the window's end; whoever writes them out leaves those away.
    """

    lead: Ints
    owner: Ints
    moments: Ints
    wins: NDArray[np.bool_]
    amount: Ints

    def stage(self, end: int) -> Ints:
        """Position in STAGES as the CRM shows it at ``end``."""
        reached = (self.moments < end).sum(axis=1) - 1
        return np.asarray(np.where(reached < 3, reached, np.where(self.wins, WON, LOST)), np.int64)


def deals(rng: Generator, span: Window, leads: Leads, finished: Ends, work: Floats, roster: Roster) -> Deals:
    """Every converted lead opens one deal; about three in four are won."""
    lead = np.flatnonzero(finished.how > 0)
    lead = lead[np.argsort(finished.at[lead], kind="stable")]
    opened = finished.at[lead]
    gaps = np.ceil(np.exp(rng.normal([0.7, 1.2, 1.3], 0.7, (len(lead), 3)))).astype(np.int64)
    day = span.day_of(opened)[:, None] + np.cumsum(gaps, axis=1)
    following = _next_working_day(work)
    hour = rng.uniform(8.2, 17.2, day.shape)
    later = span.micros(following[np.minimum(day, len(following) - 1)], hour)
    moments = np.maximum.accumulate(np.column_stack([opened, later]), axis=1)
    value = 0.4 * leads.intent[lead] + 0.3 * leads.fit[lead] + 0.3 * leads.budget[lead]
    wins = rng.random(len(lead)) < 1 / (1 + np.exp(-0.9 - 0.5 * value))
    price = np.array([product.price for product in catalog.PRODUCTS])[leads.product[lead]]
    amount = price * 1_000 * np.maximum(1, rng.poisson(0.6 + 0.8 * leads.size[lead])) // 10_000 * 10_000
    opened_day = span.day_of(opened)
    owner = np.where(opened_day < leads.moved[lead], leads.owner[lead], leads.next_owner[lead])
    return Deals(lead, owner, moments, wins, np.maximum(amount, 100_000))


def _next_working_day(work: Floats) -> Ints:
    days = np.arange(len(work))
    marked = np.where(work > 0, days, len(work) - 1)
    return np.asarray(np.minimum.accumulate(marked[::-1])[::-1], np.int64)


def stage_changes(span: Window, made: Deals) -> pd.DataFrame:
    """``deal, time, old, new``: the change log of the stage."""
    parts = []
    for position in (1, 2, 3):
        new = np.full(len(made.lead), position) if position < WON else np.where(made.wins, WON, LOST)
        parts.append(
            pd.DataFrame(
                {
                    "deal": np.arange(len(made.lead)), "time": made.moments[:, position],
                    "old": np.array(STAGES, object)[position - 1], "new": np.array(STAGES, object)[new],
                    "actor": made.owner,
                }
            )
        )  # fmt: skip
    log = pd.concat(parts, ignore_index=True)
    return log[log["time"] < span.end]


def quotes(rng: Generator, span: Window, made: Deals) -> pd.DataFrame:
    """``deal, time, amount``: one quote a deal, and now and then a lower second one."""
    every = np.arange(len(made.lead))
    again = every[rng.random(len(every)) < 0.3]
    rows = pd.DataFrame(
        {
            "deal": np.concatenate([every, again]),
            "time": np.concatenate(
                [made.moments[every, 1] - 20 * MINUTE, made.moments[again, 2] - 20 * MINUTE]
            ),
            "amount": np.concatenate([made.amount[every], made.amount[again] * 92 // 100 // 1_000 * 1_000]),
        }
    )
    rows["time"] = np.maximum(rows["time"].to_numpy(), made.moments[rows["deal"].to_numpy(), 0] + MINUTE)
    return rows[rows["time"] < span.end].sort_values("time", kind="stable", ignore_index=True)


def contacts(rng: Generator, span: Window, made: Deals) -> pd.DataFrame:
    """What was said between conversion and the deal's end; column ``contact`` holds the deal's position for now."""
    rows = Touches()
    opened, closed = made.moments[:, 0], made.moments[:, 3]
    for kind, direction, channel, mean, topics in (
        ("call", "out", "", 1.6, ("Thương lượng", "Chăm sóc, tư vấn")),
        ("chat", "in", "zalo", 1.0, ("Hỏi giá", "Phản hồi")),
        ("email", "out", "email", 0.9, ("Báo giá", "Hợp đồng")),
        ("meeting", "out", "", 0.4, ("Ký hợp đồng", "Tư vấn")),
    ):  # fmt: skip
        deal = np.repeat(np.arange(len(opened)), rng.poisson(mean, len(opened)))
        day = span.day_of(opened[deal]) + (
            rng.random(len(deal)) * (closed - opened)[deal] / (24 * HOUR)
        ).astype(np.int64)
        time = span.micros(day, rng.uniform(8, 17.4, len(deal)))
        fits = (time > opened[deal]) & (time < closed[deal])
        deal, time = deal[fits], time[fits]
        met = rng.random(len(deal)) < 0.75
        spoken = {"call": np.where(met, "Nghe máy", "Không nghe máy").astype(object), "meeting": "Đã gặp"}
        rows.add(kind=kind, direction=direction, channel=channel, time=time,
                 topic=pick(rng, topics, len(deal)),
                 outcome=spoken.get(kind, ""), actor=made.owner[deal] if direction == "out" else -1,
                 contact=deal,
                 duration=np.where(met, rng.integers(30, 600, len(deal)), 0) if kind == "call" else -1)  # fmt: skip
    return rows.table()

"""Who becomes a lead, when and how: what the export shows of them, and what only the generator knows."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from crm.sample import catalog
from crm.sample.days import CLOSES, OPENS, Floats, Ints, Window, traffic, work
from crm.sample.roster import Roster

FIT_TABLE = np.array(
    [
        [product in catalog.FITS[industry] for product in range(len(catalog.PRODUCTS))]
        for industry in catalog.INDUSTRIES
    ]
)
LATE = 15.0
"""Hour after which a lead's later steps are worked on the next day."""


@dataclass(frozen=True, slots=True)
class Leads:
    """One entry a lead, in order of creation.

    ``day`` and ``hour`` are local. Positions refer to the lists of the catalogue. ``intent``, ``fit``,
    ``budget`` and ``urgency`` are latent: no file shows them. ``owner`` works the lead until ``moved`` (a day
    number), then ``next_owner``. ``load`` is how busy sales were that week, 1 on average.
    """

    day: Ints
    hour: Floats
    created_at: Ints
    channel: Ints
    campaign: Ints
    product: Ints
    industry: Ints
    province: Ints
    size: Ints
    title: Ints
    need: Ints
    plan: Ints
    intent: Floats
    fit: Floats
    budget: Floats
    urgency: Floats
    owner: Ints
    next_owner: Ints
    moved: Ints
    load: Floats

    def __len__(self) -> int:
        return len(self.day)

    def step_day(self, step: Ints | int) -> Ints:
        """The day on which the work of the ``step``-th 24 hours of a lead's life is done."""
        return np.asarray(self.day + step + (self.hour > LATE), np.int64)

    @property
    def hours(self) -> tuple[Floats, Floats]:
        """Between which hours of that day the work lies inside those 24 hours."""
        late = self.hour > LATE
        low = np.where(late, OPENS, np.clip(self.hour, OPENS, CLOSES - 1))
        high = np.where(late, np.minimum(self.hour, CLOSES), CLOSES)
        return np.asarray(low), np.asarray(high)


def arrive(rng: Generator, span: Window, roster: Roster, count: int) -> Leads:
    """``count`` leads spread over the window, with the causes behind them."""
    day, channel = _days_and_channels(rng, span, count)
    hour = _hours(rng, channel)
    campaign = _campaigns(rng, channel, day)
    profile = _profile(rng, count)
    product = rng.choice(9, count, p=[0.22, 0.12, 0.08, 0.07, 0.17, 0.12, 0.10, 0.07, 0.05])
    intent, urgency = _wish(rng, channel, campaign, day, span)
    fit = 0.9 * FIT_TABLE[profile["industry"], product] - 0.35 + rng.normal(0, 0.7, count)
    budget = (
        0.35 * (profile["size"] - 1)
        + np.array(catalog.TITLE_POWER)[profile["title"]]
        + rng.normal(0, 0.7, count)
    )
    owner = roster.pick(rng, day, care=False)
    moved = np.maximum(roster.left[owner], day + 1)
    next_owner = roster.pick(rng, np.minimum(moved, span.length), care=False, stay=200)
    return Leads(
        day=day, hour=hour, created_at=span.micros(day, hour), channel=channel, campaign=campaign,
        product=product,
        need=_answer(rng, intent + 0.4 * urgency, (-0.5, 1.0, 1.7)),
        plan=_answer(rng, urgency, (-0.3, 0.5, 1.3)),
        intent=intent, fit=fit, budget=budget, urgency=urgency, owner=owner, next_owner=next_owner,
        moved=moved,
        load=_load(span, roster, day), **profile,
    )  # fmt: skip


def _days_and_channels(rng: Generator, span: Window, count: int) -> tuple[Ints, Ints]:
    shares = np.array([channel.share for channel in catalog.CHANNELS])
    channel = rng.choice(len(shares), count, p=shares / shares.sum())
    usual, days = traffic(span)[: span.length], np.arange(span.length)
    fairs = np.isin(days % 118, (40, 41, 42)) & (usual > 0.4)
    daily = {
        catalog.HOTLINE: usual * (0.05 + work(span)[: span.length]),
        catalog.FAIR: np.where(fairs, 1.0, 0.002),
        catalog.FACEBOOK: usual * np.where(days % 61 < 24, 1.7, 0.6),
    }
    day = np.empty(count, np.int64)
    for number in range(len(shares)):
        rows = np.flatnonzero(channel == number)
        weight = daily.get(number, usual)
        day[rows] = rng.choice(days, len(rows), p=weight / weight.sum())
    order = np.argsort(day, kind="stable")
    return day[order], channel[order]


def _hours(rng: Generator, channel: Ints) -> Floats:
    evening = rng.random(len(channel)) < np.array([c.evening for c in catalog.CHANNELS])[channel]
    daytime = np.where(
        rng.random(len(channel)) < 0.55, rng.uniform(8, 12, len(channel)), rng.uniform(13, 17.4, len(channel))
    )
    hour = np.where(evening, np.clip(rng.normal(20.5, 1.6, len(channel)), 17.6, 23.9), daytime)
    return np.asarray(np.floor(hour * 60) / 60)


def _campaigns(rng: Generator, channel: Ints, day: Ints) -> Ints:
    """Positions in the channel's own list; which campaign runs drifts over the years."""
    sizes = np.array([len(catalog.CAMPAIGNS[number]) for number in range(len(catalog.CHANNELS))])[channel]
    drift = day / 365 + rng.normal(0, 0.9, len(day))
    return np.asarray(np.floor(drift * 1.3) % sizes, np.int64)


def _profile(rng: Generator, count: int) -> dict[str, Ints]:
    weights = np.array([weight for *_, weight in catalog.OLD_PROVINCES], float)
    return {
        "industry": rng.integers(0, len(catalog.INDUSTRIES), count),
        "province": rng.choice(len(weights), count, p=weights / weights.sum()),
        "size": rng.choice(len(catalog.SIZES), count, p=catalog.SIZE_SHARES),
        "title": rng.choice(len(catalog.TITLES), count, p=catalog.TITLE_SHARES),
    }


def _wish(rng: Generator, channel: Ints, campaign: Ints, day: Ints, span: Window) -> tuple[Floats, Floats]:
    mean = np.array([c.intent for c in catalog.CHANNELS])[channel]
    of_campaign = 0.40 * np.sin(2.4 * campaign + 1.7 * channel)
    # The market tires slowly, and people buy before the year's end.
    season = 0.15 * np.cos(2 * np.pi * (day - 60) / 365) - 0.08 * day / 365
    intent = mean + of_campaign + season + rng.normal(0, 1, len(day))
    return intent, 0.35 * intent + rng.normal(0, 0.9, len(day))


def _answer(rng: Generator, cause: Floats, steps: tuple[float, ...]) -> Ints:
    """What somebody ticks in a form: a noisy reading of the cause, by thresholds."""
    return np.asarray(np.digitize(cause + rng.normal(0, 0.9, len(cause)), steps), np.int64)


def _load(span: Window, roster: Roster, day: Ints) -> Floats:
    """Leads of the last seven days for each salesperson in service, relative to the average day."""
    each = np.bincount(day, minlength=span.length).astype(float)
    week = np.convolve(each, np.ones(7))[: span.length]
    busy = week / np.maximum(roster.serving(np.arange(span.length)), 1)
    return np.asarray((busy / busy.mean())[day], np.float64)

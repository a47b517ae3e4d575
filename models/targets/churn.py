"""Will this customer leave within the horizon: end a subscription, or stop buying?"""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY
from crm.events import Events
from crm.moments.transaction import GRACE
from crm.settings import Settings
from features.catalogue import for_subject
from models.spans import Happenings, Times
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Candidates, Target
from models.values import mean_spend_if_kept

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

USUAL_DAYS = (30, 60, 90, 180, 365)
"""Lengths a learned horizon is rounded up to."""

GAP_QUANTILE = 0.8
"""Share of completed purchase gaps a horizon should cover."""

STEP, SMALL_STEP = 28 * DAY, 7 * DAY
SMALL = 50_000
"""Below this many snapshots every four weeks, cutoffs are weekly."""

REASONS = ("eligible", "not created yet", "never bought", "gone already")


def horizon(events: Events, as_of: int, settings: Settings) -> int:
    """As the settings say, else the usual length that covers most gaps between purchases, in days.

    Gaps are those completed and known before ``as_of``, between days with an order; 90 days where fewer
    than 30 are known.
    """
    if settings.horizon_days.churn is not None:
        return settings.horizon_days.churn
    orders = Happenings.of(events, "order").as_known(as_of)
    order = np.lexsort((orders.occurred_at, orders.subject))
    subject, day = orders.subject[order], orders.occurred_at[order] // DAY
    gaps = np.diff(day)[(np.diff(subject) == 0) & (np.diff(day) > 0)]
    if len(gaps) < 30:
        return 90
    typical = float(np.quantile(gaps, GAP_QUANTILE))
    return next((days for days in USUAL_DAYS if typical <= days), USUAL_DAYS[-1])


def cutoffs(events: Events, until: int, horizon: int, rng: np.random.Generator) -> Candidates:
    """Who has bought by then, every four weeks back from ``until``; every week in small histories."""
    bought = Happenings.of(events, "order", "subscription", "subscription_active")
    bought = bought.where(np.maximum(bought.occurred_at, bought.known_at) < until)
    if not len(bought.subject):
        return Candidates(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))
    since = bought.first()
    start = int(bought.occurred_at.min()) + horizon
    few = _at_each(since, np.arange(until, start - 1, -STEP, dtype=np.int64))
    if int(np.sum(standing(events, few.subject, few.cutoff, horizon) == ELIGIBLE)) >= SMALL:
        return few
    return _at_each(since, np.arange(until, start - 1, -SMALL_STEP, dtype=np.int64))


def standing(events: Events, subject: Int32, cutoff: Int64, horizon: int) -> Int8:
    """A running subscription, or an order within the last two horizons, as known at the cutoff."""
    found = np.full(len(subject), REASONS.index("gone already"), dtype=np.int8)
    ever = Happenings.of(events, "order", "subscription").visible(subject, cutoff) > 0
    found[~ever] = REASONS.index("never bought")
    created = Happenings.of(events).first()[subject] < cutoff
    found[~created] = REASONS.index("not created yet")
    recent = Happenings.of(events, "order").visible(subject, cutoff, within=2 * horizon) > 0
    found[recent | (running(events, subject, cutoff) > 0)] = ELIGIBLE
    return found


def running(events: Events, subject: Int32, cutoff: Int64) -> Int64:
    """How many subscriptions of each customer run, as known at the cutoff."""
    return Happenings.of(events, "subscription_active").visible(subject, cutoff)


def labels(events: Events, subject: Int32, cutoff: Int64, horizon: int, as_of: int) -> Int8:
    """1 where the customer leaves in ``[cutoff, cutoff + horizon)``, as known at ``as_of``.

    With a subscription: every running one ends, none begins, and none is renewed within the grace. Without: no
    order, and no subscription.
    """
    active = running(events, subject, cutoff)
    ended = Happenings.of(events, "subscription_ended").as_known(as_of)
    ends = _within(ended.times(), subject, cutoff, horizon)
    begins = _within(Happenings.of(events, "subscription").as_known(as_of).times(), subject, cutoff, horizon)
    buys = _within(Happenings.of(events, "order").as_known(as_of).times(), subject, cutoff, horizon)
    over = ended.unknown(subject, cutoff)
    contractual = (ends + over >= active) & (ends > 0) & (begins == 0)
    label = np.where(active > 0, contractual, (buys + begins) == 0)
    return np.where((active > 0) & (over >= active), UNKNOWN_OUTCOME, label).astype(np.int8)


def grace(events: Events, as_of: int) -> int:
    """Where there are subscriptions, as long as one that ended may still be renewed, in microseconds.

    All customers' snapshots wait for it, so that the newest are a fair share of those with and without.
    """
    return GRACE if len(Happenings.of(events, "subscription").as_known(as_of).rows) else 0


def values(events: Events, subject: Int32, as_of: int, horizon: int) -> Int64:
    """Mean spend within one horizon of customers alike who stayed."""
    return mean_spend_if_kept(events, subject, as_of, horizon)


def _within(times: Times, subject: Int32, cutoff: Int64, horizon: int) -> Int64:
    return times.before(subject, cutoff + horizon) - times.before(subject, cutoff)


def _at_each(since: Int64, moments: Int64) -> Candidates:
    """Each subject at each moment after it first bought."""
    subject = np.tile(np.arange(len(since), dtype=np.int32), len(moments))
    cutoff = np.repeat(moments, len(since))
    keep = since[subject] < cutoff
    return Candidates(subject[keep], cutoff[keep])


TARGET = Target(
    name="churn",
    subject="customer",
    en="Churn",
    vi="Nguy cơ rời bỏ của khách hàng",
    groups=tuple(for_subject("customer")),
    outcomes=("subscription_ended", "order"),
    reasons=REASONS,
    horizon=horizon,
    cutoffs=cutoffs,
    standing=standing,
    labels=labels,
    grace=grace,
    values=values,
    rule=("since_order", "orders_365d", "spent_365d", "renewal_in"),
    rates=("since_order", "renewal_in", "orders_365d"),
    wished=False,
    contact_cost=15_000,
)

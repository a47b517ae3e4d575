"""Will this open lead convert within the horizon?"""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, MINUTE, SECOND
from crm.events import Events
from crm.settings import Settings
from features.catalogue import for_subject
from models.spans import Happenings
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Candidates, Target
from models.values import first_of, mean_by_group

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

AGES = np.array([5 * MINUTE, DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 60 * DAY, 90 * DAY], dtype=np.int64)
"""Fixed ages of a lead at which it is looked at; counted from when it became visible."""

LATER_AGES = np.array([120 * DAY, 180 * DAY, 270 * DAY, 365 * DAY, 545 * DAY, 730 * DAY], dtype=np.int64)
RANDOM_AGES = 4
MOMENTS = 4
"""About how many of its first events a lead is looked at just after."""

REASONS = ("eligible", "not created yet", "converted already", "lost", "too old")


def horizon(events: Events, as_of: int, settings: Settings) -> int:
    """As the settings say, in days."""
    return settings.horizon_days.lead_conversion


def cutoffs(events: Events, until: int, horizon: int, rng: np.random.Generator) -> Candidates:
    """Fixed ages, random ones between (uniform in their logarithm), and moments just after an event."""
    since = _since(events)
    leads = np.flatnonzero(since <= until).astype(np.int32)
    low, high = np.log(AGES[0] / SECOND), np.log(AGES[-1] / SECOND)
    random = (np.exp(rng.uniform(low, high, (len(leads), RANDOM_AGES))) * SECOND).astype(np.int64)
    ages = np.concatenate((np.broadcast_to(AGES, (len(leads), len(AGES))), random), axis=1)
    subject = np.repeat(leads, ages.shape[1])
    cutoff = (since[leads][:, None] + ages).ravel()
    after = _after_events(events, since, until, rng)
    subject, cutoff = np.concatenate((subject, after.subject)), np.concatenate((cutoff, after.cutoff))
    keep = (cutoff <= until) & (cutoff - since[subject] <= AGES[-1])
    return Candidates(subject[keep], cutoff[keep])


def later_cutoffs(events: Events, until: int, rng: np.random.Generator) -> Candidates:
    """Ages beyond the last one, where only the rule scores."""
    since = _since(events)
    leads = np.flatnonzero(since <= until).astype(np.int32)
    subject = np.repeat(leads, len(LATER_AGES))
    cutoff = (since[leads][:, None] + LATER_AGES).ravel()
    keep = cutoff <= until
    return Candidates(subject[keep], cutoff[keep])


def standing(events: Events, subject: Int32, cutoff: Int64, horizon: int) -> Int8:
    """Open as known at the cutoff, and not past the last age."""
    since = _since(events)[subject]
    found = np.full(len(subject), ELIGIBLE, dtype=np.int8)
    found[cutoff - AGES[-1] > since] = REASONS.index("too old")
    for kind, reason in (("lost", "lost"), ("converted", "converted already")):
        ended = Happenings.of(events, kind).visible(subject, cutoff) > 0
        found[ended] = REASONS.index(reason)
    found[since >= cutoff] = REASONS.index("not created yet")
    return found


def labels(events: Events, subject: Int32, cutoff: Int64, horizon: int, as_of: int) -> Int8:
    """Converted in ``[cutoff, cutoff + horizon)``, as known at ``as_of``."""
    converted = Happenings.of(events, "converted").as_known(as_of)
    times = converted.times()
    hit = times.before(subject, cutoff + horizon) > times.before(subject, cutoff)
    hidden = np.zeros(len(subject), dtype=bool)
    for kind in ("converted", "lost"):
        known = Happenings.of(events, kind).as_known(as_of)
        hidden |= known.unknown(subject, cutoff) > 0
    return np.where(hidden, UNKNOWN_OUTCOME, hit).astype(np.int8)


def values(events: Events, subject: Int32, as_of: int, horizon: int) -> Int64:
    """Mean first order (or won deal) of converted leads alike: same product, else same channel, else all."""
    spent = first_of(events, as_of, "order", "deal_won", "contract", "deal_opened", "quote")
    everyone = np.arange(len(events.subjects), dtype=np.int32)
    moment = np.full(len(everyone), as_of, dtype=np.int64)
    won = Happenings.of(events, "converted").visible(everyone, moment) > 0
    return mean_by_group(events, subject, as_of, amount=spent, counted=won, fields=("product", "channel"))


def _since(events: Events) -> Int64:
    """When each lead became visible; FOREVER where it never did."""
    return Happenings.of(events, "created").first()


def _after_events(events: Events, since: Int64, until: int, rng: np.random.Generator) -> Candidates:
    """Some events of each lead, one second after they became visible.

    The k-th is taken with probability ``MOMENTS / (MOMENTS + k - 1)``: how many follow plays no part, or busy
    leads, which convert more, would be seen too rarely in their early days.
    """
    rows = Happenings.of(events)
    ends = np.array([s.kind in ("created", "converted", "lost") for s in events.signatures], dtype=bool)
    moment = np.maximum(rows.occurred_at, rows.known_at)
    keep = (moment >= since[rows.subject]) & (moment < until) & (moment < rows.known_until)
    keep &= ~ends[events.signature[rows.rows]] if len(ends) else keep
    subject, moment = rows.subject[keep], moment[keep]
    order = np.lexsort((moment, subject))
    subject, moment = subject[order], moment[order]
    place = np.arange(len(subject)) - np.searchsorted(subject, subject, side="left")
    chosen = rng.random(len(subject)) < MOMENTS / (MOMENTS + place)
    return Candidates(subject[chosen], moment[chosen] + SECOND)


TARGET = Target(
    name="lead_conversion",
    subject="lead",
    en="Lead conversion",
    vi="Khả năng mua của khách tiềm năng",
    groups=tuple(for_subject("lead")),
    outcomes=("converted",),
    reasons=REASONS,
    horizon=horizon,
    cutoffs=cutoffs,
    standing=standing,
    labels=labels,
    values=values,
    rule=("since_inbound", "moves", "source"),
    rates=("age", "source", "since_inbound"),
    wished=True,
    contact_cost=15_000,
    beyond="too old",
    later_cutoffs=later_cutoffs,
)

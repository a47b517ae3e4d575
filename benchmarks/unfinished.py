"""How fast customers have been coming back in weeks whose horizon is not over, against weeks whose is.

The level of probabilities comes from matured weeks, one horizon old. Younger ones have told part of their outcome:
who has ordered already. The origins benchmark moves the level by that, to see whether it would have paid.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, FOREVER
from crm.events import Events
from models.spans import Happenings
from models.target import ELIGIBLE, Target

Float = NDArray[np.float64]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

WEEK = 7 * DAY
BANDS = 5
STEPS = 181
HALF = 28 * DAY
"""Age at which a week counts half as much as the newest."""


class Watched(NamedTuple):
    """Customers since their cutoffs: log-odds of leaving, time to the first order, how long each was watched.

    All [n]; times in microseconds, FOREVER where no order is known.
    """

    raw: Float
    ordered: Int64
    followed: Int64


def watch(events: Events, subject: Int32, cutoff: Int64, raw: Float, horizon: int, as_of: int) -> Watched:
    """What was known at ``as_of`` of orders within one ``horizon`` of each cutoff."""
    orders = Happenings.of(events, "order").as_known(as_of).times()
    place = orders.offsets[subject] + orders.before(subject, cutoff)
    some = place < orders.offsets[subject + 1]
    first = np.full(len(subject), FOREVER, dtype=np.int64)
    first[some] = orders.moments[place[some]] - cutoff[some]
    return Watched(raw, first, np.minimum(as_of - cutoff, horizon))


def unfinished(target: Target, events: Events, horizon: int, as_of: int) -> tuple[Int32, Int64]:
    """Who was in the population each week of the last horizon before ``as_of``, and when."""
    everyone = np.arange(len(events.subjects), dtype=np.int32)
    moments = np.arange(as_of - WEEK, as_of - horizon, -WEEK, dtype=np.int64)
    subject, cutoff = np.tile(everyone, len(moments)), np.repeat(moments, len(everyone))
    keep = target.standing(events, subject, cutoff, horizon) == ELIGIBLE
    return subject[keep], cutoff[keep]


def pace(matured: Watched, young: Watched) -> float:
    """Orders of ``young`` over those expected had it come back as fast as ``matured``, each a first order.

    Expected is the sum of cumulative hazards, by fifths of the score, over the time each was at risk (a standardised
    mortality ratio); weeks count by age.
    """
    edges = np.quantile(matured.raw, np.linspace(0, 1, BANDS + 1)[1:-1])
    of_matured, of_young = np.searchsorted(edges, matured.raw), np.searchsorted(edges, young.raw)
    at_risk, expected = np.minimum(young.ordered, young.followed), np.zeros(len(young.raw))
    for band in range(BANDS):
        times, hazard = _hazard(matured.ordered[of_matured == band], int(matured.followed.max()))
        mine = of_young == band
        expected[mine] = np.interp(at_risk[mine], times, hazard)
    counts = 0.5 ** (young.followed / HALF) if np.ptp(young.followed) else np.ones(len(expected))
    return float(counts @ (young.ordered < young.followed) / (counts @ expected))


def at_pace(leaving: Float, faster: float) -> Float:
    """Probabilities of leaving where customers come back ``faster`` times as fast: hazards in proportion."""
    return np.asarray(leaving**faster, dtype=np.float64)


def _hazard(ordered: Int64, horizon: int) -> tuple[Float, Float]:
    """The cumulative hazard of a first order at some times up to ``horizon``."""
    times = np.linspace(0, horizon, STEPS)
    stayed = np.searchsorted(np.sort(ordered), times, side="left") / max(len(ordered), 1)
    return times, -np.log(np.maximum(1 - stayed, 1e-3))

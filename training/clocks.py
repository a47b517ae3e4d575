"""Leaves out of short histories what says when, not who: calendars, and whatever grows with the history."""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY
from features.expressions import Calendar, Expression, Moment, Window, walk
from features.spec import FeatureSpec
from training.rows import Rows

SEASONS = 545 * DAY
"""A season can be told from a trend once a year and half of the next have been seen."""

SPAN = 7 * DAY
BOUND = 0.9
DRIFT = 0.03

FEWEST = 300
"""People below which a drift may be chance."""

LONG_AGO = 180 * DAY
"""A window that leaves out this much looks at last year."""


def clocks(rows: Rows, spec: FeatureSpec) -> list[str]:
    """Features to leave out of a history too short to tell season from trend, by name; none once it spans SEASONS.

    They are those whose values the week alone explains (share of variance above BOUND), those declared to
    compare with the calendar or with last year, and those that grow as the history does (squared correlation
    with time above DRIFT), such as the longest gap seen so far. Over less than SEASONS they only number the
    weeks: a model that learned "it got worse from March to June" reads September's number off a line that does
    not go there.
    """
    if np.ptp(rows.cutoff) >= SEASONS:
        return []
    week = np.unique((rows.cutoff - rows.cutoff.min()) // SPAN, return_inverse=True)[1]
    found = {f.name for f in spec.features if any(_seasonal(part) for part in walk(f.expression))}
    if week.max() >= 2:
        found |= {rows.names[j] for j in range(len(rows.names)) if _explained(rows.x[:, j], week) > BOUND}
    if len(np.unique(rows.party)) >= FEWEST:
        found |= {rows.names[j] for j in rows.numeric if _drift(rows.x[:, j], rows.cutoff) > DRIFT}
    return [name for name in rows.names if name in found]


def _seasonal(part: Expression) -> bool:
    """Whether this part of a feature reads the calendar year, the Tết break, or the same time last year."""
    if isinstance(part, Calendar):
        return part.what in ("month", "to_tet", "since_tet")
    if isinstance(part, Moment):
        return part.quiet
    return isinstance(part, Window) and part.newest >= LONG_AGO


def _explained(values: NDArray[np.float32], week: NDArray[np.int64]) -> float:
    """Share of the variance that lies between weeks, unknown values left out."""
    known = ~np.isnan(values)
    value, place = values[known].astype(np.float64), week[known]
    if len(value) < 3 or not np.ptp(value):
        return 0.0
    count = np.bincount(place)
    mean = np.bincount(place, weights=value) / np.maximum(count, 1)
    return float(1 - np.mean((value - mean[place]) ** 2) / np.var(value))


def _drift(values: NDArray[np.float32], moments: NDArray[np.int64]) -> float:
    """Squared correlation with time, unknown values left out."""
    known = ~np.isnan(values)
    if known.sum() < FEWEST or not np.ptp(values[known]) or not np.ptp(moments[known]):
        return 0.0
    return float(np.corrcoef(values[known].astype(np.float64), moments[known].astype(np.float64))[0, 1] ** 2)

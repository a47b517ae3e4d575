"""Finds features that say when and not who, and leaves them out where the history is too short for seasons."""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY
from training.rows import Rows

SEASONS = 545 * DAY
"""A season can be told from a trend once a year and half of the next have been seen."""

SPAN = 7 * DAY
BOUND = 0.9


def clocks(rows: Rows) -> list[str]:
    """Features whose values the week alone explains (share of variance above BOUND), by name.

    Over less than SEASONS such a feature only numbers the weeks: a model that learned "it got worse from March
    to June" reads September's number off a line that does not go there.
    """
    if np.ptp(rows.cutoff) >= SEASONS:
        return []
    week = np.unique((rows.cutoff - rows.cutoff.min()) // SPAN, return_inverse=True)[1]
    if week.max() < 2:
        return []
    return [rows.names[j] for j in range(len(rows.names)) if _explained(rows.x[:, j], week) > BOUND]


def _explained(values: NDArray[np.float32], week: NDArray[np.int64]) -> float:
    """Share of the variance that lies between weeks, unknown values left out."""
    known = ~np.isnan(values)
    value, place = values[known].astype(np.float64), week[known]
    if len(value) < 3 or not np.ptp(value):
        return 0.0
    count = np.bincount(place)
    mean = np.bincount(place, weights=value) / np.maximum(count, 1)
    return float(1 - np.mean((value - mean[place]) ** 2) / np.var(value))

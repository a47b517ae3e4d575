"""How high probabilities should stand now: whether recent outcomes, or last year's season, move them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY
from models.calibration import Calibration, shifted
from training.compare import difference
from training.rows import Rows, enough, months

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]

MONTH = 30 * DAY
YEAR = 365 * DAY
AROUND = 30 * DAY
"""Half the width of last year's window."""

FEWEST = 30
"""Rows of either outcome a window must hold."""

SURE = 0.8
"""How sure a trial on the past must be before recent outcomes move the level."""


@dataclass(frozen=True, slots=True)
class Level:
    """The calibration with its shift, and where the shift comes from: none, newest month or last year."""

    calibration: Calibration
    source: str


def settle(calibration: Calibration, raw: Float, rows: Rows, horizon: int, at: int) -> Level:
    """The level to score with from ``at`` on (UTC microseconds), given out-of-fold log-odds ``raw`` of ``rows``.

    The newest matured month, if in the past the month that was newest then, one ``horizon`` earlier, made later
    predictions better; otherwise last year's season, where rows reach back a year and more.
    """
    newest = rows.start > rows.start.max() - MONTH
    if enough(rows.y[newest], FEWEST) and pays(calibration, raw, rows, horizon):
        return Level(_moved(calibration, raw, rows, newest), "newest month")
    season = np.abs(rows.start - (at - YEAR + AROUND)) <= AROUND
    if rows.start.min() <= at - YEAR - AROUND and enough(rows.y[season], FEWEST):
        return Level(_moved(calibration, raw, rows, season), "last year")
    return Level(calibration, "none")


def pays(calibration: Calibration, raw: Float, rows: Rows, horizon: int) -> bool:
    """Whether moving to the newest matured month would have paid, month after month of the past."""
    still, moved, seen = calibration.predict(raw), calibration.predict(raw), np.zeros(len(rows), dtype=bool)
    for month_start in range(int(rows.start.min()), int(rows.start.max()) + 1, MONTH):
        now = (rows.start >= month_start) & (rows.start < month_start + MONTH)
        known_by = month_start - horizon
        then = (rows.cutoff <= known_by) & (rows.start > known_by - MONTH)
        if now.any() and enough(rows.y[then], FEWEST):
            moved[now] = _moved(calibration, raw, rows, then).predict(raw[now])
            seen |= now
    if not seen.any():
        return False
    month = months(rows.start)
    found = difference(
        rows.y[seen], moved[seen], still[seen], rows.weight[seen], rows.party[seen], month[seen],
        replicates=200,
    )  # fmt: skip
    return found.sure >= SURE


def _moved(calibration: Calibration, raw: Float, rows: Rows, window: NDArray[np.bool_]) -> Calibration:
    return shifted(calibration, raw[window], rows.y[window], rows.weight[window])

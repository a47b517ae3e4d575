"""Draws rows again, by party and by month, to see how much a figure owes to chance."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

FEWEST_MONTHS = 5
"""Below this many months only parties are drawn: two or three months say nothing of how months differ."""


def draws(
    party: NDArray[np.integer], month: NDArray[np.integer], n: int = 500, seed: int = 0
) -> Iterator[Float]:
    """``n`` times how often each row is drawn, float64[rows].

    A row counts as often as its party was drawn times as often as its month was (the pigeonhole bootstrap:
    A. Owen, "The pigeonhole bootstrap", Annals of Applied Statistics 1, 2007), so that rows of one person,
    and of one season, are not taken for independent.
    """
    rng = np.random.default_rng(seed)
    parties = np.unique(party, return_inverse=True)[1]
    periods = np.unique(month, return_inverse=True)[1]
    n_parties, n_months = int(parties.max()) + 1, int(periods.max()) + 1
    for _ in range(n):
        times = _again(rng, n_parties)[parties]
        if n_months >= FEWEST_MONTHS:
            times = times * _again(rng, n_months)[periods]
        if times.any():
            yield times


def _again(rng: np.random.Generator, n: int) -> Float:
    return np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)


def interval(values: list[float] | Float, level: float = 0.95) -> tuple[float, float]:
    """The middle ``level`` of some figures, unknown ones left out."""
    known = np.asarray(values, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known):
        return float("nan"), float("nan")
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)

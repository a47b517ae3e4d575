"""Bands: how soon someone deserves a contact, by probability and by what a team can do."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BANDS = {
    "lead": ("hot", "warm", "cold"),
    "deal": ("hot", "warm", "cold"),
    "customer": ("high", "medium", "low"),
}
"""From the most urgent to the least, by kind of subject."""

WEEK = 5
"""Working days whose contacts the second band fills."""

NOBODY = 2.0
"""Where an empty band begins: above any probability."""

ROUNDING = 1e-9
"""By less than this the same score differs, computed alone or among all."""

Floats = NDArray[np.float64]


class Thresholds(NamedTuple):
    """The least probability of the first and of the second band, for scores computed one at a time."""

    first: float
    second: float

    def band(self, kind: str, probability: float) -> str:
        """The band of one probability."""
        names, reached = BANDS[kind], probability + ROUNDING
        return names[0] if reached >= self.first else names[1] if reached >= self.second else names[2]


def assign(kind: str, probability: Floats, raw: Floats, capacity: int) -> tuple[list[str], Thresholds]:
    """A band for each of ``n`` subjects, and where the bands begin.

    First: among the best ``capacity`` and above the average. Second: among the next five days' contacts and
    above half the average. Equal probabilities are ranked by the raw score.
    """
    rank = np.empty(len(probability), dtype=np.int64)
    rank[np.lexsort((-raw, -probability))] = np.arange(len(probability))
    average = float(probability.mean())
    first = (rank < capacity) & (probability > average)
    second = ~first & (rank < (1 + WEEK) * capacity) & (probability > average / 2)
    place = np.where(first, 0, np.where(second, 1, 2))
    least = [float(probability[chosen].min()) if chosen.any() else NOBODY for chosen in (first, second)]
    return [BANDS[kind][one] for one in place], Thresholds(least[0], min(least))

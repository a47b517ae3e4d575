"""The naive Bayes that a CRM ships with (Odoo's predictive lead scoring), as a baseline.

It sees the same rows as every other method: field values as of the cutoff, so a stage is a value like any
other. As shipped it would see each lead's final values.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.scorers import Columns
from models.scorers.bins import Bins, cut

Float = NDArray[np.float64]

SMOOTHING = 0.1
"""Added to every cell."""

BINS = 5
"""Bins of a number; the CRM has lists of values only."""


@dataclass(frozen=True, slots=True)
class Bayes:
    """Counts of hits and misses, smoothed: by bin for each variable, and in all."""

    bins: tuple[Bins, ...]
    hits: tuple[Float, ...]
    misses: tuple[Float, ...]
    prior: float

    def predict(self, x: NDArray[np.float32]) -> Float:
        """Probabilities between 0.0001 and 0.9999, rounded to 0.01 %, float64[n].

        S = P(hit) times the product over variables of count(hit, value) / count(hit), and likewise for a
        miss; the probability is the share of the first. Unknown values are skipped.
        """
        odds = np.full(len(x), np.log(self.prior / (1 - self.prior)))
        for one, hits, misses in zip(self.bins, self.hits, self.misses, strict=True):
            place = one.place(x)
            ratio = np.log(hits / hits.sum()) - np.log(misses / misses.sum())
            odds += np.where(place < len(ratio), ratio[np.minimum(place, len(ratio) - 1)], 0.0)
        probability = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        return np.asarray(np.clip(np.round(100 * probability, 2), 0.01, 99.99) / 100, dtype=np.float64)


def fit(
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    weight: Float,
    columns: Columns,
    variables: Sequence[str],
) -> Bayes:
    """Counts over the training rows of the ``variables`` that ``columns`` has."""
    bins = tuple(cut(x, weight, columns, name, BINS) for name in variables if name in columns.names)
    hits: list[Float] = []
    misses: list[Float] = []
    for one in bins:
        place, known = one.place(x), one.count - 1
        for found, of_class in ((hits, y == 1), (misses, y == 0)):
            counts = np.bincount(place[of_class], weights=weight[of_class], minlength=one.count)
            found.append(np.asarray(counts[:known] + SMOOTHING, dtype=np.float64))
    positives = float(weight[y == 1].sum()) + SMOOTHING
    negatives = float(weight[y == 0].sum()) + SMOOTHING
    return Bayes(bins, tuple(hits), tuple(misses), positives / (positives + negatives))


def variables(columns: Columns, rule: Sequence[str]) -> list[str]:
    """What such a baseline looks at: every listed value a company keeps, and what the simple rule sees."""
    words = [columns.names[place] for place in columns.categorical]
    return words + [name for name in rule if name in columns.names and name not in words]

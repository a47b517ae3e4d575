"""How well one column ranks by itself."""

import numpy as np
from numpy.typing import NDArray

from training.metrics import Ranking

Float = NDArray[np.float64]


def one_feature_auc(
    value: NDArray[np.float32], y: NDArray[np.int8], weight: Float, category: bool = False
) -> float:
    """The AUC of one column by itself, whichever way it points; unknown values as they fall on either side.

    A category is ranked by its rate in the other half of the rows, so that rare ones cannot rank themselves.
    """
    if category:
        return _category_auc(value, y, weight)
    known = ~np.isnan(value)
    low, high = np.where(known, value, -np.inf), np.where(known, value, np.inf)
    found = [Ranking(y, side.astype(np.float64)).auc(weight) for side in (low, high)]
    return max(max(auc, 1 - auc) for auc in found)


def _category_auc(value: NDArray[np.float32], y: NDArray[np.int8], weight: Float) -> float:
    place = np.where(np.isnan(value), 0, value + 1).astype(np.int64)
    half = np.arange(len(y)) % 2 == 0
    rate = np.zeros(len(y))
    for learn in (half, ~half):
        size = int(place.max()) + 1
        hits = np.bincount(place[learn], weights=(weight * y)[learn], minlength=size)
        mass = np.bincount(place[learn], weights=weight[learn], minlength=size)
        base = hits.sum() / max(mass.sum(), 1e-12)
        prior = 5 * float(weight.mean())
        rate[~learn] = ((hits + prior * base) / (mass + prior))[place[~learn]]
    return Ranking(y, rate).auc(weight)

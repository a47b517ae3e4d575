"""Whether one model is better than another on the same rows, or only luckier."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.metrics import losses
from training.resample import draws, interval

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Log loss of one model less that of another, with its 95 % interval: below 0 the first is better.

    ``sure`` is the share of draws in which the first was better.
    """

    value: float
    low: float
    high: float
    sure: float

    @property
    def better(self) -> bool:
        """Better beyond noise."""
        return self.high < 0

    @property
    def worse(self) -> bool:
        """Worse beyond noise."""
        return self.low > 0

    def __str__(self) -> str:
        return f"{self.value:+.4f} [{self.low:+.4f}, {self.high:+.4f}]"


def difference(
    y: NDArray[np.integer],
    first: Float,
    second: Float,
    weight: Float,
    party: NDArray[np.integer],
    month: NDArray[np.integer],
    *,
    replicates: int = 600,
    seed: int = 0,
) -> Difference:
    """The paired difference of log loss of two lists of probabilities for the same rows.

    Both are drawn together by party and month, so what makes a row hard for both cancels out.
    """
    gain = losses(y, first) - losses(y, second)
    again = np.array(
        [float((weight * t) @ gain / (weight @ t)) for t in draws(party, month, replicates, seed)]
    )
    low, high = interval(again)
    sure = float(np.mean(again < 0) + np.mean(again == 0) / 2)
    return Difference(float(np.average(gain, weights=weight)), low, high, sure)


def against(
    y: NDArray[np.integer],
    ours: Float,
    others: Mapping[str, Float],
    weight: Float,
    party: NDArray[np.integer],
    month: NDArray[np.integer],
    *,
    replicates: int = 600,
) -> dict[str, Difference]:
    """:func:`difference` of ours from each of ``others``, by their names."""
    return {
        name: difference(y, ours, theirs, weight, party, month, replicates=replicates)
        for name, theirs in others.items()
    }

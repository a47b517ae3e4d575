"""The rows a model learns from, as arrays: features, outcome, weight, and whose they are and when."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, to_datetime

Float = NDArray[np.float64]
Int64 = NDArray[np.int64]
Rows1 = NDArray[np.integer] | NDArray[np.bool_]

FEWEST = 20
"""Rows of either outcome below which nothing is concluded."""


@dataclass(frozen=True, slots=True)
class Rows:
    """``n`` snapshots with their features.

    ``x`` is float32 ``[n, k]``, NaN for unknown, columns named by ``names``; ``categorical`` columns hold
    category indices. ``y`` is int8 0/1, ``weight`` float64, ``party`` a number per person, ``cutoff`` and
    ``start`` UTC microseconds: a lead's start is its creation, a customer's the cutoff itself.
    """

    x: NDArray[np.float32]
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    y: NDArray[np.int8]
    weight: Float
    party: NDArray[np.int32]
    cutoff: Int64
    start: Int64

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Rows1) -> "Rows":
        """The chosen rows, in the order given."""
        return replace(
            self, x=self.x[rows], y=self.y[rows], weight=self.weight[rows], party=self.party[rows],
            cutoff=self.cutoff[rows], start=self.start[rows],
        )  # fmt: skip

    def column(self, name: str) -> NDArray[np.float32]:
        """One feature by its name; raises ValueError for a name it does not have."""
        return np.asarray(self.x[:, self.names.index(name)])

    @property
    def numeric(self) -> tuple[int, ...]:
        """Columns that hold numbers."""
        return tuple(sorted(set(range(len(self.names))) - set(self.categorical)))


def enough(y: NDArray[np.int8], fewest: int = FEWEST) -> bool:
    """Whether both outcomes are there ``fewest`` times or more."""
    return bool(fewest <= y.sum() <= len(y) - fewest)


def months(moments: Int64, zone: str = "UTC") -> NDArray[np.int32]:
    """The calendar month of each moment as ``12 * year + month - 1``, in ``zone``.

    >>> months(np.array([0, 31 * DAY]))
    array([23640, 23641], dtype=int32)
    """
    day, place = np.unique(moments // DAY, return_inverse=True)
    local = [to_datetime(int(d) * DAY, zone) for d in day]
    return np.array([12 * t.year + t.month - 1 for t in local], dtype=np.int32)[place]

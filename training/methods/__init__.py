"""Ways to learn from rows: one method a file, from the simple rule to trees on a trunk."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.scorers import Scorer
from training.folds import Fold
from training.rows import Rows

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of rows, as scorers ask for them."""

    names: list[str]
    categorical: list[int]

    @classmethod
    def of(cls, rows: Rows) -> "Columns":
        """The columns of these rows."""
        return cls(list(rows.names), list(rows.categorical))


@dataclass(frozen=True, slots=True)
class Tried:
    """Out-of-fold log-odds of a method, NaN where a row was in no fold, and how many rounds were best."""

    raw: Float
    rounds: int = 0


Earlier = Mapping[str, Tried]
"""What the methods tried before showed, by name, on the same rows, folds and seed."""

NOTHING: Earlier = {}


class Method(Protocol):
    """A way to learn: its name, and how it is tried and fitted."""

    @property
    def name(self) -> str:
        """As reports and MLflow call it."""

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """Log-odds of each row from the rows of other folds."""

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """The scorer learned from all the rows, with the rounds that were best when tried."""


def out_of_fold(method: Method, rows: Rows, folds: Sequence[Fold], seed: int) -> Float:
    """:meth:`Method.try_out` for methods that have nothing to stop early."""
    raw = np.full(len(rows), np.nan)
    for fold in folds:
        raw[fold.predict] = method.fit(rows.take(fold.learn), 0, seed).raw(rows.x[fold.predict])
    return raw

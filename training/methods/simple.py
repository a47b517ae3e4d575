"""The rule, shrunk rates and logistic regression: methods without early stopping."""

from collections.abc import Sequence
from dataclasses import dataclass

from models.scorers import Scorer, logistic, rates, rule
from models.scorers.logistic import Logistic
from training.folds import Fold
from training.methods import NOTHING, Columns, Earlier, Tried, out_of_fold
from training.rows import Rows

ROWS_PER_PENALTY = 150.0
LEAST_PENALTY = 5.0


@dataclass(frozen=True, slots=True)
class RuleMethod:
    """Points for a few features."""

    features: tuple[str, ...]
    name: str = "rule"

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """See :class:`training.methods.Method`."""
        return Tried(out_of_fold(self, rows, folds, seed))

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """See :class:`training.methods.Method`."""
        return rule.fit(rows.x, rows.y, rows.weight, Columns.of(rows), self.features)


@dataclass(frozen=True, slots=True)
class RatesMethod:
    """How often it happened to subjects alike."""

    features: tuple[str, ...]
    name: str = "rates"

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """See :class:`training.methods.Method`."""
        return Tried(out_of_fold(self, rows, folds, seed))

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """See :class:`training.methods.Method`."""
        return rates.fit(rows.x, rows.y, rows.weight, Columns.of(rows), self.features)


@dataclass(frozen=True, slots=True)
class LogisticMethod:
    """Logistic regression over all features, alone."""

    name: str = "logistic"

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """See :class:`training.methods.Method`."""
        return Tried(out_of_fold(self, rows, folds, seed))

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """See :class:`training.methods.Method`."""
        return fit_trunk(rows)


def fit_trunk(rows: Rows) -> Logistic:
    """Logistic regression whose ridge grows with the rows: features are many and much alike.

    On two real histories penalties a tenth and ten times as strong did worse out of fold.
    """
    penalty = max(float(rows.weight.sum()) / ROWS_PER_PENALTY, LEAST_PENALTY)
    return logistic.fit(rows.x, rows.y, rows.weight, Columns.of(rows), penalty)

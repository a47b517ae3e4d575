"""How good probabilities are, each figure with its interval, in all and by age."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, HOUR
from training import metrics
from training.reliability import Reliability, by_chance, reliability
from training.resample import draws, interval

Float = NDArray[np.float64]

AGES: Mapping[str, tuple[int, int]] = {
    "under 1 hour": (0, HOUR),
    "1 hour to 3 days": (HOUR, 3 * DAY),
    "3 to 14 days": (3 * DAY, 14 * DAY),
    "14 to 45 days": (14 * DAY, 45 * DAY),
    "over 45 days": (45 * DAY, 2**62),
}
"""Stretches of a lead's life that quality is told apart by; from included, to excluded."""

FIGURES = ("auc", "average_precision", "brier", "log_loss", "calibration_error")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True, slots=True)
class Quality:
    """How good one model's probabilities are on some rows; ``figures`` by the names in FIGURES."""

    rows: int
    positives: int
    base_rate: float
    figures: dict[str, Estimate]
    calibration_p: float
    """How often such a calibration error comes by chance if every probability is true."""
    reliability: list[list[float]] = field(default_factory=list)
    """Bins of equal weight: the mean prediction, the share of outcomes and the share of the weight of each."""

    def flat(self, prefix: str = "") -> dict[str, float]:
        """Numbers by name, as MLflow keeps them; unknown ones left out."""
        found = {f"{prefix}rows": float(self.rows), f"{prefix}base_rate": self.base_rate}
        for name, e in self.figures.items():
            found |= {
                f"{prefix}{name}": e.value,
                f"{prefix}{name}_low": e.low,
                f"{prefix}{name}_high": e.high,
            }
        found[f"{prefix}calibration_p"] = self.calibration_p
        return {name: value for name, value in found.items() if np.isfinite(value)}


def evaluate(
    y: NDArray[np.integer],
    p: Float,
    weight: Float,
    party: NDArray[np.integer],
    month: NDArray[np.integer],
    *,
    replicates: int = 300,
    seed: int = 0,
) -> Quality:
    """Area under the ROC curve, average precision, Brier, log loss and debiased calibration error.

    All arrays have one length. Intervals are percentiles over :func:`training.resample.draws`. With one
    class only, the rankings are NaN.
    """
    ranking, loss, square = metrics.Ranking(y, p), metrics.losses(y, p), (p - y) ** 2
    bins = reliability(y, p, weight, party)
    again: dict[str, list[float]] = {name: [] for name in FIGURES}
    for times in draws(party, month, replicates, seed):
        w = weight * times
        again["auc"].append(ranking.auc(w))
        again["average_precision"].append(ranking.average_precision(w))
        again["brier"].append(float(w @ square / w.sum()))
        again["log_loss"].append(float(w @ loss / w.sum()))
        again["calibration_error"].append(_error_again(bins, y - p, w))
    value = {
        "auc": ranking.auc(weight),
        "average_precision": ranking.average_precision(weight),
        "brier": metrics.brier(y, p, weight),
        "log_loss": metrics.log_loss(y, p, weight),
        "calibration_error": bins.error,
    }
    return Quality(
        len(y),
        int(np.sum(y)),
        float(np.average(y, weights=weight)),
        {name: Estimate(value[name], *interval(again[name])) for name in FIGURES},
        by_chance(bins, p, weight, party),
        np.round(np.column_stack((bins.predicted, bins.observed, bins.share)), 6).tolist(),
    )


def by_age(
    y: NDArray[np.integer],
    p: Float,
    weight: Float,
    party: NDArray[np.integer],
    month: NDArray[np.integer],
    age: NDArray[np.int64],
    *,
    replicates: int = 100,
    fewest: int = 50,
) -> dict[str, Quality]:
    """:func:`evaluate` for each stretch of AGES with at least ``fewest`` rows and both outcomes."""
    found = {}
    for name, (start, end) in AGES.items():
        rows = (age >= start) & (age < end)
        if rows.sum() >= fewest and 0 < y[rows].sum() < rows.sum():
            found[name] = evaluate(
                y[rows], p[rows], weight[rows], party[rows], month[rows], replicates=replicates
            )
    return found


def _error_again(bins: Reliability, residual: Float, weight: Float) -> float:
    """The calibration error of a draw, in the same bins.

    A draw's residuals carry the sampling variance twice, once for the sample and once for the draw.
    """
    total = np.bincount(bins.place, weights=weight, minlength=len(bins.share))
    mean = np.bincount(bins.place, weights=weight * residual, minlength=len(bins.share))
    drawn = np.divide(mean, total, out=np.zeros_like(mean), where=total > 0)
    return float(np.sqrt(max(bins.squared(2.0, drawn), 0.0)))

"""Whether probabilities mean what they say: outcomes against predictions in bins of equal weight."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

BINS = 10
DRAWS = 999


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of predictions: mean prediction, share of outcomes and weight of each, float64[bins].

    ``covariance`` [bins, bins] is that of the mean residuals (outcome less prediction), from sums over
    parties: rows of one party count as one witness, in whatever bins they fall.
    """

    predicted: Float
    observed: Float
    share: Float
    covariance: Float
    place: NDArray[np.int64]

    @property
    def residual(self) -> Float:
        """Share of outcomes less mean prediction."""
        return np.subtract(self.observed, self.predicted)

    @property
    def error(self) -> float:
        """The debiased calibration error.

        The root of the weighted mean over bins of the squared residual less its own sampling variance, 0
        where that is negative: the debiased estimator of Kumar, Liang and Ma, "Verified Uncertainty
        Calibration", NeurIPS 2019, with the binomial variance replaced by the covariance above. The
        plain binned error (ECE) grows as the sample shrinks even where probabilities are
        true; this one does not.
        """
        return float(np.sqrt(max(self.squared(1.0), 0.0)))

    def squared(self, debias: float, residual: Float | None = None) -> float:
        """The weighted mean of the squared residual less ``debias`` times its variance; may be negative."""
        r = self.residual if residual is None else residual
        return float(self.share @ (r**2 - debias * np.diag(self.covariance)))


def reliability(
    y: NDArray[np.integer], p: Float, weight: Float, party: NDArray[np.integer], bins: int = BINS
) -> Reliability:
    """Bins of equal weight by prediction; equal predictions share one, so there may be fewer."""
    place = _places(p, weight, bins)
    n = int(place.max()) + 1
    total = np.bincount(place, weights=weight, minlength=n)
    predicted = np.bincount(place, weights=weight * p, minlength=n) / total
    observed = np.bincount(place, weights=weight * y, minlength=n) / total
    codes = np.unique(party, return_inverse=True)[1]
    deviation = weight * (y - p - (observed - predicted)[place]) / total[place]
    sums = np.zeros((int(codes.max()) + 1, n))
    np.add.at(sums, (codes, place), deviation)
    witnesses = max(len(sums) - 1, 1)
    covariance = sums.T @ sums * (len(sums) / witnesses)
    return Reliability(predicted, observed, total / total.sum(), covariance, place)


def by_chance(
    bins: Reliability, p: Float, weight: Float, party: NDArray[np.integer], draws: int = DRAWS, seed: int = 0
) -> float:
    """How often a calibration error as large as that of ``bins`` comes by chance if every probability is true.

    Outcomes are drawn from ``p`` itself and the errors before debiasing compared (debiasing takes the same from
    all). Rows of one party share their luck: nothing claims more proof than there are parties. A Wald test of the
    same residuals calls a bin of a few rows without an outcome impossible, since none of them varies.
    """
    rng = np.random.default_rng(seed)
    party = np.unique(party, return_inverse=True)[1]
    total = np.bincount(bins.place, weights=weight)
    seen = bins.squared(0.0)
    larger = 1
    for _ in range(draws):
        residual = weight * ((rng.random(party.max() + 1)[party] < p) - p)
        mean = np.bincount(bins.place, weights=residual, minlength=len(total)) / total
        larger += bins.squared(0.0, mean) >= seen - 1e-15
    return float(larger / (draws + 1))


def _places(p: Float, weight: Float, bins: int) -> NDArray[np.int64]:
    _, place = np.unique(p, return_inverse=True)
    at = np.bincount(place, weights=weight)
    middle = (np.cumsum(at) - at / 2) / at.sum()
    coarse = np.minimum((middle * bins).astype(np.int64), bins - 1)[place]
    return np.asarray(np.unique(coarse, return_inverse=True)[1], dtype=np.int64)

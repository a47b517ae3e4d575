"""The simple rule every model must beat: points for a few features, added up, as RFM does."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.calibration import fit_sigmoid
from models.scorers import Columns, Float, Rows, checked, log_odds
from models.scorers.bins import Bins, cut, shrunk_rates

BINS = 5
PRIOR = 20.0


@dataclass(frozen=True, slots=True)
class Rule:
    """``points[k][bin]`` are feature ``k``'s points; log-odds are ``slope`` times their sum plus ``base``."""

    names: list[str]
    bins: tuple[Bins, ...]
    points: tuple[tuple[float, ...], ...]
    slope: float
    base: float
    kind: str = "rule"

    def raw(self, rows: Rows) -> Float:
        """Log-odds, float64[n]."""
        return np.asarray(self.contributions(rows).sum(axis=1), dtype=np.float64)

    def contributions(self, rows: Rows) -> Float:
        """Slope times points, by feature; points are centred, so the base is the average subject's."""
        rows = checked(rows, self.names)
        found = np.zeros((len(rows), len(self.names) + 1))
        found[:, -1] = self.base
        for bins, points in zip(self.bins, self.points, strict=True):
            found[:, bins.column] += self.slope * np.array(points)[bins.place(rows)]
        return found

    def files(self) -> dict[str, bytes]:
        """``rule.json``."""
        data = {
            "bins": [bins.to_json() for bins in self.bins], "points": self.points,
            "slope": self.slope, "base": self.base,
        }  # fmt: skip
        return {"rule.json": json.dumps(data, indent=1).encode()}


def fit(
    rows: Rows, label: NDArray[np.integer], weight: Float, columns: Columns, features: Sequence[str]
) -> Rule:
    """Points by rank: a feature's bins in order of their rate get evenly spaced points; one slope for all.

    With none of ``features`` in ``columns`` the rule is the base rate.
    """
    rows = checked(rows, columns.names)
    hits = label.astype(np.float64)
    overall = (float(weight @ hits) + 0.5) / (float(weight.sum()) + 1)
    bins = tuple(cut(rows, weight, columns, name, BINS) for name in features if name in columns.names)
    points = tuple(_ranks(one.place(rows), one.count, hits, weight) for one in bins)
    total = np.zeros(len(rows))
    for one, of_bins in zip(bins, points, strict=True):
        total += np.array(of_bins)[one.place(rows)]
    if not bins or not np.ptp(total):
        return Rule(list(columns.names), bins, points, 0.0, log_odds(overall))
    line = fit_sigmoid(total, label, weight)
    return Rule(list(columns.names), bins, points, line.slope, line.intercept)


def load(files: Mapping[str, bytes], columns: Columns) -> Rule:
    """Reads ``rule.json``; raises ValueError or KeyError where it does not fit."""
    data = json.loads(files["rule.json"])
    bins = tuple(Bins.from_json(one, columns) for one in data["bins"])
    points = tuple(tuple(map(float, of_bins)) for of_bins in data["points"])
    if [len(of_bins) for of_bins in points] != [one.count for one in bins]:
        raise ValueError("points do not fit the bins")
    return Rule(list(columns.names), bins, points, float(data["slope"]), float(data["base"]))


def _ranks(place: NDArray[np.int32], count: int, hits: Float, weight: Float) -> tuple[float, ...]:
    """Points between 0 and 1 by rank of rate, less their mean over the rows."""
    overall = float(np.average(hits, weights=weight))
    rates = shrunk_rates(place, hits, weight, np.full(count, overall), PRIOR)
    ranks = np.searchsorted(np.unique(rates), rates) / max(len(np.unique(rates)) - 1, 1)
    return tuple((ranks - np.average(ranks[place], weights=weight)).tolist())

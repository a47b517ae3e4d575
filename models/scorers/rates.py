"""Shrunk rates: how often it happened to subjects alike, each finer group drawn to the coarser one."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.scorers import Columns, Float, Rows, checked, log_odds
from models.scorers.bins import Bins, cut, shrunk_rates

PRIOR = 50.0
"""A group counts as much as this many subjects of its coarser group."""

BINS = 5
MOST = 3
"""Features combined, at most: groups get too small beyond."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Groups by the first feature, the first two, and so on; ``levels[k]`` has the rates by ``k`` of them."""

    names: list[str]
    bins: tuple[Bins, ...]
    levels: tuple[tuple[float, ...], ...]
    kind: str = "rates"

    def raw(self, rows: Rows) -> Float:
        """Log-odds of the finest group's rate."""
        return self._logits(checked(rows, self.names))[:, -1]

    def contributions(self, rows: Rows) -> Float:
        """Each feature adds what its finer groups change."""
        rows = checked(rows, self.names)
        logits = self._logits(rows)
        found = np.zeros((len(rows), len(self.names) + 1))
        found[:, -1] = logits[:, 0]
        for level, bins in enumerate(self.bins):
            found[:, bins.column] += logits[:, level + 1] - logits[:, level]
        return found

    def files(self) -> dict[str, bytes]:
        """``rates.json``."""
        data = {"bins": [bins.to_json() for bins in self.bins], "levels": self.levels}
        return {"rates.json": json.dumps(data, indent=1).encode()}

    def _logits(self, rows: Rows) -> Float:
        group = np.zeros(len(rows), dtype=np.int64)
        columns = [np.full(len(rows), log_odds(self.levels[0][0]))]
        for bins, rates in zip(self.bins, self.levels[1:], strict=True):
            group = group * bins.count + bins.place(rows)
            rate = np.array(rates)[group]
            columns.append(np.log(rate) - np.log1p(-rate))
        return np.stack(columns, axis=1)


def fit(
    rows: Rows, label: NDArray[np.integer], weight: Float, columns: Columns, features: Sequence[str]
) -> Rates:
    """Rates by the first MOST of ``features`` that ``columns`` has, in that order."""
    rows = checked(rows, columns.names)
    hits = label.astype(np.float64)
    chosen = [name for name in features if name in columns.names][:MOST]
    bins = tuple(cut(rows, weight, columns, name, BINS) for name in chosen)
    overall = (float(weight @ hits) + 0.5) / (float(weight.sum()) + 1)
    levels, group = [np.array([overall])], np.zeros(len(rows), dtype=np.int64)
    for one in bins:
        group = group * one.count + one.place(rows)
        levels.append(shrunk_rates(group, hits, weight, np.repeat(levels[-1], one.count), PRIOR))
    return Rates(list(columns.names), bins, tuple(tuple(level.tolist()) for level in levels))


def load(files: Mapping[str, bytes], columns: Columns) -> Rates:
    """Reads ``rates.json``; raises ValueError or KeyError where it does not fit."""
    data = json.loads(files["rates.json"])
    bins = tuple(Bins.from_json(one, columns) for one in data["bins"])
    levels = tuple(tuple(map(float, level)) for level in data["levels"])
    sizes = [1] + [one.count for one in bins]
    if len(levels) != len(sizes) or len(levels[0]) != 1:
        raise ValueError("levels do not fit the bins")
    for (coarse, fine), size in zip(pairwise(levels), sizes[1:], strict=True):
        if len(fine) != len(coarse) * size:
            raise ValueError("levels do not fit the bins")
    return Rates(list(columns.names), bins, levels)

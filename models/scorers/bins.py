"""Cuts a feature into a few bins: quantiles of a number, the categories of a word, and one for unknown."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scorers import Columns, Float, Rows


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of one feature. Bin ``count - 1`` holds unknown values; ``edges`` is empty for categories."""

    name: str
    column: int
    edges: tuple[float, ...]
    count: int

    def place(self, rows: Rows) -> NDArray[np.int32]:
        """The bin of each row, int32[n]."""
        value = rows[:, self.column].astype(np.float64)
        unknown = np.isnan(value)
        if self.edges:
            found = np.searchsorted(np.array(self.edges), value, side="left")
        else:
            found = np.where(unknown, 0, value).astype(np.int64)
            unknown = unknown | (found < 0) | (found >= self.count - 1)
        return np.where(unknown, self.count - 1, found).astype(np.int32)

    def to_json(self) -> dict[str, Any]:
        """Name, edges and count; the column follows from the name."""
        return {"feature": self.name, "edges": list(self.edges), "bins": self.count}

    @classmethod
    def from_json(cls, data: dict[str, Any], columns: Columns) -> "Bins":
        """Finds the feature among ``columns``; raises ValueError where it is missing."""
        edges = tuple(float(edge) for edge in data["edges"])
        return cls(data["feature"], columns.names.index(data["feature"]), edges, int(data["bins"]))


def cut(rows: Rows, weight: Float, columns: Columns, name: str, count: int) -> Bins:
    """At most ``count`` bins of about equal weight, or one for each category."""
    column = columns.names.index(name)
    value = rows[:, column].astype(np.float64)
    known = ~np.isnan(value)
    if column in columns.categorical:
        size = int(value[known].max()) + 1 if known.any() else 1
        return Bins(name, column, (), size + 1)
    order = np.argsort(value[known], kind="stable")
    mass = np.cumsum(weight[known][order])
    if not len(mass):
        return Bins(name, column, (0.0,), 3)
    places = np.searchsorted(mass, mass[-1] * np.arange(1, count) / count)
    edges = np.unique(value[known][order][np.minimum(places, len(mass) - 1)])
    return Bins(name, column, tuple(edges.tolist()), len(edges) + 2)


def shrunk_rates(
    place: NDArray[np.integer], label: Float, weight: Float, towards: Float, prior: float
) -> Float:
    """Share of hits in each bin, drawn to ``towards`` as by ``prior`` rows; float64[n_bins]."""
    size = len(towards)
    mass = np.bincount(place, weights=weight, minlength=size)
    hits = np.bincount(place, weights=weight * label, minlength=size)
    return np.asarray((hits + prior * towards) / (mass + prior), dtype=np.float64)

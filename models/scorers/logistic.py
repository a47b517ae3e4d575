"""Logistic regression: alone for little data, or the trunk that boosted trees grow on."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from models.scorers import Columns, Float, Rows, checked, log_odds, sigmoid

LIMIT = 4.0
"""Standardised values are cut off here, so that no single amount decides a score."""

BLOCK = 20_000
"""Rows worked on at once."""

KEPT_BYTES = 600_000_000
"""A design matrix up to this size is kept between turns."""

CURVED = 4
"""Turns that work the curvature out anew."""

PENALTY = 20.0
"""Default precision of the normal prior on each coefficient."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """``base`` plus what each feature adds against its average.

    A number adds ``coefficient`` times its standardised value: ``sign(x) * log(1 + |x|)``, less ``centre``,
    by ``scale``, cut off at LIMIT. A category adds its own entry of ``levels``, an unseen one 0. Unknown
    values add ``unknown``. From each, ``average`` is taken. Feature ``j`` owns
    ``levels[places[j]:places[j + 1]]``.
    """

    names: list[str]
    centre: Float
    scale: Float
    coefficient: Float
    unknown: Float
    average: Float
    levels: Float
    places: NDArray[np.int64]
    base: float
    kind: str = "logistic"

    def raw(self, rows: Rows) -> Float:
        """Log-odds, float64[n]."""
        found = np.empty(len(rows))
        for start in range(0, len(rows), BLOCK):
            part = slice(start, start + BLOCK)
            found[part] = self.contributions(rows[part]).sum(axis=1)
        return found

    def contributions(self, rows: Rows) -> Float:
        """float64[n, n_features + 1]; the last column is the average subject's log-odds."""
        rows = checked(rows, self.names)
        found = np.empty((len(rows), len(self.names) + 1))
        found[:, -1] = self.base
        _add(
            rows, self.centre, self.scale, self.coefficient, self.unknown, self.average,
            self.levels, self.places, found,
        )  # fmt: skip
        return found

    def files(self) -> dict[str, bytes]:
        """``trunk.json``."""
        data = {"features": self.names, "base": self.base}
        data |= {name: getattr(self, name).tolist() for name in (*_ARRAYS, "levels", "places")}
        return {"trunk.json": json.dumps(data).encode()}


_ARRAYS = ("centre", "scale", "coefficient", "unknown", "average")


def load(files: Mapping[str, bytes], columns: Columns) -> Logistic:
    """Reads ``trunk.json``; raises ValueError or KeyError where it does not fit."""
    data = json.loads(files["trunk.json"])
    names = list(columns.names)
    if data["features"] != names:
        raise ValueError("the trunk has other features than the spec")
    arrays = [np.array(data[name], dtype=np.float64) for name in _ARRAYS]
    levels, places = np.array(data["levels"], dtype=np.float64), np.array(data["places"], dtype=np.int64)
    fits = all(array.shape == (len(names),) for array in arrays) and places.shape == (len(names) + 1,)
    if not fits or places[0] != 0 or places[-1] != len(levels) or np.any(np.diff(places) < 0):
        raise ValueError("the trunk's arrays do not fit its features")
    centre, scale, coefficient, unknown, average = arrays
    base = float(data["base"])
    return Logistic(names, centre, scale, coefficient, unknown, average, levels, places, base)


def fit(
    rows: Rows, label: NDArray[np.integer], weight: Float, columns: Columns, penalty: float = PENALTY
) -> Logistic:
    """Ridge-penalised maximum likelihood by Newton steps.

    ``penalty`` is the precision of a normal prior on each coefficient of a standardised column.
    """
    rows = checked(rows, columns.names)
    plan = _Plan.of(rows, weight, columns)
    hits = label.astype(np.float64)
    base = log_odds((float(weight @ hits) + 0.5) / (float(weight.sum()) + 1))
    beta = _newton(plan, rows, hits, weight, base=base, penalty=penalty)
    return _centred(plan.model(beta), rows, weight)


@dataclass(frozen=True, slots=True)
class _Plan:
    """Columns of the design matrix: numbers, then marks of unknown values, then categories, then ones."""

    names: list[str]
    centre: Float
    scale: Float
    numbers: NDArray[np.int64]
    marks: NDArray[np.int64]
    sizes: dict[int, int]

    @classmethod
    def of(cls, rows: Rows, weight: Float, columns: Columns) -> "_Plan":
        """Which columns carry anything, and how they are standardised."""
        centre, scale = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
        numbers, marks, sizes = [], [], {}
        categorical = set(columns.categorical)
        for column in range(rows.shape[1]):
            known = ~np.isnan(rows[:, column])
            value, mass = rows[known, column].astype(np.float64), weight[known]
            if 0.002 < float(mass.sum()) / float(weight.sum()) < 0.998:
                marks.append(column)
            if column in categorical:
                sizes[column] = int(value.max()) + 1 if len(value) else 0
            elif len(value):
                value = np.copysign(np.log1p(np.abs(value)), value)
                centre[column] = np.average(value, weights=mass)
                spread = float(np.sqrt(np.average((value - centre[column]) ** 2, weights=mass)))
                if spread > 1e-9:
                    scale[column] = spread
                    numbers.append(column)
        chosen = np.array(numbers, dtype=np.int64), np.array(marks, dtype=np.int64)
        return cls(list(columns.names), centre, scale, *chosen, sizes)

    def design(self, rows: Rows) -> NDArray[np.float32]:
        """float32[n, n_design] of some rows."""
        value = rows[:, self.numbers].astype(np.float64)
        value = np.copysign(np.log1p(np.abs(value)), value)
        value = np.clip((value - self.centre[self.numbers]) / self.scale[self.numbers], -LIMIT, LIMIT)
        parts = [np.nan_to_num(value).astype(np.float32), np.isnan(rows[:, self.marks])]
        parts += [rows[:, [column]] == np.arange(size) for column, size in self.sizes.items()]
        return np.concatenate([*parts, np.ones((len(rows), 1))], axis=1, dtype=np.float32)

    def model(self, beta: Float) -> Logistic:
        """The model of these coefficients, its contributions not centred yet."""
        n = len(self.names)
        coefficient, unknown = np.zeros(n), np.zeros(n)
        coefficient[self.numbers] = beta[: len(self.numbers)]
        unknown[self.marks] = beta[len(self.numbers) : len(self.numbers) + len(self.marks)]
        sizes = np.array([self.sizes.get(column, 0) for column in range(n)], dtype=np.int64)
        places = np.concatenate(([0], np.cumsum(sizes)))
        levels = beta[len(self.numbers) + len(self.marks) : -1].copy()
        return Logistic(
            self.names, self.centre, self.scale, coefficient, unknown, np.zeros(n), levels, places,
            float(beta[-1]),
        )  # fmt: skip


def _newton(plan: _Plan, rows: Rows, hits: Float, weight: Float, *, base: float, penalty: float) -> Float:
    """Newton steps; after CURVED of them the curvature hardly changes and the last one is used again."""
    blocks = _Blocks(plan, rows)
    beta, ridge = np.zeros(blocks.width), np.full(blocks.width, penalty)
    beta[-1], ridge[-1] = base, 1e-9
    hessian = np.diag(ridge)
    for turn in range(30):
        gradient = -ridge * beta
        if curved := turn < CURVED:
            hessian = np.diag(ridge)
        for part, design in blocks:
            p = sigmoid((design @ beta.astype(np.float32)).astype(np.float64))
            gradient += design.T @ (weight[part] * (hits[part] - p)).astype(np.float32)
            if curved:
                mass = np.sqrt(weight[part] * np.maximum(p * (1 - p), 1e-6)).astype(np.float32)
                heavy = design * mass[:, None]
                hessian += heavy.T @ heavy
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        beta += step
        if np.abs(step).max() < 1e-4:
            break
    return beta


class _Blocks:
    """The design matrix in blocks, kept where it fits and made again at each turn where it does not."""

    def __init__(self, plan: _Plan, rows: Rows) -> None:
        self.plan, self.rows = plan, rows
        self.width = plan.design(rows[:1]).shape[1]
        self.parts = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
        fits = len(rows) * self.width * 4 <= KEPT_BYTES
        self.kept = [plan.design(rows[part]) for part in self.parts] if fits else []

    def __iter__(self) -> Iterator[tuple[slice, NDArray[np.float32]]]:
        for place, part in enumerate(self.parts):
            yield part, self.kept[place] if self.kept else self.plan.design(self.rows[part])


def _centred(plain: Logistic, rows: Rows, weight: Float) -> Logistic:
    """The same log-odds, with each feature's mean contribution moved into the base."""
    total = np.zeros(len(plain.names))
    for start in range(0, len(rows), BLOCK):
        part = slice(start, start + BLOCK)
        total += weight[part] @ plain.contributions(rows[part])[:, :-1]
    average = total / float(weight.sum())
    return replace(plain, average=average, base=plain.base + float(average.sum()))


_F8 = types.Array(types.float64, 1, "C", readonly=True)
_I8 = types.Array(types.int64, 1, "C", readonly=True)
_ROWS = types.Array(types.float32, 2, "C", readonly=True)


@njit(types.void(_ROWS, _F8, _F8, _F8, _F8, _F8, _F8, _I8, types.float64[:, ::1]), cache=True, nogil=True)
def _add(rows, centre, scale, coefficient, unknown, average, levels, places, out):  # type: ignore[no-untyped-def]
    """Fills all but the last column of ``out``."""
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            value = np.float64(rows[i, j])
            first, count = places[j], places[j + 1] - places[j]
            if np.isnan(value):
                added = unknown[j]
            elif count > 0:
                level = np.int64(value)
                added = levels[first + level] if 0 <= level < count else 0.0
            else:
                logged = np.log1p(value) if value >= 0 else -np.log1p(-value)
                added = coefficient[j] * min(max((logged - centre[j]) / scale[j], -LIMIT), LIMIT)
            out[i, j] = added - average[j]

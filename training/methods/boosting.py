"""Shallow, strongly regularised trees, alone or on a logistic trunk, stopped where folds say."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scorers import Scorer, boosted
from training.folds import Fold
from training.methods import NOTHING, Columns, Earlier, Tried
from training.methods.simple import fit_trunk
from training.metrics import losses
from training.rows import Rows

Float = NDArray[np.float64]

FITS_AT_ONCE = 2
"""Folds grown side by side, each on one thread: sums keep their order, and a busy machine slows us no more than
its share (LightGBM's own threads wait for each other at every split)."""

STRIDE = 10
"""Rounds between two looks at the held-out loss."""


@dataclass(frozen=True, slots=True)
class BoostingMethod:
    """Boosted trees; with ``trunk`` they start from a logistic regression's log-odds."""

    name: str
    trunk: bool
    most: int = 120
    parameters: dict[str, Any] = field(default_factory=dict)

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """Grows ``most`` trees in each fold and keeps as many as lose least over all held-out rows."""
        checks = self.most // STRIDE
        raw = np.full((checks + 1, len(rows)), np.nan)

        def grow(fold: Fold) -> None:
            scorer = self.grow(rows.take(fold.learn), self.most, seed)
            raw[:, fold.predict] = _paths(scorer, rows.x[fold.predict], checks)

        with ThreadPoolExecutor(FITS_AT_ONCE) as pool:
            list(pool.map(grow, folds))
        seen = ~np.isnan(raw[0])
        loss = [
            float(np.average(losses(rows.y[seen], _sigmoid(path[seen])), weights=rows.weight[seen]))
            for path in raw
        ]
        best = max(int(np.argmin(loss)), 1)
        return Tried(raw[best], best * STRIDE)

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """See :class:`training.methods.Method`."""
        return self.grow(rows, rounds, seed)

    def grow(self, rows: Rows, rounds: int, seed: int) -> boosted.Boosted:
        """``rounds`` trees, on a trunk of their own where the method has one."""
        trunk = fit_trunk(rows) if self.trunk else None
        return boosted.fit(
            rows.x, rows.y, rows.weight, Columns.of(rows), rounds=rounds, trunk=trunk,
            parameters=sized(rows) | self.parameters, seed=seed, threads=1,
        )  # fmt: skip


def sized(rows: Rows) -> dict[str, Any]:
    """Parameters that grow with the rows: large leaves, and a penalty on their values."""
    return {
        "min_data_in_leaf": int(np.clip(len(rows) // 64, 20, 1000)),
        "lambda_l2": max(float(rows.weight.sum()) / 1000, 1.0),
        "min_sum_hessian_in_leaf": float(rows.weight.sum()) / 2000,
        "max_bin": 63,
    }


def _paths(scorer: boosted.Boosted, x: NDArray[np.float32], checks: int) -> Float:
    """Log-odds after 0, STRIDE, 2 STRIDE ... trees, float64[checks + 1, n]."""
    import lightgbm  # noqa: PLC0415 - takes seconds

    booster = lightgbm.Booster(model_str=scorer.text)
    found = np.zeros((checks + 1, len(x)))
    if scorer.trunk is not None:
        found[0] = scorer.trunk.raw(x)
    for check in range(checks):
        grown = booster.predict(
            x, raw_score=True, start_iteration=check * STRIDE, num_iteration=STRIDE, num_threads=1
        )
        found[check + 1] = found[check] + grown
    return found


def _sigmoid(raw: Float) -> Float:
    return np.asarray(1 / (1 + np.exp(-np.clip(raw, -30, 30))), dtype=np.float64)

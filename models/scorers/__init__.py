"""Kinds of scorer, one a file: each turns feature rows into log-odds and says how much each feature adds."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from crm.errors import FeatureError, ModelError

KINDS = {
    "lightgbm": "models.scorers.boosted",
    "logistic": "models.scorers.logistic",
    "rates": "models.scorers.rates",
    "rule": "models.scorers.rule",
}
"""The kinds a bundle can say it is, and the module that reads each."""

Float = NDArray[np.float64]
Rows = NDArray[np.float32]


class Columns(Protocol):
    """What a scorer needs to know of a FeatureSpec."""

    @property
    def names(self) -> list[str]:
        """Feature names in order."""

    @property
    def categorical(self) -> list[int]:
        """Places of features holding a category's number (float, NaN where unknown)."""


class Scorer(Protocol):
    """A fitted model of one kind."""

    @property
    def kind(self) -> str:
        """lightgbm, logistic, rates or rule."""

    def raw(self, rows: Rows) -> Float:
        """Log-odds before calibration, float64[n] of float32[n, n_features]."""

    def contributions(self, rows: Rows) -> Float:
        """What each feature adds, float64[n, n_features + 1]; the last is the base; rows sum to ``raw``."""

    def files(self) -> dict[str, bytes]:
        """The files that hold it, by name."""


def load(kind: str, files: Mapping[str, bytes], columns: Columns) -> Scorer:
    """A scorer from its files; raises ModelError where they are missing, unreadable or of other features."""
    if kind not in KINDS:
        raise ModelError("unknown kind of model", value=kind, todo="update Leadkeep, or train again")
    try:
        scorer: Scorer = import_module(KINDS[kind]).load(files, columns)
        return scorer
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ModelError(
            "a model file cannot be read", value=str(error), where=kind, todo="train the model again"
        ) from error


def checked(rows: Rows, names: Sequence[str]) -> Rows:
    """``rows`` as float32[n, len(names)]; raises FeatureError naming a column with an infinite value."""
    rows = np.ascontiguousarray(rows, dtype=np.float32)
    if rows.ndim != 2 or rows.shape[1] != len(names):
        todo = f"give {len(names)} features a row"
        raise FeatureError("rows do not fit the model", value=rows.shape, todo=todo)
    if np.isinf(rows).any():
        row, column = np.argwhere(np.isinf(rows))[0]
        raise FeatureError(
            "an infinite value", value=float(rows[row, column]), where=f"row {row}, feature {names[column]}",
            todo="leave it NaN where it is unknown",
        )  # fmt: skip
    return rows


def log_odds(probability: float) -> float:
    """log(p / (1 - p)), with p kept off 0 and 1.

    >>> log_odds(0.5)
    0.0
    """
    p = min(max(probability, 1e-9), 1 - 1e-9)
    return float(np.log(p / (1 - p)))


def sigmoid(raw: Float) -> Float:
    """1 / (1 + exp(-raw)) without overflow."""
    half = np.tanh(np.asarray(raw, dtype=np.float64) / 2)
    return np.asarray((1 + half) / 2, dtype=np.float64)

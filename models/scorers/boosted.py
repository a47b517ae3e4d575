"""Boosted trees (LightGBM), alone or grown on a logistic trunk."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models import trees, treeshap
from models.scorers import Columns, Float, Rows, checked, logistic
from models.scorers.logistic import Logistic

PARAMETERS: dict[str, Any] = {
    "objective": "binary",
    "learning_rate": 0.05,
    "num_leaves": 15,
    "max_depth": 5,
    "min_data_in_leaf": 150,
    "lambda_l2": 10.0,
    "feature_fraction": 0.5,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "cat_smooth": 50.0,
    "cat_l2": 50.0,
    "max_cat_to_onehot": 8,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
"""Shallow and strongly regularised; what differs from it is part of a model's record."""


@dataclass(frozen=True, slots=True)
class Boosted:
    """The trunk's log-odds plus the sum of the trees'."""

    names: list[str]
    text: str
    trunk: Logistic | None = None
    kind: str = "lightgbm"
    forest: trees.Forest = field(init=False, repr=False, compare=False)
    tables: treeshap.Tables | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "forest", trees.parse(self.text))
        object.__setattr__(self, "tables", treeshap.tabulate(self.forest))

    def raw(self, rows: Rows) -> Float:
        """Log-odds, float64[n]."""
        rows = checked(rows, self.names)
        found = trees.predict(self.forest, rows)
        return found if self.trunk is None else found + self.trunk.raw(rows)

    def contributions(self, rows: Rows) -> Float:
        """Shapley values of the trees, as LightGBM's pred_contrib, plus what the trunk adds."""
        rows = checked(rows, self.names)
        if self.tables is None:
            found = _slowly(self.text, rows)
        else:
            found = treeshap.contributions(self.forest, self.tables, rows)
        return found if self.trunk is None else found + self.trunk.contributions(rows)

    def files(self) -> dict[str, bytes]:
        """``model.txt``, and ``trunk.json`` where there is a trunk."""
        return {"model.txt": self.text.encode()} | ({} if self.trunk is None else self.trunk.files())


def fit(
    rows: Rows, label: NDArray[np.integer], weight: Float, columns: Columns, *,
    rounds: int = 200, trunk: Logistic | None = None, parameters: Mapping[str, Any] | None = None,
    seed: int = 0, threads: int = 0,
) -> Boosted:  # fmt: skip
    """``rounds`` trees on top of ``trunk``; the same input and seed give the same file."""
    import lightgbm  # noqa: PLC0415 - takes seconds, and serving does without

    rows = checked(rows, columns.names)
    names = column_names(columns.names)
    data = lightgbm.Dataset(
        rows, label, weight=weight, feature_name=names, free_raw_data=True,
        categorical_feature=[names[column] for column in columns.categorical],
        init_score=None if trunk is None else trunk.raw(rows),
    )  # fmt: skip
    chosen = PARAMETERS | dict(parameters or {}) | {"seed": seed, "num_threads": threads}
    booster = lightgbm.train(chosen, data, num_boost_round=rounds)
    return Boosted(list(columns.names), booster.model_to_string(), trunk)


def load(files: Mapping[str, bytes], columns: Columns) -> Boosted:
    """Reads ``model.txt`` and ``trunk.json``; raises ValueError where their features are not the spec's."""
    text = files["model.txt"].decode()
    named = re.search(r"^feature_names=(.*)$", text, re.MULTILINE)
    if named is None or named[1].split(" ") != column_names(columns.names):
        raise ValueError("the model was trained on other features than its spec names")
    trunk = logistic.load(files, columns) if "trunk.json" in files else None
    return Boosted(list(columns.names), text, trunk)


def _slowly(text: str, rows: Rows) -> Float:
    """Contributions by LightGBM itself, for trees too deep for tables."""
    import lightgbm  # noqa: PLC0415 - takes seconds, and shallow trees do without

    booster = lightgbm.Booster(model_str=text)
    return np.asarray(booster.predict(rows, pred_contrib=True, num_threads=1), dtype=np.float64)


def column_names(names: Sequence[str]) -> list[str]:
    """Feature names as LightGBM takes them: no spaces, commas, quotes or brackets.

    >>> column_names(["calls_30d", "bước: gọi"])
    ['calls_30d', 'bước__gọi']
    """
    return [re.sub(r"[^\w.-]", "_", name) for name in names]

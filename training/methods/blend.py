"""Logistic regression and trees, each fitted alone, averaged in log-odds: what one overdoes the other damps."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.scorers import Scorer
from models.scorers.boosted import Boosted
from models.scorers.logistic import Logistic
from training.folds import Fold
from training.methods import NOTHING, Earlier, Tried
from training.methods.boosting import BoostingMethod
from training.methods.simple import LogisticMethod, fit_trunk
from training.rows import Rows

SHARE = 0.5
"""Weight of the logistic regression."""


@dataclass(frozen=True, slots=True)
class BlendMethod:
    """``SHARE`` of a logistic regression plus the rest of trees grown without it."""

    trees: BoostingMethod
    name: str = "blend"

    def try_out(self, rows: Rows, folds: Sequence[Fold], seed: int, earlier: Earlier = NOTHING) -> Tried:
        """See :class:`training.methods.Method`; the trees stop where they do best alone."""
        tried = earlier.get(self.trees.name) or self.trees.try_out(rows, folds, seed)
        line = earlier.get("logistic") or LogisticMethod().try_out(rows, folds, seed)
        return Tried(SHARE * line.raw + (1 - SHARE) * tried.raw, tried.rounds)

    def fit(self, rows: Rows, rounds: int, seed: int) -> Scorer:
        """See :class:`training.methods.Method`."""
        grown = self.trees.grow(rows, rounds, seed)
        return Boosted(grown.names, scaled_trees(grown.text, 1 - SHARE), scaled_trunk(fit_trunk(rows), SHARE))


def scaled_trunk(trunk: Logistic, share: float) -> Logistic:
    """A logistic regression whose every contribution is ``share`` times as large."""
    return replace(
        trunk,
        coefficient=trunk.coefficient * share,
        unknown=trunk.unknown * share,
        average=trunk.average * share,
        levels=trunk.levels * share,
        base=trunk.base * share,
    )


def scaled_trees(text: str, share: float) -> str:
    """A LightGBM model text whose every leaf is ``share`` times as large."""

    def scale(line: re.Match[str]) -> str:
        values = np.array(line[2].split(" "), dtype=np.float64) * share
        return line[1] + " ".join(repr(float(value)) for value in values)

    text = re.sub(r"^((?:leaf|internal)_value=)(.+)$", scale, text, flags=re.MULTILINE)
    trees = re.findall(r"^Tree=.*?(?=^Tree=|^end of trees)", text, re.MULTILINE | re.DOTALL)
    sizes = " ".join(str(len(tree.encode())) for tree in trees)
    return re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", text, flags=re.MULTILINE)

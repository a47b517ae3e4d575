"""Lets methods compete out of fold on the train stretch, and says how each would score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models import calibration
from models.scorers import Scorer
from training.folds import Fold, by_start, by_time_and_party
from training.gather import Progress
from training.level import Level, settle
from training.methods import NOTHING, Earlier, Method, Tried
from training.metrics import log_loss
from training.rows import Rows

Float = NDArray[np.float64]

MOST_ROWS = 16_000
"""Rows methods are tried on; more cost minutes and change no ranking."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A method and its trial: out-of-fold log-odds, the level to score at, calibrated out-of-fold log loss."""

    method: Method
    tried: Tried
    level: Level
    log_loss: float


@dataclass(frozen=True, slots=True)
class Fitted:
    """A contender's scorer with its calibration."""

    scorer: Scorer
    level: Level

    def predict(self, x: NDArray[np.float32]) -> Float:
        """Probabilities, float64[n]."""
        return self.level.calibration.predict(self.scorer.raw(x))


def folds_of(rows: Rows, subject: str) -> list[Fold]:
    """Blocks of creation for leads; blocks of time by groups of people for subjects seen again and again."""
    split = by_start if subject == "lead" else by_time_and_party
    return split(rows.start, rows.party)


def compete(
    methods: Sequence[Method], rows: Rows, folds: Sequence[Fold], horizon: int, at: int, seed: int, tell: Progress
) -> list[Contender]:  # fmt: skip
    """Contenders by calibrated out-of-fold log loss, the best first; levels hold from ``at`` on."""
    found: list[Contender] = []
    for done, method in enumerate(methods):
        tell("trying methods", done, len(methods))
        earlier = {contender.method.name: contender.tried for contender in found}
        found.append(trial(method, rows, folds, horizon, at, seed, earlier))
    tell("trying methods", len(methods), len(methods))
    return sorted(found, key=lambda contender: contender.log_loss)


def trial(
    method: Method,
    rows: Rows,
    folds: Sequence[Fold],
    horizon: int,
    at: int,
    seed: int,
    earlier: Earlier = NOTHING,
) -> Contender:
    """What out-of-fold predictions say of one method."""
    tried = method.try_out(rows, folds, seed, earlier)
    seen = ~np.isnan(tried.raw)
    raw, known = tried.raw[seen], rows.take(seen)
    curve = calibration.fit(raw, known.y, known.weight)
    loss = log_loss(known.y, curve.predict(raw), known.weight)
    return Contender(method, tried, settle(curve, raw, known, horizon, at), loss)


def fitted(contender: Contender, rows: Rows, seed: int) -> Fitted:
    """The contender learned from all the rows."""
    return Fitted(contender.method.fit(rows, contender.tried.rounds, seed), contender.level)

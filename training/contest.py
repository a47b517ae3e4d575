"""Lets methods compete out of fold on the train stretch, and says how each would score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.scorers import Scorer
from training.compare import difference
from training.curve import curve
from training.folds import Fold, by_start, by_time_and_party
from training.gather import Progress
from training.level import Level, settle
from training.methods import NOTHING, Earlier, Method, Tried
from training.metrics import log_loss
from training.rows import Rows, months

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
    """Contenders, the best first: by calibrated out-of-fold log loss, but a blend goes before what cannot be told
    from it, since it depends less on the stretch of time it was tried on. Levels hold from ``at`` on."""
    found: list[Contender] = []
    for done, method in enumerate(methods):
        tell("trying methods", done, len(methods))
        earlier = {contender.method.name: contender.tried for contender in found}
        found.append(trial(method, rows, folds, horizon, at, seed, earlier))
    tell("trying methods", len(methods), len(methods))
    return hedged(sorted(found, key=lambda contender: contender.log_loss), rows)


def hedged(ranked: list[Contender], rows: Rows) -> list[Contender]:
    """The ranking with a blend moved to the top where nothing above it is better beyond noise."""
    place = next((i for i, c in enumerate(ranked) if c.method.name == "blend"), 0)
    if place == 0:
        return ranked
    best, blend = ranked[0], ranked[place]
    seen = ~np.isnan(best.tried.raw + blend.tried.raw)
    part, month = rows.take(seen), months(rows.cutoff[seen])
    p = [c.level.calibration.predict(c.tried.raw[seen]) for c in (best, blend)]
    found = difference(part.y, p[0], p[1], part.weight, part.party, month, replicates=200)
    return ranked if found.better else [blend, *ranked[:place], *ranked[place + 1 :]]


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
    bent = curve(raw, known)
    loss = log_loss(known.y, bent.predict(raw), known.weight)
    return Contender(method, tried, settle(bent, raw, known, horizon, at), loss)


def fitted(contender: Contender, rows: Rows, seed: int) -> Fitted:
    """The contender learned from all the rows."""
    return Fitted(contender.method.fit(rows, contender.tried.rounds, seed), contender.level)

"""Whether those a model scores now are still such as it learned about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crm.events import Events
from crm.settings import Settings
from features.engine import compute
from features.expressions import Calendar
from models import snapshots
from models.bundle import Bundle
from models.target import Target
from training.gather import thinned

Float = NDArray[np.float64]
Floats = NDArray[np.floating[Any]]

BINS: Final = 10
MOST: Final = 20_000
"""Subjects looked at at either moment; more would say nothing else."""

TOLD: Final = 5
"""Features named, those that moved most."""


@dataclass(frozen=True, slots=True)
class Drift:
    """How far the probabilities moved since the model's own moment, and which features moved most.

    Figures are population stability indices (see :func:`stability`); ``people`` counts who was compared.
    """

    probability: float
    features: tuple[tuple[str, float], ...]
    people: tuple[int, int]

    @property
    def names(self) -> Sequence[str]:
        """The features, the one that moved most first."""
        return [name for name, _ in self.features]


def drift(
    target: Target, bundle: Bundle, events: Events, as_of: int, settings: Settings, seed: int = 0
) -> Drift:
    """The population as known at ``as_of`` beside that at the model's own moment: the same view of two days.

    Training rows are no such view: they show each subject at many ages. What only tells the hour or the season is
    the same for everybody and no news of anybody: it is not named. Raises PopulationError for nobody.
    """
    before, after = (
        _rows(target, bundle, events, moment, settings, seed) for moment in (bundle.as_of, as_of)
    )
    moved = [
        (name, stability(before[:, column], after[:, column]))
        for column, (name, feature) in enumerate(zip(bundle.spec.names, bundle.spec.features, strict=True))
        if not (isinstance(feature.expression, Calendar) and feature.expression.selector is None)
    ]
    most = sorted(moved, key=lambda one: -one[1])[:TOLD]
    return Drift(
        stability(bundle.predict(before), bundle.predict(after)), tuple(one for one in most if one[1] > 0),
        (len(before), len(after)),
    )  # fmt: skip


def stability(before: Floats, after: Floats, bins: int = BINS) -> float:
    """The population stability index of two samples of one number, less what sampling alone gives; 0 for the same.

    The sum over bins of ``(q - p) ln(q / p)``, bins of equal share of ``before`` and one for unknown values. Were both
    drawn from one population its mean would be ``(bins - 1) (1 / n + 1 / m)``, which is taken off. By custom,
    below 0.1 nothing moved and above 0.25 much did.

    >>> stability(np.arange(1000.0), np.arange(1000.0))
    0.0
    """
    known = before[~np.isnan(before)]
    edges = np.unique(np.quantile(known, np.arange(1, bins) / bins)) if len(known) else np.zeros(0)
    n = len(edges) + 2
    shares = []
    for values in (before, after):
        place = np.where(np.isnan(values), n - 1, np.searchsorted(edges, values, side="right"))
        shares.append((np.bincount(place, minlength=n) + 0.5) / (len(values) + n / 2))
    p, q = shares
    by_chance = (n - 1) * (1 / len(before) + 1 / len(after))
    return max(float((q - p) @ np.log(q / p)) - by_chance, 0.0)


def _rows(
    target: Target, bundle: Bundle, events: Events, moment: int, settings: Settings, seed: int
) -> NDArray[np.float32]:
    everybody = snapshots.population(target, events, moment, settings, bundle.horizon).subject_index
    some = everybody[thinned(len(everybody), MOST, seed)]
    return compute(bundle.spec, events, some, np.full(len(some), moment, dtype=np.int64))

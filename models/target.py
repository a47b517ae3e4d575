"""What a prediction target declares, and where the targets are found."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.discover import modules
from crm.errors import NotFound
from crm.events import Events
from crm.settings import Settings

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ELIGIBLE = 0
"""What ``Target.standing`` answers for a subject in the population."""

UNKNOWN_OUTCOME = -1
"""What ``Target.labels`` answers where the outcome had happened but was not known at the cutoff."""


class Candidates(NamedTuple):
    """Subjects and the moments they might be seen at: int32[n], int64[n]."""

    subject: Int32
    cutoff: Int64

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> "Candidates":
        """The chosen ones, in the order given."""
        return Candidates(self.subject[rows], self.cutoff[rows])


@dataclass(frozen=True, slots=True)
class Gate:
    """What a challenger must show before it scores instead of the rule."""

    positives: int = 40
    """Subjects with the outcome needed to train at all."""
    negatives: int = 40
    """Subjects without it needed to train at all."""
    confidence: float = 0.9
    """How sure the paired bootstrap must be that its log loss is below the rule's."""


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to predict: whom about, when, how far ahead, and what it is worth.

    The functions take the events of every subject of one kind and answer for many at once:

    ``horizon(events, as_of, settings)``                        days the target looks ahead
    ``cutoffs(events, until, horizon, rng)``                    candidates up to and including ``until``
    ``standing(events, subject, cutoff, horizon)``              int8[n], ELIGIBLE or a place in ``reasons``
    ``labels(events, subject, cutoff, horizon, as_of)``         int8[n], 1, 0 or UNKNOWN_OUTCOME
    ``values(events, subject, as_of, horizon)``                 int64[n], money a hit is worth, or UNKNOWN
    ``grace(events, as_of)``                                    microseconds an outcome may be taken back for

    ``horizon`` after the first is in microseconds.
    """

    name: str
    subject: str
    en: str
    vi: str
    groups: tuple[str, ...]
    outcomes: tuple[str, ...]
    """Kinds of event that decide the label; their usual lateness is the label delay."""
    reasons: tuple[str, ...]
    """Why a subject is out of the population, in words; place 0 is "eligible"."""
    horizon: Callable[[Events, int, Settings], int]
    cutoffs: Callable[[Events, int, int, np.random.Generator], Candidates]
    standing: Callable[[Events, Int32, Int64, int], Int8]
    labels: Callable[[Events, Int32, Int64, int, int], Int8]
    values: Callable[[Events, Int32, int, int], Int64]
    rule: tuple[str, ...]
    """Features the simple rule looks at, the most telling first; those a history lacks are passed over."""
    rates: tuple[str, ...]
    """Features the shrunk rates look at."""
    wished: bool
    """Whether the outcome is one we want: what speaks for a sale, or against a loss, is good news."""
    contact_cost: int
    """What one contact costs in the smallest unit of the default currency."""
    grace: Callable[[Events, int], int] = lambda events, as_of: 0
    """Added to the label delay, so that no label that trains changes later."""
    beyond: str = ""
    """The reason whose subjects the rule scores, "" where there is none."""
    later_cutoffs: Callable[[Events, int, np.random.Generator], Candidates] | None = None
    """Candidates among those subjects, for the rule to learn from."""
    gate: Gate = Gate()


def all_targets() -> dict[str, Target]:
    """Every target by name, in alphabetical order."""
    found: dict[str, Target] = {}
    for module in modules("models.targets").values():
        target: Target = module.TARGET
        found[target.name] = target
    return found


def find(name: str) -> Target:
    """The target of that name; raises NotFound naming those there are."""
    targets = all_targets()
    if name not in targets:
        raise NotFound(
            "no such target", value=name, where="models/targets", todo=f"choose one of: {', '.join(targets)}"
        )
    return targets[name]

"""Why a score is what it is, in words a salesperson understands."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.declare import Feature
from features.expressions import selectors
from features.words import Language
from models.bundle import Bundle
from models.scorers import Float, Rows

PERSONAL = frozenset({"owner", "team", "actor", "assigned_to"})
"""Attributes whose value is a colleague; reasons say that they matter, never who it is."""

IN_CHARGE: dict[Language, str] = {"en": "Who is in charge", "vi": "Người phụ trách"}

EASE = {"number": 0.5, "percent": 0.8}
"""How readily a feature of such a unit speaks for its topic; the others are easier to picture."""


@dataclass(frozen=True, slots=True)
class Driver:
    """What one topic adds to a score, and the feature (column, value) that speaks for it."""

    topic: str
    column: int
    value: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Reason:
    """A driver in words; ``direction`` is "up" where it raises the score."""

    topic: str
    text: str
    contribution: float
    direction: Literal["up", "down"]
    feature: str


def explain(bundle: Bundle, row: Rows, lang: Language, n: int = 5, *, later: bool = False) -> list[Reason]:
    """The ``n`` topics that move one subject's score most; ``row`` is float32[1, n_features] or flat.

    Contributions are in log-odds; those of all topics and the base sum to the raw score. ``later`` explains
    the rule for subjects beyond the last age.
    """
    rows = np.atleast_2d(row)
    marks = np.array([later])
    return [reason(bundle, driver, lang) for driver in drivers(bundle, rows, n, marks)[0]]


def drivers(
    bundle: Bundle, rows: Rows, n: int = 5, later: NDArray[np.bool_] | None = None, added: Float | None = None
) -> list[list[Driver]]:
    """The ``n`` topics that move each score most, the strongest first; all of one batch at once.

    ``added`` are the rows' :func:`contributions` where the caller has them already.
    """
    added = (contributions(bundle, rows, later) if added is None else added)[:, :-1]
    ease = np.array([EASE.get(feature.unit, 1.0) for feature in bundle.spec.features])
    return [_drivers(bundle, row, of_row, ease, n) for row, of_row in zip(rows, added, strict=True)]


def contributions(bundle: Bundle, rows: Rows, later: NDArray[np.bool_] | None = None) -> Float:
    """As ``Bundle.contributions``, with the rule's own for rows marked ``later``."""
    found = bundle.contributions(rows)
    if later is not None and later.any() and bundle.later is not None:
        found[later] = bundle.later.contributions(rows[later])
    return found


def reason(bundle: Bundle, driver: Driver, lang: Language) -> Reason:
    """A driver in the words of its feature, with the real value."""
    feature = bundle.spec.features[driver.column]
    named = is_personal(feature)
    text = IN_CHARGE[lang] if named else bundle.spec.sentence(driver.column, driver.value, lang)
    direction: Literal["up", "down"] = "up" if driver.contribution > 0 else "down"
    return Reason(driver.topic, text, driver.contribution, direction, feature.name)


def is_personal(feature: Feature) -> bool:
    """Whether a feature's value may be a colleague's name."""
    if feature.unit != "category":
        return False
    return any(name in PERSONAL for selector in selectors(feature.expression) for name in selector.field)


def _drivers(bundle: Bundle, row: NDArray[np.float32], added: Float, ease: Float, n: int) -> list[Driver]:
    """One row's topics; in each, the feature that pushes the topic's way most speaks for it."""
    sums = np.bincount(bundle.topic_of, weights=added, minlength=len(bundle.topics))
    found = []
    for topic in np.argsort(-np.abs(sums), kind="stable")[:n].tolist():
        if sums[topic] == 0:
            break
        push = np.where(bundle.topic_of == topic, added * ease * np.sign(sums[topic]), -np.inf)
        column = int(np.argmax(push))
        found.append(Driver(bundle.topics[topic], column, float(row[column]), float(sums[topic])))
    return found

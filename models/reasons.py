"""Why a score is what it is, in words a salesperson understands."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.words import Language
from models.bundle import Bundle
from models.scorers import Float, Rows, sigmoid

IN_CHARGE: dict[Language, str] = {"en": "Who is in charge", "vi": "Người phụ trách"}


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


@dataclass(frozen=True, slots=True)
class Explained:
    """One subject's score with its reasons, worked out in one go; the topics and ``base`` sum to ``raw``."""

    probability: float
    raw: float
    base: float
    reasons: list[Reason]


def explain(bundle: Bundle, row: Rows, lang: Language, n: int = 5, *, later: bool = False) -> list[Reason]:
    """The ``n`` topics that move one subject's score most; ``row`` is float32[1, n_features] or flat.

    Contributions are in log-odds; those of all topics and the base sum to the raw score. ``later`` explains
    the rule for subjects beyond the last age.
    """
    return explained(bundle, row, lang, n, later=later).reasons


def explained(bundle: Bundle, row: Rows, lang: Language, n: int = 5, *, later: bool = False) -> Explained:
    """As :func:`explain`, with the score itself: the quick way for one subject."""
    row = np.atleast_2d(row)
    added = contributions(bundle, row, np.array([later]))
    by_rule = later and bundle.later is not None
    raw = added.sum(axis=1)
    probability = sigmoid(raw) if by_rule else bundle.calibration.predict(raw)
    found = _drivers(bundle, row[0].tolist(), added[0].tolist(), n)
    return Explained(
        float(probability[0]),
        float(raw[0]),
        float(added[0, -1]),
        [reason(bundle, one, lang) for one in found],
    )


def drivers(
    bundle: Bundle, rows: Rows, n: int = 5, later: NDArray[np.bool_] | None = None
) -> list[list[Driver]]:
    """The ``n`` topics that move each score most, the strongest first; all of one batch at once."""
    added = contributions(bundle, rows, later)
    return [
        _drivers(bundle, row, of_row, n) for row, of_row in zip(rows.tolist(), added.tolist(), strict=True)
    ]


def contributions(bundle: Bundle, rows: Rows, later: NDArray[np.bool_] | None = None) -> Float:
    """As ``Bundle.contributions``, with the rule's own for rows marked ``later``."""
    if later is None or bundle.later is None or not later.any():
        return bundle.contributions(rows)
    found = bundle.later.contributions(rows)
    if not later.all():
        found[~later] = bundle.contributions(rows[~later])
    return found


def reason(bundle: Bundle, driver: Driver, lang: Language) -> Reason:
    """A driver in the words of its feature, with the real value."""
    personal = bundle.topics.personal[driver.column]
    text = IN_CHARGE[lang] if personal else bundle.spec.sentence(driver.column, driver.value, lang)
    direction: Literal["up", "down"] = "up" if driver.contribution > 0 else "down"
    return Reason(
        driver.topic, text, driver.contribution, direction, bundle.spec.features[driver.column].name
    )


def _drivers(bundle: Bundle, row: list[float], added: list[float], n: int) -> list[Driver]:
    """Plain lists: for one row they are several times as quick as arrays."""
    topics = bundle.topics
    sums = topics.sums(added)
    order = sorted(range(len(sums)), key=lambda topic: -abs(sums[topic]))
    found = []
    for topic in order[:n]:
        if sums[topic] == 0:
            break
        column = topics.speaker(topic, added, rising=sums[topic] > 0)
        found.append(Driver(topics.names[topic], column, row[column], sums[topic]))
    return found

"""Why a score is what it is, in words a salesperson understands."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features.words import Language, less
from models.bundle import Bundle
from models.scorers import Float, Rows, sigmoid
from models.senses import is_less
from models.target import find
from models.topics import named

IN_CHARGE: dict[Language, str] = {"en": "Who is in charge", "vi": "Người phụ trách"}


@dataclass(frozen=True, slots=True)
class Driver:
    """What one topic adds to a score, and the feature (column, value) that speaks for it, if any can.

    ``less``: the value is some of what is not bad, and most have more.
    """

    topic: str
    column: int | None
    value: float
    contribution: float
    less: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """A driver in words; ``direction`` is "up" where it raises the score, ``feature`` "" where none speaks."""

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

    Contributions are in log-odds; those of all topics and the base sum to the raw score. A topic that has
    nothing to say that points its way is only named. ``later`` explains the rule for subjects beyond the last age.
    """
    return explained(bundle, row, lang, n, later=later).reasons


def explained(bundle: Bundle, row: Rows, lang: Language, n: int = 5, *, later: bool = False) -> Explained:
    """As :func:`explain`, with the score itself: the quick way for one subject."""
    row = np.atleast_2d(row)
    added = contributions(bundle, row, np.array([later]))
    by_rule = later and bundle.later is not None
    raw = added.sum(axis=1)
    probability = sigmoid(raw) if by_rule else bundle.calibration.predict(raw)
    found = islice(_drivers(bundle, row[0].tolist(), added[0].tolist(), later=by_rule), n)
    return Explained(
        float(probability[0]),
        float(raw[0]),
        float(added[0, -1]),
        [reason(bundle, one, lang) for one in found],
    )


def drivers(
    bundle: Bundle, rows: Rows, n: int = 5, later: NDArray[np.bool_] | None = None
) -> list[list[Driver]]:
    """The ``n`` things to say of each score, the strongest first; all of one batch at once.

    For people's lists: topics with nothing to say that points their way, or nothing new, are passed over.
    """
    added = contributions(bundle, rows, later)
    by_rule = np.zeros(len(rows), dtype=bool) if later is None or bundle.later is None else later
    return [
        _spoken(bundle, _drivers(bundle, row, of_row, later=one), n)
        for row, of_row, one in zip(rows.tolist(), added.tolist(), by_rule.tolist(), strict=True)
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
    """A driver in the words of its feature, with the real value; the topic's name where none speaks."""
    direction: Literal["up", "down"] = "up" if driver.contribution > 0 else "down"
    if driver.column is None:
        return Reason(driver.topic, named(driver.topic, lang), driver.contribution, direction, "")
    personal = bundle.topics.personal[driver.column]
    feature = bundle.spec.features[driver.column]
    text = IN_CHARGE[lang] if personal else bundle.spec.sentence(driver.column, driver.value, lang)
    if driver.less:
        text = less(text, feature.unit, lang)
    return Reason(driver.topic, text, driver.contribution, direction, feature.name)


def _drivers(bundle: Bundle, row: list[float], added: list[float], *, later: bool) -> Iterator[Driver]:
    """The topics, the strongest first. Plain lists: for one row they are several times as quick as arrays."""
    topics, usual = bundle.topics, bundle.usual_later if later else bundle.usual
    wished = _wished(bundle.target)
    sums = topics.sums(added)
    order = sorted(range(len(sums)), key=lambda topic: -abs(sums[topic]))
    for topic in order:
        if sums[topic] == 0:
            return
        column = topics.speaker(topic, sums[topic] > 0, wished, added, row, usual)
        if column is None:
            yield Driver(topics.names[topic], None, math.nan, sums[topic])
        else:
            value = row[column]
            some = is_less(topics.voices[column], value, usual[column])
            yield Driver(topics.names[topic], column, value, sums[topic], some)


def _spoken(bundle: Bundle, found: Iterator[Driver], n: int) -> list[Driver]:
    """The first ``n`` that a feature speaks for, none of them in another's words."""
    kept: dict[str, Driver] = {}
    for driver in found:
        if driver.column is not None:
            kept.setdefault(bundle.spec.sentence(driver.column, driver.value, "vi"), driver)
        if len(kept) >= n:
            break
    return list(kept.values())


@cache
def _wished(target: str) -> bool:
    return find(target).wished

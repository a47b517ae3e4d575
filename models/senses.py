"""Whether a feature's value speaks for what is wished or against it, as common sense has it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.declare import Feature
from features.expressions import Calendar, Expression, Moment, Number, Op, Reading, selectors, walk

HIGH, NEITHER, LOW = 1, 0, -1
MIDDLE = {"change": 0.0, "money_change": 0.0, "times": 1.0, "rating": 3.0}
"""Where up ends and down begins, in units that have such a place of their own."""


class Voice(NamedTuple):
    """How one feature speaks: ``sign`` 1 where high is good, -1 where it is bad, 0 where people could argue.

    ``whole``: any of it counts, not only more than usual. ``unknown``: how an unknown value reads.
    """

    sign: int
    whole: bool
    middle: float | None
    unknown: int
    silent: bool


def voice(feature: Feature) -> Voice:
    """How a feature speaks. What only reads the calendar is the same for everybody, and says nothing of one."""
    sign = {"good": 1, "merit": 1, "bad": -1, "fault": -1}.get(feature.sense, 0)
    whole = feature.sense in ("merit", "fault")
    calendar = any(isinstance(part, Calendar) for part in walk(feature.expression))
    silent = calendar and not list(selectors(feature.expression))
    return Voice(sign, whole, MIDDLE.get(feature.unit), _unknown(feature.expression), silent)


def may_say(of: Voice, value: float, usual: float, side: int) -> bool:
    """Whether a value may be given as a reason for what is wished (``side`` 1) or against it (-1).

    ``usual`` is the feature's typical value, NaN where nothing is known of it.
    """
    if of.silent:
        return False
    if not of.sign:
        return True
    if math.isnan(value):
        return of.unknown * of.sign == side
    if not of.whole and of.middle is None and value > 0 and math.isnan(usual):
        return True
    return _reads(of, value, usual) * of.sign == side


def is_less(of: Voice, value: float, usual: float) -> bool:
    """Whether a value is some of what is not bad, but less than usual: a reason against has to say so."""
    return of.sign >= 0 and not of.whole and of.middle is None and 0 < value < usual


def usual(rows: NDArray[np.float32]) -> tuple[float, ...]:
    """The median of each column where it is known, NaN where it never is; ``rows`` is float32[n, k]."""
    columns = (column[~np.isnan(column)] for column in rows.T)
    return tuple(float(np.median(known)) if len(known) else math.nan for known in columns)


def _reads(of: Voice, value: float, usual: float) -> int:
    """Whether a known value reads as a high one or a low one; nothing at all is always low."""
    if of.whole:
        return HIGH if value > 0 else LOW
    if of.middle is not None:
        return HIGH if value > of.middle else LOW if value < of.middle else NEITHER
    return HIGH if value > 0 and value >= usual else LOW


def _unknown(node: Expression) -> int:
    """What never happened last happened as long ago as can be; what never began has lasted for no time."""
    if isinstance(node, Moment):
        return HIGH if node.which == "last" else LOW
    if isinstance(node, Reading) and node.what == "until":
        return LOW
    if isinstance(node, Op) and node.name == "subtract":
        return -_unknown(node.of[1])
    if isinstance(node, Op) and node.name == "multiply" and isinstance(node.of[1], Number):
        return _unknown(node.of[0])
    return NEITHER

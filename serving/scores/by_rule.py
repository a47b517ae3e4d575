"""What the simple rule alone would say of those a model scores: the order the control group is worked in."""

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from models.scorers import Rows
from models.target import Target

Float = NDArray[np.float64]


def chances(
    target: Target, bundle: Bundle, rows: Rows, later: NDArray[np.bool_], probability: Float
) -> Float:
    """The rule's probability of each of ``n`` subjects, float64[n].

    Of the rule fitted with the bundle; a bundle from before there was one deals out the model's own probabilities
    in the order of the first of the target's rule features it knows: the most recent first for an outcome we want,
    the longest silent first for one we fear, the unknown last.
    """
    found = bundle.by_rule(rows, later)
    if found is not None:
        return found
    known = [name for name in target.rule if name in bundle.spec.names]
    if not known:
        return probability
    column = rows[:, bundle.spec.names.index(known[0])].astype(np.float64)
    order = np.argsort(
        np.where(np.isnan(column), np.inf, column if target.wished else -column), kind="stable"
    )
    now = order[~later[order]]
    dealt = probability.copy()
    dealt[now] = np.sort(probability[~later])[::-1]
    return dealt

"""Figures of merit of probabilities, weighted: each takes labels, scores and weights of equal length."""

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Labels = NDArray[np.integer]

SMALLEST = 1e-12


def losses(y: Labels, p: Float) -> Float:
    """The log loss of each row, in nats, float64[n]."""
    sure = np.clip(p, SMALLEST, 1 - SMALLEST)
    return -np.where(y == 1, np.log(sure), np.log1p(-sure))


def log_loss(y: Labels, p: Float, weight: Float) -> float:
    """The weighted mean of :func:`losses`."""
    return float(np.average(losses(y, p), weights=weight))


def brier(y: Labels, p: Float, weight: Float) -> float:
    """The weighted mean squared difference of probability and outcome."""
    return float(np.average((p - y) ** 2, weights=weight))


class Ranking:
    """Rows sorted by score once, to rank them under many different weights.

    >>> y, p = np.array([0, 1, 1, 0]), np.array([.1, .4, .35, .8])
    >>> Ranking(y, p).auc(np.ones(4))
    0.5
    """

    def __init__(self, y: Labels, score: Float) -> None:
        self._order = np.argsort(-score, kind="stable")
        ranked = score[self._order]
        self._starts = np.flatnonzero(np.r_[True, ranked[1:] != ranked[:-1]])
        self._y = y[self._order] == 1

    def auc(self, weight: Float) -> float:
        """The chance that a positive row scores above a negative one, ties count half; NaN for one class."""
        positive, negative = self._counts(weight)
        pairs = positive.sum() * negative.sum()
        below = negative.sum() - np.cumsum(negative)
        return float((positive * (below + negative / 2)).sum() / pairs) if pairs > 0 else float("nan")

    def average_precision(self, weight: Float) -> float:
        """Precision at each positive row, averaged: the area under precision against recall, in steps."""
        positive, negative = self._counts(weight)
        found = np.cumsum(positive)
        if found[-1] == 0:
            return float("nan")
        seen = np.maximum(found + np.cumsum(negative), SMALLEST)
        return float((positive * found / seen).sum() / found[-1])

    def _counts(self, weight: Float) -> tuple[Float, Float]:
        """Weight of positives and negatives at each distinct score, the highest first."""
        ordered = weight[self._order]
        positive = np.add.reduceat(np.where(self._y, ordered, 0.0), self._starts)
        return positive, np.add.reduceat(ordered, self._starts) - positive

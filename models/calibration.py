"""Turns log-odds into probabilities that mean what they say."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.scorers import Float, sigmoid

FLATTEST = 0.05
"""Least slope of a sigmoid: a score must never turn the order round."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising function from raw log-odds to probability.

    ``sigmoid``: ``slope * raw + intercept`` in log-odds. ``isotonic``: lines between the points ``raws`` and
    ``rates``, level outside. ``shift`` is added in log-odds after either. Where an isotonic curve is level,
    subjects tie: rank those by the raw score.
    """

    kind: str
    slope: float = 1.0
    intercept: float = 0.0
    raws: tuple[float, ...] = ()
    rates: tuple[float, ...] = ()
    shift: float = 0.0

    def predict(self, raw: Float) -> Float:
        """Probabilities, float64[n]."""
        return sigmoid(self.log_odds(raw))

    def log_odds(self, raw: Float) -> Float:
        """Calibrated log-odds, float64[n]."""
        if self.kind == "sigmoid":
            return np.asarray(self.slope * raw + (self.intercept + self.shift), dtype=np.float64)
        rate = np.interp(raw, self.raws, self.rates)
        return np.asarray(np.log(rate) - np.log1p(-rate) + self.shift, dtype=np.float64)

    def to_json(self) -> dict[str, Any]:
        """As calibration.json holds it."""
        if self.kind == "sigmoid":
            return {"kind": "sigmoid", "slope": self.slope, "intercept": self.intercept, "shift": self.shift}
        return {"kind": "isotonic", "raws": self.raws, "rates": self.rates, "shift": self.shift}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Calibration":
        """Reads calibration.json; raises ValueError where it is not a rising curve."""
        if data["kind"] == "sigmoid":
            made = cls("sigmoid", float(data["slope"]), float(data["intercept"]), shift=float(data["shift"]))
            rising = made.slope > 0
        elif data["kind"] == "isotonic":
            raws, rates = tuple(map(float, data["raws"])), tuple(map(float, data["rates"]))
            made = cls("isotonic", raws=raws, rates=rates, shift=float(data["shift"]))
            rising = len(raws) == len(rates) > 0 and bool(np.all(np.diff(raws) > 0))
            rising = rising and bool(np.all(np.diff(rates) >= 0)) and 0 < rates[0] <= rates[-1] < 1
        else:
            raise ValueError(f"unknown calibration {data['kind']!r}")
        if not rising:
            raise ValueError("calibration does not rise with the score")
        return made


def fit_sigmoid(raw: Float, label: NDArray[np.integer], weight: Float) -> Calibration:
    """Platt's slope and intercept by Newton steps, with his priors that keep them finite (Platt 1999)."""
    positives, negatives = float(weight[label == 1].sum()), float(weight[label == 0].sum())
    goal = np.where(label == 1, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    slope, intercept = 1.0, np.log((positives + 1) / (negatives + 1)) - float(np.average(raw, weights=weight))
    for _ in range(50):
        p = sigmoid(slope * raw + intercept)
        error, curve = weight * (p - goal), weight * np.maximum(p * (1 - p), 1e-9)
        gradient = np.array([error @ raw, error.sum()])
        hessian = np.array([[curve @ raw**2 + 1e-9, curve @ raw], [curve @ raw, curve.sum() + 1e-9]])
        step = np.linalg.solve(hessian, gradient)
        step *= min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        slope, intercept = slope - step[0], intercept - step[1]
        if np.abs(step).max() < 1e-10:
            break
    if slope < FLATTEST:
        slope = FLATTEST
        level = Calibration("sigmoid", slope, 0.0)
        intercept = intercept_shift(level, raw, label, weight, prior=0.0)
    return Calibration("sigmoid", float(slope), float(intercept))


def fit_isotonic(raw: Float, label: NDArray[np.integer], weight: Float) -> Calibration:
    """Rates of pooled neighbours (pool adjacent violators), joined by lines between their mean scores.

    Joining block means keeps the order within a block (centred isotonic regression, Oron and Flournoy 2017).
    """
    order = np.argsort(raw, kind="stable")
    score, first = np.unique(raw[order], return_index=True)
    mass = np.add.reduceat(weight[order], first)
    hits = np.add.reduceat((weight * label)[order], first)
    blocks = _pooled(score, mass, hits)
    raws, mass, hits = blocks.T
    least = 0.5 / (mass + 1)
    rates = np.maximum.accumulate(np.clip(hits / mass, least, 1 - least))
    return Calibration("isotonic", raws=tuple(raws.tolist()), rates=tuple(rates.tolist()))


def shifted(
    calibration: Calibration, raw: Float, label: NDArray[np.integer], weight: Float, prior: float = 0.3
) -> Calibration:
    """The curve moved to the level of newer rows, as far as they have proof for it.

    ``prior`` is how far, in log-odds, levels usually move: the less, the more a shift is shrunk to none.
    """
    plain = replace(calibration, shift=0.0)
    return replace(calibration, shift=intercept_shift(plain, raw, label, weight, prior))


def intercept_shift(
    calibration: Calibration, raw: Float, label: NDArray[np.integer], weight: Float, prior: float
) -> float:
    """The most likely shift under a normal prior of deviation ``prior`` around 0; a prior of 0 means none."""
    base = calibration.log_odds(raw)
    strength = 1 / prior**2 if prior else 1e-9
    shift = 0.0
    for _ in range(50):
        p = sigmoid(base + shift)
        gradient = float(weight @ (p - label)) + strength * shift
        step = gradient / (float(weight @ (p * (1 - p))) + strength)
        step = max(min(step, 2.0), -2.0)
        shift -= step
        if abs(step) < 1e-12:
            break
    return shift


def _pooled(score: Float, mass: Float, hits: Float) -> Float:
    """Blocks of rising rate: float64[n_blocks, 3] of mean score, mass and hits."""
    blocks: list[list[float]] = []
    for x, m, h in zip(score.tolist(), mass.tolist(), hits.tolist(), strict=True):
        block = [x * m, m, h]
        while blocks and blocks[-1][2] * block[1] >= block[2] * blocks[-1][1]:
            last = blocks.pop()
            block = [last[0] + block[0], last[1] + block[1], last[2] + block[2]]
        blocks.append(block)
    pooled = np.array(blocks)
    pooled[:, 0] /= pooled[:, 1]
    return pooled

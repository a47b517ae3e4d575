"""Chooses the calibration curve: a sigmoid, or an isotonic curve where it proved itself on other people."""

import numpy as np
from numpy.typing import NDArray

from models import calibration
from models.calibration import Calibration
from training.compare import difference
from training.rows import Rows, months

Float = NDArray[np.float64]

ENOUGH = 1_000
"""People with the outcome from which the shape of the curve may be learned too."""

SURE = 0.9


def curve(raw: Float, rows: Rows) -> Calibration:
    """The curve from out-of-fold log-odds ``raw`` [n] of ``rows`` to probabilities.

    A sigmoid below ENOUGH people with the outcome. Above, an isotonic curve fitted on one half of the people
    must predict the other half better than a sigmoid does: seen again and again, people look like more
    proof than they are, and every bend the curve takes after them costs later.
    """
    sigmoid = calibration.fit_sigmoid(raw, rows.y, rows.weight)
    if len(np.unique(rows.party[rows.y == 1])) < ENOUGH:
        return sigmoid
    half = np.random.default_rng(0).integers(0, 2, int(rows.party.max()) + 1)[rows.party] == 1
    bent, straight = np.zeros(len(rows)), np.zeros(len(rows))
    for learn in (half, ~half):
        part = (raw[learn], rows.y[learn], rows.weight[learn])
        bent[~learn] = calibration.fit_isotonic(*part).predict(raw[~learn])
        straight[~learn] = calibration.fit_sigmoid(*part).predict(raw[~learn])
    month = months(rows.cutoff)
    found = difference(rows.y, bent, straight, rows.weight, rows.party, month, replicates=200)
    return calibration.fit_isotonic(raw, rows.y, rows.weight) if found.sure >= SURE else sigmoid

"""Arrays with a known truth: what a method can learn, and what it cannot."""

import numpy as np

from crm.clock import DAY
from training.rows import Rows


def rows(n=3000, parties=900, seed=0, signal=1.0, curve=0.0, days=700):
    """Two numbers, one category and noise; log-odds are ``signal`` times a line plus ``curve`` times a bump."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)).astype(np.float32)
    x[:, 2] = rng.integers(0, 4, n)
    log_odds = -1 + signal * (x[:, 0] - 0.5 * x[:, 1] + 0.5 * (x[:, 2] == 1)) + curve * np.cos(3 * x[:, 3])
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    x[rng.random(n) < 0.1, 1] = np.nan
    party = rng.integers(0, parties, n).astype(np.int32)
    start = rng.integers(0, days, n) * DAY
    names = ("first", "second", "word", "third", "noise")
    return Rows(x, names, (2,), y, np.ones(n), party, start, start)

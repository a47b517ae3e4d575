"""Figures carry intervals that hold the truth about as often as they say."""

import numpy as np

from crm.clock import DAY, HOUR
from training.evaluate import FIGURES, by_age, evaluate


def some(n, seed):
    rng = np.random.default_rng(seed)
    p = rng.beta(1, 3, n)
    y = (rng.random(n) < p).astype(np.int8)
    return y, p, np.ones(n), np.arange(n), rng.integers(0, 12, n)


def test_every_figure_lies_in_its_interval():
    quality = evaluate(*some(1500, 0), replicates=100)
    assert tuple(quality.figures) == FIGURES
    for estimate in quality.figures.values():
        assert estimate.low <= estimate.value <= estimate.high


def test_intervals_hold_the_true_log_loss():
    true = evaluate(*some(200_000, 1), replicates=1).figures["log_loss"].value
    held = 0
    for seed in range(30):
        e = evaluate(*some(400, seed + 10), replicates=80).figures["log_loss"]
        held += e.low <= true <= e.high
    assert held >= 25


def test_one_class_gives_what_can_be_said_and_nothing_invented():
    y, p, weight, party, month = some(200, 2)
    quality = evaluate(np.zeros_like(y), p, weight, party, month, replicates=20)
    assert np.isnan(quality.figures["auc"].value)
    assert "auc" not in quality.flat()
    assert quality.flat()["brier"] > 0


def test_by_age_tells_the_stretches_apart():
    y, p, weight, party, month = some(600, 3)
    age = np.where(np.arange(600) < 300, HOUR // 2, 5 * DAY)
    found = by_age(y, p, weight, party, month, age, replicates=20)
    assert list(found) == ["under 1 hour", "3 to 14 days"]
    assert found["under 1 hour"].rows == 300

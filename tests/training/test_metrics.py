"""Figures of merit equal scikit-learn's on weighted rows with ties."""

import numpy as np
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score

from training import metrics


def some_rows(n=400, seed=0):
    rng = np.random.default_rng(seed)
    p = np.round(rng.beta(2, 4, n), 2)
    return (rng.random(n) < p).astype(np.int8), p, rng.integers(1, 5, n).astype(float)


def test_rankings_equal_scikit_learns():
    y, p, weight = some_rows()
    ranking = metrics.Ranking(y, p)
    assert np.isclose(ranking.auc(weight), roc_auc_score(y, p, sample_weight=weight))
    expected = average_precision_score(y, p, sample_weight=weight)
    assert np.isclose(ranking.average_precision(weight), expected)


def test_losses_equal_scikit_learns():
    y, p, weight = some_rows()
    p = np.clip(p, 0.01, 0.99)
    assert np.isclose(metrics.log_loss(y, p, weight), log_loss(y, p, sample_weight=weight))
    assert np.isclose(metrics.brier(y, p, weight), brier_score_loss(y, p, sample_weight=weight))


def test_a_sure_and_wrong_probability_costs_much_but_not_everything():
    assert np.isfinite(metrics.losses(np.array([1, 0]), np.array([0.0, 1.0]))).all()


def test_one_class_has_no_ranking():
    ranking = metrics.Ranking(np.zeros(5, dtype=np.int8), np.linspace(0, 1, 5))
    assert np.isnan(ranking.auc(np.ones(5)))
    assert np.isnan(ranking.average_precision(np.ones(5)))

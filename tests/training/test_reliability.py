"""True probabilities are not called wrong because the sample is small, nor wrong ones true."""

import numpy as np

from training.reliability import by_chance, reliability


def drawn(seed, n=2000, again=1, off=0.0):
    """``n`` parties seen ``again`` times with one outcome each; probabilities off by ``off`` in log-odds."""
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1, 1, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    p = 1 / (1 + np.exp(-(log_odds + off)))
    return np.repeat(y, again), np.repeat(p, again), np.ones(n * again), np.repeat(np.arange(n), again)


def chance(y, p, weight, party):
    return by_chance(reliability(y, p, weight, party), p, weight, party, draws=199)


def plain_error(bins):
    return float(np.sqrt(bins.squared(0.0)))


def test_true_probabilities_have_no_error_on_average_where_the_plain_estimate_has_one():
    found = [reliability(*drawn(seed)) for seed in range(60)]
    assert abs(np.mean([bins.squared(1.0) for bins in found])) < 0.1 * np.mean(
        [b.squared(0.0) for b in found]
    )
    assert np.mean([plain_error(bins) for bins in found]) > 0.015


def test_seeing_the_same_parties_again_adds_no_proof():
    once = [chance(*drawn(seed)) for seed in range(40)]
    often = [chance(*drawn(seed, again=5)) for seed in range(40)]
    assert np.allclose(once, often, atol=0.02)


def test_p_values_of_true_probabilities_are_uniform_and_of_wrong_ones_small():
    true = np.array([chance(*drawn(seed)) for seed in range(100)])
    assert 0.35 < true.mean() < 0.65
    assert (true < 0.05).mean() < 0.12
    wrong = [chance(*drawn(seed, off=0.4)) for seed in range(20)]
    assert max(wrong) < 0.01


def test_a_bin_without_an_outcome_is_no_proof_of_falsehood():
    p = np.repeat([0.04, 0.5], 25)
    y = np.r_[np.zeros(25), np.tile([0, 1], 13)[:25]].astype(np.int8)
    assert chance(y, p, np.ones(50), np.arange(50)) > 0.3


def test_the_error_of_wrong_probabilities_is_recovered():
    y, p, weight, party = drawn(1, n=40_000, off=0.5)
    gap = p - 1 / (1 + np.exp(-(np.log(p / (1 - p)) - 0.5)))
    assert abs(reliability(y, p, weight, party).error - np.sqrt(np.mean(gap**2))) < 0.01


def test_equal_predictions_share_a_bin():
    y = np.array([0, 1, 0, 1, 1], dtype=np.int8)
    bins = reliability(y, np.full(5, 0.6), np.ones(5), np.arange(5))
    assert bins.observed.tolist() == [0.6]
    assert bins.error == 0

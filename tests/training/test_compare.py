"""A difference is believed only where the same rows, drawn again, would show it again."""

import numpy as np

from training.compare import against, difference


def world(seed, n=3000):
    rng = np.random.default_rng(seed)
    log_odds = rng.normal(-1, 1, n)
    y = (rng.random(n) < 1 / (1 + np.exp(-log_odds))).astype(np.int8)
    return y, log_odds, np.ones(n), np.arange(n), rng.integers(0, 8, n), rng


def p(log_odds):
    return 1 / (1 + np.exp(-log_odds))


def test_the_truth_beats_a_blurred_copy_beyond_noise():
    y, z, weight, party, month, rng = world(0)
    found = difference(y, p(z), p(z + rng.normal(0, 0.7, len(z))), weight, party, month, replicates=200)
    assert found.better
    assert not found.worse
    assert found.sure > 0.99


def test_two_equally_blurred_copies_are_not_told_apart():
    y, z, weight, party, month, rng = world(1)
    first, second = (p(z + rng.normal(0, 0.5, len(z))) for _ in range(2))
    found = difference(y, first, second, weight, party, month, replicates=200)
    assert found.low < 0 < found.high


def test_a_model_beside_itself_is_even():
    y, z, weight, party, month, _ = world(2)
    found = difference(y, p(z), p(z), weight, party, month, replicates=50)
    assert (found.value, found.sure) == (0.0, 0.5)


def test_few_parties_seen_often_prove_less_than_many():
    y, z, weight, party, month, rng = world(3, n=200)
    other = p(z + rng.normal(0, 0.4, len(z)))
    many = difference(y, p(z), other, weight, party, month, replicates=300)
    copies = [np.tile(a, 10) for a in (y, p(z), other, weight)]
    again = difference(*copies, np.tile(party, 10), np.tile(month, 10), replicates=300)
    assert np.isclose(many.value, again.value)
    assert np.isclose(many.high - many.low, again.high - again.low, rtol=0.3)


def test_against_names_each_baseline():
    y, z, weight, party, month, _ = world(4, n=300)
    flat = np.full(len(y), y.mean())
    assert list(against(y, p(z), {"rule": flat}, weight, party, month, replicates=20)) == ["rule"]

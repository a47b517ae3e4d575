"""The baseline counts as the CRM's own does."""

from types import SimpleNamespace

import numpy as np

from training import bayes

COLUMNS = SimpleNamespace(names=["source", "calls"], categorical=[0])


def test_probabilities_follow_the_published_formula():
    x = np.array([[0, np.nan], [0, np.nan], [1, np.nan], [1, np.nan]], dtype=np.float32)
    y = np.array([1, 1, 1, 0], dtype=np.int8)
    fitted = bayes.fit(x, y, np.ones(4), COLUMNS, ["source"])
    hit = 3.1 / 4.2 * 2.1 / 3.2
    miss = 1.1 / 4.2 * 0.1 / 1.2
    assert np.isclose(fitted.predict(x)[0], np.round(hit / (hit + miss), 4))


def test_unknown_values_are_skipped_and_nothing_is_certain():
    x = np.array([[0, 1], [1, 0]] * 500, dtype=np.float32)
    y = np.array([1, 0] * 500, dtype=np.int8)
    fitted = bayes.fit(x, y, np.ones(1000), COLUMNS, ["source", "calls"])
    assert np.allclose(fitted.predict(x)[:2], [0.9999, 0.0001])
    assert np.isclose(fitted.predict(np.full((1, 2), np.nan, dtype=np.float32))[0], 0.5)


def test_it_looks_at_lists_of_values_and_at_what_the_rule_sees():
    assert bayes.variables(COLUMNS, ["calls", "gone"]) == ["source", "calls"]

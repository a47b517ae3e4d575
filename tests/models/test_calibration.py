"""Curves rise, mean what they say, and move only as far as there is proof."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import calibration
from models.calibration import Calibration

Float = NDArray[np.float64]


def draw(
    n: int, slope: float = 1.0, intercept: float = 0.0, seed: int = 0
) -> tuple[Float, NDArray[np.int8], Float]:
    rng = np.random.default_rng(seed)
    raw = rng.normal(-1, 1.5, n)
    label = (rng.random(n) < 1 / (1 + np.exp(-(slope * raw + intercept)))).astype(np.int8)
    return raw, label, np.ones(n)


def test_a_sigmoid_finds_slope_and_intercept() -> None:
    found = calibration.fit_sigmoid(*draw(1_600, slope=0.5, intercept=0.7))
    assert found.slope == pytest.approx(0.5, abs=0.1)
    assert found.intercept == pytest.approx(0.7, abs=0.15)


def test_an_isotonic_curve_comes_true_along_its_length() -> None:
    raw, label, weight = draw(20_000, slope=0.4)
    found = calibration.fit_isotonic(raw, label, weight)
    p = found.predict(raw)
    for low, high in ((0.0, 0.3), (0.3, 0.5), (0.5, 1.0)):
        inside = (p >= low) & (p < high)
        assert p[inside].mean() == pytest.approx(label[inside].mean(), abs=0.01)
    assert 0 < p.min() < p.max() < 1


@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=2, max_size=60))
def test_both_kinds_rise_and_come_back_from_json(rows: list[tuple[int, bool]]) -> None:
    raw = np.array([row[0] for row in rows], dtype=np.float64)
    label, weight = np.array([row[1] for row in rows], dtype=np.int8), np.ones(len(rows))
    asked = np.linspace(-8, 8, 200)
    for fit in (calibration.fit_sigmoid, calibration.fit_isotonic):
        found = fit(raw, label, weight)
        p = found.predict(asked)
        assert np.all(np.diff(p) >= -1e-15)
        assert np.all((p > 0) & (p < 1))
        again = Calibration.from_json(found.to_json())
        np.testing.assert_array_equal(again.predict(asked), p)


def test_a_score_that_ranks_backwards_is_flattened_not_turned() -> None:
    raw, label, weight = draw(3_000, slope=-1.0)
    found = calibration.fit_sigmoid(raw, label, weight)
    assert found.slope == calibration.FLATTEST
    assert found.predict(raw).mean() == pytest.approx(label.mean(), abs=0.02)


def test_a_shift_follows_much_proof_and_little_of_it() -> None:
    plain = Calibration("sigmoid")
    few, many = (calibration.shifted(plain, *draw(n, intercept=1.0), prior=0.3).shift for n in (20, 20_000))
    assert many == pytest.approx(1.0, abs=0.05)
    assert abs(few) < 0.7 * many
    moved = calibration.shifted(plain, *draw(20_000, intercept=1.0))
    assert calibration.shifted(moved, *draw(20_000, intercept=1.0)).shift == pytest.approx(moved.shift)


@pytest.mark.parametrize("data", [
    {"kind": "sigmoid", "slope": -1, "intercept": 0, "shift": 0},
    {"kind": "isotonic", "raws": [0, 1], "rates": [0.5, 0.2], "shift": 0},
    {"kind": "isotonic", "raws": [1, 0], "rates": [0.2, 0.5], "shift": 0},
    {"kind": "isotonic", "raws": [], "rates": [], "shift": 0},
    {"kind": "other"},
])  # fmt: skip
def test_a_curve_that_does_not_rise_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"calibration"):
        Calibration.from_json(data)

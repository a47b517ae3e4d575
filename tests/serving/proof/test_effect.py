"""The effect's interval covers, also where few buy much; nothing is claimed before it can be told."""

from itertools import count

import numpy as np
import pytest
from scipy.optimize import brentq

from serving.proof.effect import difference


def test_for_counts_it_is_miettinen_and_nurminens_interval_without_their_correction():
    scored, ruled = np.repeat([1.0, 0.0], [240, 960]), np.repeat([1.0, 0.0], [30, 170])
    found = difference(scored, ruled)
    n1, n0 = 1200, 200

    def distance(e: float, z: float) -> float:
        mean = 270 / 1400
        p1, p0 = mean + e * n0 / 1400, mean - e * n1 / 1400
        variance = p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0
        return (0.05 - e) / np.sqrt(variance) - z

    assert found.estimate == pytest.approx(5.0)
    assert found.low == pytest.approx(100 * brentq(distance, -0.1, 0.05, args=(1.959964,)), abs=1e-4)
    assert found.high >= 100 * brentq(distance, 0.05, 0.15, args=(-1.959964,))


@pytest.mark.parametrize("lift", [0.0, 0.03])
def test_it_covers_skewed_money_in_small_groups(lift: float):
    rng, truth, covered, wrong = np.random.default_rng(2), 0.0, 0, 0
    truth = 100 * lift * np.exp(0.5)
    for _ in range(600):
        groups = [
            np.where(rng.random(size) < chance, np.exp(rng.normal(0, 1, size)), 0.0)
            for size, chance in ((1_000, 0.07 + lift), (110, 0.07))
        ]
        found = difference(*groups)
        covered += found.low <= truth <= found.high
        wrong += found.told == "less" or (not lift and found.told == "more")
    assert covered >= 0.935 * 600
    assert wrong <= 0.015 * 600


def test_a_clear_difference_is_told_and_a_small_group_waits():
    rng = np.random.default_rng(0)
    draw = lambda size, chance: (rng.random(size) < chance).astype(float)  # noqa: E731
    assert difference(draw(5_000, 0.3), draw(500, 0.15)).told == "more"
    assert difference(draw(5_000, 0.15), draw(500, 0.3)).told == "less"
    assert difference(draw(5_000, 0.3), draw(500, 0.3)).told == "early"
    assert difference(np.ones(1_000), np.zeros(100)).told == "early", "no outcome in the small group yet"


def test_weeks_left_shrink_with_the_square_of_the_distance():
    unsure = difference(np.repeat([1.0, 0.0], [220, 780]), np.repeat([1.0, 0.0], [19, 91]))
    left = unsure.weeks_left(13)
    assert unsure.told == "early"
    assert left is not None
    times = (13 + left) / 13
    assert 1 < times < 9
    often = int(np.ceil(times))
    later = difference(
        np.repeat([1.0, 0.0], [220 * often, 780 * often]), np.repeat([1.0, 0.0], [19 * often, 91 * often])
    )
    assert later.told == "more"
    assert later.weeks_left(13 * often) == 0
    same = difference(np.repeat([1.0, 0.0], [200, 800]), np.repeat([1.0, 0.0], [20, 80]))
    assert same.weeks_left(13) is None, "no difference seen: no end in sight"


def test_before_anything_came_in_there_is_nothing_to_tell():
    for scored, ruled in (
        (np.zeros(0), np.zeros(0)),
        (np.zeros(900), np.zeros(100)),
        (np.ones(9), np.zeros(0)),
    ):
        found = difference(scored, ruled)
        assert (found.estimate, found.told, found.weeks_left(3)) == (None, "early", None)


def _waited(seed: int, look: int = 6) -> tuple[int | None, int]:
    """The weeks a company of 300 parties a week is told to wait at its sixth week, and those it had to."""
    rng = np.random.default_rng(seed)
    groups, said = {0.12: np.zeros(0), 0.08: np.zeros(0)}, None
    for week in count(1):
        few = rng.binomial(300, 0.1)
        for chance, size in ((0.12, 300 - few), (0.08, few)):
            groups[chance] = np.append(groups[chance], rng.random(size) < chance)
        found = difference(*groups.values())
        if week == look:
            said = found.weeks_left(week)
        if week >= look and found.told != "early":
            return said, week - look
    raise AssertionError


def test_the_weeks_said_to_be_left_are_about_those_it_takes() -> None:
    pairs = [_waited(seed) for seed in range(40)]
    waits = [took / said for said, took in pairs if said]
    assert len(waits) >= 25, "most are given a number"
    assert 0.5 < np.median(waits) < 2
    assert np.quantile(waits, 0.1) > 0.15
    assert np.quantile(waits, 0.9) < 5
    assert all(took == 0 for said, took in pairs if said == 0)

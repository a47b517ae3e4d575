"""A planted change of pace is found in unfinished weeks, from nothing known later."""

import numpy as np
import pytest

from benchmarks.unfinished import Watched, at_pace, pace, watch
from crm.clock import DAY, FOREVER
from tests.models.histories import Event, day, history

HORIZON = 90 * DAY


def customers(faster, followed, seed, n=20_000):
    """Customers whose chance of staying away for the horizon is their score's, had the pace been 1."""
    rng = np.random.default_rng(seed)
    raw = rng.normal(0, 1, n)
    rate = np.log1p(np.exp(-raw)) / HORIZON
    ordered = (rng.exponential(1, n) / (rate * faster)).astype(np.int64)
    return Watched(raw, np.where(ordered < followed, ordered, FOREVER), np.full(n, followed))


@pytest.mark.parametrize("planted", [0.7, 1.0, 1.4])
def test_a_planted_pace_is_found_in_what_was_seen_so_far(planted):
    found = pace(customers(1.0, HORIZON, 0), customers(planted, 30 * DAY, 1))
    assert abs(found - planted) < 0.08


def test_a_pace_of_one_changes_nothing_and_a_faster_one_lets_fewer_leave():
    p = np.array([0.1, 0.5, 0.9])
    assert np.allclose(at_pace(p, 1.0), p)
    assert np.all(at_pace(p, 1.3) < p)


def test_orders_known_after_the_as_of_are_not_seen():
    early, late = [Event("order", 5)], [Event("order", 12, known=40), Event("order", 25)]
    subject, cutoff, raw = np.zeros(1, dtype=np.int32), np.array([day(10)]), np.zeros(1)

    def seen(events, as_of):
        return watch(
            history({"customer": events}), subject, cutoff, raw, HORIZON, day(as_of)
        ).ordered.tolist()

    assert seen(early, 20) == seen(early + late, 20) == [FOREVER]
    assert seen(early + late, 30) == [15 * DAY]
    assert seen(early + late, 50) == [2 * DAY]

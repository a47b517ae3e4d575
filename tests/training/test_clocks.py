"""A feature that only says when is left out of short histories and kept in long ones."""

from dataclasses import replace

import numpy as np

from crm.clock import DAY
from features.spec import FeatureSpec
from tests.training.worlds import rows
from training.clocks import clocks

SPEC = FeatureSpec((), "UTC")


def with_month(world):
    x = world.x.copy()
    x[:, 4] = world.cutoff // (30 * DAY)
    return replace(world, x=x)


def test_a_clock_is_found_in_a_short_history():
    assert clocks(with_month(rows(days=200)), SPEC) == ["noise"]


def test_seasons_may_be_learned_from_two_of_them():
    assert clocks(with_month(rows(days=700)), SPEC) == []


def test_what_differs_between_people_is_no_clock():
    world = rows(days=200)
    world.x[:, 3] = np.where(world.party % 2, 5.0, world.cutoff / DAY / 100)
    assert clocks(world, SPEC) == []


def test_what_grows_as_the_history_does_is_left_out():
    world = rows(days=200)
    world.x[:, 3] += 2 * world.cutoff / world.cutoff.max()
    assert clocks(world, SPEC) == ["third"]

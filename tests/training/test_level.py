"""The level moves only where the past shows that moving it would have paid."""

from dataclasses import replace

import numpy as np

from crm.clock import DAY
from models.calibration import Calibration
from tests.training.worlds import rows
from training.level import pays, settle

PLAIN = Calibration("sigmoid")


def world(wave, days=360, seed=0):
    """Rows whose log-odds differ from the model's by ``wave(day)``; returns them with the model's log-odds."""
    rng = np.random.default_rng(seed)
    made = rows(12_000, 6000, seed, days=days)
    raw = rng.normal(-1, 1, len(made))
    truth = raw + wave(made.start / DAY)
    return replace(made, y=(rng.random(len(made)) < 1 / (1 + np.exp(-truth))).astype(np.int8)), raw


def test_a_lasting_change_is_followed():
    made, raw = world(lambda day: np.where(day > 150, 0.8, 0.0))
    assert pays(PLAIN, raw, made, 30 * DAY)
    level = settle(PLAIN, raw, made, 30 * DAY, 400 * DAY)
    assert level.source == "newest month"
    assert abs(level.calibration.shift - 0.8) < 0.25


def test_a_wave_that_turns_within_the_horizon_is_not_followed():
    made, raw = world(lambda day: 0.6 * np.sin(2 * np.pi * day / 180))
    assert not pays(PLAIN, raw, made, 90 * DAY)
    assert settle(PLAIN, raw, made, 90 * DAY, 380 * DAY).source == "none"


def test_last_years_season_is_used_where_a_year_was_seen():
    made, raw = world(lambda day: 0.7 * np.cos(2 * np.pi * day / 365), days=700)
    level = settle(PLAIN, raw, made, 90 * DAY, 730 * DAY)
    assert level.source == "last year"
    assert level.calibration.shift > 0.4

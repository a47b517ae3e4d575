"""The best method out of fold is put forward, with a calibration from rows it did not learn from."""

import numpy as np

from crm.clock import DAY
from models.target import find
from tests.training.worlds import rows
from training.contest import compete, fitted
from training.examine import examine
from training.methods.boosting import BoostingMethod
from training.methods.ladder import TREES
from training.methods.simple import LogisticMethod, RuleMethod
from training.metrics import log_loss

NO_BODY = lambda what, done, of: None  # noqa: E731
TREES_ALONE = BoostingMethod("trees", trunk=False, most=100, parameters=TREES)


def test_a_bent_world_is_won_by_trees_and_a_straight_one_by_logistic_regression():
    bent = compete(
        [LogisticMethod(), TREES_ALONE], rows(6000, 3000, curve=2.0), "lead", 30 * DAY, 800 * DAY, 0, NO_BODY
    )
    assert [c.method.name for c in bent] == ["trees", "logistic"]
    straight = compete(
        [LogisticMethod(), TREES_ALONE], rows(1500, 900), "lead", 30 * DAY, 800 * DAY, 0, NO_BODY
    )
    assert straight[0].method.name == "logistic"


def test_fitted_probabilities_mean_what_they_say_on_new_rows():
    world, later = rows(6000, 3000), rows(6000, 3000, seed=5)
    best = compete([LogisticMethod()], world, "lead", 30 * DAY, 800 * DAY, 0, NO_BODY)[0]
    p = fitted(best, world, 0).predict(later.x)
    assert abs(p.mean() - later.y.mean()) < 0.02
    base = np.full(len(later), later.y.mean())
    assert log_loss(later.y, p, later.weight) < log_loss(later.y, base, later.weight) - 0.05


def test_nothing_to_learn_leaves_the_rule_scoring_and_says_why():
    methods = [RuleMethod(("first", "second")), LogisticMethod(), TREES_ALONE]
    world, later = rows(2000, 900, signal=0.0), rows(1500, 900, seed=3, signal=0.0)
    contenders = compete(methods, world, "customer", 30 * DAY, 800 * DAY, 0, NO_BODY)
    found = examine(find("churn"), contenders, world, later, np.zeros(1500, dtype=np.int64), "UTC", 0)
    assert found.accepted == "rule"
    refused = [v for v in found.verdicts if not v.accepted]
    assert all("draws" in v.why or "beyond noise" in v.why for v in refused)


def test_too_small_a_test_stretch_accepts_nothing():
    world = rows(600, 300)
    contenders = compete([LogisticMethod()], world, "lead", 30 * DAY, 800 * DAY, 0, NO_BODY)
    found = examine(find("churn"), contenders, world, world.take(np.arange(30)), np.zeros(30), "UTC", 0)
    assert found.accepted == "rule"
    assert "too few" in found.verdicts[0].why

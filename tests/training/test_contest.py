"""The best method out of fold is put forward, with a calibration from rows it did not learn from."""

import numpy as np

from crm.clock import DAY
from models.target import find
from tests.training.worlds import rows
from training.contest import compete, fitted, folds_of
from training.examine import later, out_of_fold
from training.methods.blend import BlendMethod
from training.methods.boosting import BoostingMethod
from training.methods.ladder import TREES
from training.methods.simple import LogisticMethod, RuleMethod
from training.metrics import log_loss


def quiet(what, done, of):
    """Nobody watches."""


def contest(methods, world, subject="lead"):
    """Contenders and the folds they were tried in."""
    folds = folds_of(world, subject)
    return compete(methods, world, folds, 30 * DAY, 800 * DAY, 0, quiet), folds


TREES_ALONE = BoostingMethod("trees", trunk=False, most=100, parameters=TREES)


def test_a_bent_world_is_won_by_trees_and_a_straight_one_by_logistic_regression():
    bent, _ = contest([LogisticMethod(), TREES_ALONE], rows(6000, 3000, curve=2.0))
    assert [c.method.name for c in bent] == ["trees", "logistic"]
    straight, _ = contest([LogisticMethod(), TREES_ALONE], rows(1500, 900))
    assert straight[0].method.name == "logistic"


def test_a_blend_takes_up_what_was_tried_before():
    world = rows(1500, 900)
    contenders, folds = contest([LogisticMethod(), TREES_ALONE, BlendMethod(TREES_ALONE)], world)
    blend = next(c for c in contenders if c.method.name == "blend")
    alone = BlendMethod(TREES_ALONE).try_out(world, folds, 0)
    assert np.array_equal(blend.tried.raw, alone.raw)


def test_fitted_probabilities_mean_what_they_say_on_new_rows():
    world, later_rows = rows(6000, 3000), rows(6000, 3000, seed=5)
    best = contest([LogisticMethod()], world)[0][0]
    p = fitted(best, world, 0).predict(later_rows.x)
    assert abs(p.mean() - later_rows.y.mean()) < 0.02
    base = np.full(len(later_rows), later_rows.y.mean())
    weight = later_rows.weight
    assert log_loss(later_rows.y, p, weight) < log_loss(later_rows.y, base, weight) - 0.05


def test_nothing_to_learn_leaves_the_rule_scoring_and_says_why():
    world, later_rows = rows(2000, 900, signal=0.0), rows(1500, 900, seed=3, signal=0.0)
    contenders, _ = contest(
        [RuleMethod(("first", "second")), LogisticMethod(), TREES_ALONE], world, "customer"
    )
    found = later(find("churn"), contenders, world, later_rows, "UTC", 0)
    assert found.accepted == "rule"
    refused = [v for v in found.verdicts if not v.accepted]
    assert all("draws" in v.why or "beyond noise" in v.why for v in refused)


def test_a_history_too_short_to_split_is_judged_out_of_fold():
    world = rows(4000, 2000, curve=2.0)
    methods = [RuleMethod(("noise",)), LogisticMethod(), TREES_ALONE]
    contenders, folds = contest(methods, world)
    found = out_of_fold(find("lead_conversion"), contenders, world, folds, "UTC")
    assert (found.where, found.accepted) == ("held-out folds", "trees")
    assert set(found.quality) == {"trees", "rule", "logistic", "bayes"}


def test_too_few_test_rows_accept_nothing():
    world = rows(600, 300)
    contenders, _ = contest([LogisticMethod()], world)
    found = later(find("churn"), contenders, world, world.take(np.arange(30)), "UTC", 0)
    assert found.accepted == "rule"
    assert "too few" in found.verdicts[0].why

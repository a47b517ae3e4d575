"""Every method learns what there is, repeats itself exactly, and is tried on rows it did not learn from."""

import numpy as np
import pytest

from models.target import find
from tests.training.worlds import rows
from training.folds import by_start
from training.methods.blend import BlendMethod
from training.methods.boosting import BoostingMethod
from training.methods.ladder import TREES, ladder
from training.methods.simple import LogisticMethod, RatesMethod, RuleMethod
from training.metrics import Ranking

METHODS = [
    RuleMethod(("first", "word")),
    RatesMethod(("first", "word")),
    LogisticMethod(),
    BoostingMethod("trees", trunk=False, most=40, parameters=TREES),
    BoostingMethod("trees_on_trunk", trunk=True, most=40, parameters=TREES),
    BlendMethod(BoostingMethod("trees", trunk=False, most=40, parameters=TREES)),
]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.name)
def test_contract(method):
    world = rows()
    tried = method.try_out(world, by_start(world.start, world.party), seed=1)
    seen = ~np.isnan(tried.raw)
    assert seen.all()
    assert Ranking(world.y, tried.raw).auc(world.weight) > 0.65
    first, again = (method.fit(world, tried.rounds, seed=1) for _ in range(2))
    assert first.files() == again.files()
    later = rows(seed=9)
    contributions = first.contributions(later.x)
    assert np.allclose(contributions.sum(axis=1), first.raw(later.x), atol=1e-6)


def test_noise_is_not_learned_out_of_fold():
    world = rows(signal=0.0)
    for method in METHODS:
        tried = method.try_out(world, by_start(world.start, world.party), seed=0)
        assert abs(Ranking(world.y, tried.raw).auc(world.weight) - 0.5) < 0.06


def test_trees_stop_early_where_there_is_little_and_late_where_there_is_much():
    method = BoostingMethod("trees", trunk=False, most=120, parameters=TREES)
    rounds = []
    for world in (rows(signal=0.0), rows(n=6000, signal=1.0, curve=1.5)):
        rounds.append(method.try_out(world, by_start(world.start, world.party), seed=0).rounds)
    assert rounds[0] <= 30 < rounds[1]


def test_the_more_outcomes_the_more_methods():
    target = find("churn")
    names = [[m.name for m in ladder(target, n, 10_000)] for n in (10, 60, 500)]
    assert names[0] == ["rule"]
    assert names[1] == ["rule", "rates", "logistic"]
    assert names[2] == ["rule", "rates", "logistic", "trees", "blend", "trees_on_trunk"]

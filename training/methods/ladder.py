"""Which methods are tried: the more outcomes a history holds, the more a method may learn."""

from models.target import Target
from training.methods import Method
from training.methods.blend import BlendMethod
from training.methods.boosting import BoostingMethod
from training.methods.simple import LogisticMethod, RatesMethod, RuleMethod

ENOUGH_FOR_TREES = 150
"""People with the rarer outcome from which trees are tried."""

TREES = {"learning_rate": 0.06, "num_leaves": 7, "max_depth": 4, "feature_fraction": 0.4}


def ladder(target: Target, positives: int, negatives: int) -> list[Method]:
    """Methods to try, the simplest first; counts are of people with and without the outcome."""
    methods: list[Method] = [RuleMethod(target.rule)]
    if positives < target.gate.positives or negatives < target.gate.negatives:
        return methods
    methods += [RatesMethod(target.rates), LogisticMethod()]
    if min(positives, negatives) >= ENOUGH_FOR_TREES:
        trees = BoostingMethod("trees", trunk=False, parameters=TREES)
        methods += [
            trees,
            BlendMethod(trees),
            BoostingMethod("trees_on_trunk", trunk=True, most=100, parameters=TREES),
        ]
    return methods

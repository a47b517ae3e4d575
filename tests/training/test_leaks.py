"""What knows the outcome beforehand is found; what is merely good is not."""

import numpy as np

from tests.training.worlds import rows
from training.alone import one_feature_auc
from training.leaks import ALONE, LIST


def test_a_column_that_is_the_outcome_stands_out_and_a_good_one_does_not():
    world = rows()
    assert one_feature_auc(world.y.astype(np.float32), world.y, world.weight) == 1.0
    assert one_feature_auc(world.column("first"), world.y, world.weight) < ALONE


def test_a_column_filled_in_for_winners_only_stands_out_through_its_gaps():
    world = rows()
    filled = np.where(world.y == 1, 3.0, np.nan).astype(np.float32)
    assert one_feature_auc(filled, world.y, world.weight) == 1.0
    assert one_feature_auc(filled * 0, world.y, world.weight, category=True) == 1.0


def test_many_rare_categories_cannot_rank_themselves():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000).astype(np.int8)
    words = rng.integers(0, 700, 2000).astype(np.float32)
    assert abs(one_feature_auc(words, y, np.ones(2000), category=True) - 0.5) < 0.05


def test_the_list_knows_the_usual_names_and_spares_the_innocent():
    import re

    def listed(word):
        return any(re.search(pattern, word) for pattern in LIST)

    for word in ("converted_at", "lost_reason", "last_modified", "lead_score", "score", "probability", "won"):
        assert listed(word), word
    for word in ("channel", "province", "employees", "wonder", "industry", "closet", "campaign"):
        assert not listed(word), word

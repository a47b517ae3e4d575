"""Our walk through trees and our tables equal LightGBM's own, on random boosters and rows."""

from typing import Any

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models import trees, treeshap

EDGES = [np.nan, 0.0, -0.0, 1e-36, -1e-36, 1e-30, -1.0, -7.0, 0.5, 3e9, 1e30]


def boosters() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({
        "num_leaves": st.integers(2, 40), "max_depth": st.integers(1, 6), "seed": st.integers(0, 10_000),
        "zero_as_missing": st.booleans(), "use_missing": st.booleans(), "boost_from_average": st.booleans(),
        "min_data_in_leaf": st.sampled_from([1, 5, 40]), "max_cat_to_onehot": st.sampled_from([1, 4, 50]),
        "bagging_fraction": st.sampled_from([1.0, 0.6]), "bagging_freq": st.just(1),
        "extra_trees": st.booleans(), "cat_smooth": st.just(1.0), "min_data_per_group": st.just(5),
    })  # fmt: skip


def make(parameters: dict[str, Any]) -> tuple[lightgbm.Booster, NDArray[np.float32]]:
    rng = np.random.default_rng(parameters["seed"])
    rows = rng.normal(size=(300, 7)).astype(np.float32)
    rows[:, 1], rows[:, 2] = rng.integers(0, 70, 300), rng.integers(0, 5, 300)
    rows[:, 3] = np.round(rows[:, 3])
    rows[rng.random(rows.shape) < 0.15] = np.nan
    odds = np.nan_to_num(rows[:, 0] + rows[:, 3] * rows[:, 4]) + (np.nan_to_num(rows[:, 1]) % 3) - 1
    label = rng.random(300) < 1 / (1 + np.exp(-odds))
    data = lightgbm.Dataset(rows, label, categorical_feature=[1, 2])
    fixed = {"objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True}
    asked = rng.normal(size=(200, 7)).astype(np.float32)
    asked[:, 1], asked[:, 2] = rng.integers(-2, 90, 200), rng.integers(-1, 8, 200)
    odd = rng.random(asked.shape) < 0.3
    asked[odd] = rng.choice(np.array(EDGES, dtype=np.float32), int(odd.sum()))
    return lightgbm.train(parameters | fixed, data, num_boost_round=8), asked


@given(boosters())
@settings(max_examples=40, deadline=None)
def test_equal_to_lightgbm(parameters: dict[str, Any]) -> None:
    booster, rows = make(parameters)
    forest = trees.parse(booster.model_to_string())
    tables = treeshap.tabulate(forest)
    assert tables is not None
    raw = booster.predict(rows, raw_score=True, num_threads=1)
    np.testing.assert_allclose(trees.predict(forest, rows), raw, rtol=0, atol=1e-12)
    theirs = booster.predict(rows, pred_contrib=True, num_threads=1)
    ours = treeshap.contributions(forest, tables, rows)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-9)
    np.testing.assert_allclose(ours.sum(axis=1), raw, rtol=0, atol=1e-9)


def test_trees_too_deep_for_tables_say_so() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3000, 30))
    data = lightgbm.Dataset(rows, rng.random(3000) < 0.5)
    deep = {"num_leaves": 200, "max_depth": -1, "min_data_in_leaf": 2, "verbosity": -1, "num_threads": 1}
    booster = lightgbm.train(deep | {"objective": "binary"}, data, num_boost_round=2)
    forest = trees.parse(booster.model_to_string())
    assert treeshap.tabulate(forest) is None
    raw = booster.predict(rows, raw_score=True, num_threads=1)
    np.testing.assert_allclose(trees.predict(forest, rows.astype(np.float32)), raw, atol=0.5)


def test_trees_of_one_leaf() -> None:
    data = lightgbm.Dataset(np.zeros((50, 2)), np.arange(50) % 2)
    booster = lightgbm.train(
        {"objective": "binary", "verbosity": -1, "num_threads": 1}, data, num_boost_round=3
    )
    forest = trees.parse(booster.model_to_string())
    tables = treeshap.tabulate(forest)
    assert tables is not None
    rows = np.ones((2, 2), dtype=np.float32)
    raw = booster.predict(rows, raw_score=True, num_threads=1)
    np.testing.assert_allclose(trees.predict(forest, rows), raw)
    np.testing.assert_allclose(treeshap.contributions(forest, tables, rows).sum(axis=1), raw)


@pytest.mark.parametrize(("old", "new"), [
    ("end of trees", "end of"), ("left_child=1", "left_child=77"), ("num_leaves=", "num_leaves=1"),
    ("split_feature=", "split_feature=99 "), ("tree\n", "forest\n"), ("num_tree_per_iteration=1", "x=1"),
    ("is_linear=0", "is_linear=1"), ("tree_sizes=", "tree_sizes=9 "), ("leaf_value=", "leaf_value=a"),
])  # fmt: skip
def test_a_damaged_text_is_a_value_error(old: str, new: str) -> None:
    parameters = {"num_leaves": 8, "seed": 1, "min_data_in_leaf": 5}
    text = make(parameters)[0].model_to_string()
    assert old in text
    with pytest.raises((ValueError, KeyError)):
        trees.parse(text.replace(old, new, 1))

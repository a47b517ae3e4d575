"""A LightGBM model file as arrays, and a compiled walk through its trees."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from models.scorers import Float, Rows

CATEGORICAL, DEFAULT_LEFT = 1, 2
MISSING_ZERO, MISSING_NAN = 4, 8
MISSING = 12
"""Bits of a node's ``decision_type`` (LightGBM's include/LightGBM/tree.h)."""

ZERO = 1e-35
"""What LightGBM takes for zero where zero means missing."""

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees one after the other: tree ``t`` owns nodes ``nodes[t]:nodes[t+1]`` and leaves alike.

    Children are places within the tree: a node where >= 0, else leaf ``-child - 1``. A categorical node's
    ``threshold`` is the place of its set in ``sets``: words of 32 bits ``bits[sets[k]:sets[k+1]]``.
    """

    nodes: Int64
    leaves: Int64
    feature: Int32
    decision: Int32
    threshold: Float
    left: Int32
    right: Int32
    count: Float
    """Training rows that came through each node."""
    value: Float
    """What each leaf adds."""
    leaf_count: Float
    sets: Int64
    bits: NDArray[np.uint32]

    @property
    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """What the compiled walk reads."""
        return (
            self.nodes, self.leaves, self.feature, self.decision, self.threshold, self.left, self.right,
            self.value, self.sets, self.bits,
        )  # fmt: skip


def parse(text: str) -> Forest:
    """Reads the text of ``Booster.model_to_string``; raises ValueError or KeyError where it is damaged.

    Only sums of constant leaves are read: no linear trees, no averaged output.
    """
    head = text.split("\n\n", 1)[0]
    if not head.startswith("tree\n") or "average_output" in head or "num_tree_per_iteration=1" not in head:
        raise ValueError("not a model file of one sum of trees")
    sizes = re.search(r"^tree_sizes=(.*)$", head, re.MULTILINE)
    trees = list(_blocks(text))
    if sizes is None or len(trees) != len(sizes[1].split()) or "\nend of trees" not in text:
        raise ValueError("a model file that is cut short")
    sets, bits = [np.zeros(1, dtype=np.int64)], [np.zeros(0, dtype=np.uint32)]
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in (*_NODE, *_LEAF)}
    n_nodes, n_leaves = [0], [0]
    for tree in trees:
        leaves = int(tree["num_leaves"])
        if tree.get("is_linear", "0") != "0":
            raise ValueError("linear trees are not supported")
        for name, (key, dtype) in _NODE.items():
            parts[name].append(_numbers(tree, key, dtype, leaves - 1))
        for name, (key, dtype) in _LEAF.items():
            parts[name].append(_numbers(tree, key, dtype, leaves))
        if int(tree["num_cat"]):
            _add_sets(tree, parts, sets, bits)
        n_nodes.append(n_nodes[-1] + leaves - 1)
        n_leaves.append(n_leaves[-1] + leaves)
    joined = {name: np.ascontiguousarray(np.concatenate(arrays)) for name, arrays in parts.items()}
    bounds = {"nodes": np.array(n_nodes), "leaves": np.array(n_leaves)}
    forest = Forest(**joined, **bounds, sets=np.concatenate(sets), bits=np.concatenate(bits))
    width = re.search(r"^max_feature_idx=(\d+)$", head, re.MULTILINE)
    if width is None or np.any(forest.feature < 0) or np.any(forest.feature > int(width[1])):
        raise ValueError("a tree that splits on a feature there is not")
    _check_children(forest)
    return forest


_NODE: dict[str, tuple[str, Any]] = {
    "feature": ("split_feature", np.int32), "decision": ("decision_type", np.int32),
    "threshold": ("threshold", np.float64), "left": ("left_child", np.int32),
    "right": ("right_child", np.int32), "count": ("internal_count", np.float64),
}  # fmt: skip
_LEAF: dict[str, tuple[str, Any]] = {
    "value": ("leaf_value", np.float64), "leaf_count": ("leaf_count", np.float64),
}  # fmt: skip


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """``key=value`` lines of each tree."""
    for block in text.split("\nTree=")[1:]:
        lines = block.split("\n\n", 1)[0].split("\n")[1:]
        yield dict(line.split("=", 1) for line in lines if "=" in line)


def _numbers(tree: dict[str, str], key: str, dtype: Any, size: int) -> NDArray[Any]:
    if size == 0 or (key == "leaf_count" and key not in tree):
        return np.zeros(size, dtype=dtype)
    found = np.array(tree[key].split(), dtype=np.float64).astype(dtype)
    if len(found) != size:
        raise ValueError(f"a tree with {len(found)} values of {key}, not {size}")
    return found


def _add_sets(
    tree: dict[str, str], parts: dict[str, list[NDArray[Any]]],
    sets: list[Int64], bits: list[NDArray[np.uint32]],
) -> None:  # fmt: skip
    """Appends a tree's category sets and points its categorical nodes at them."""
    bounds = np.array(tree["cat_boundaries"].split(), dtype=np.int64)
    words = np.array(tree["cat_threshold"].split(), dtype=np.uint32)
    if bounds[0] != 0 or bounds[-1] != len(words) or np.any(np.diff(bounds) < 0):
        raise ValueError("a tree whose category sets are damaged")
    before = sum(len(one) for one in sets) - 1
    categorical = (parts["decision"][-1].astype(np.int32) & CATEGORICAL) > 0
    places = parts["threshold"][-1].astype(np.float64)
    if np.any((places < 0) & categorical) or np.any((places >= len(bounds) - 1) & categorical):
        raise ValueError("a tree that points outside its category sets")
    parts["threshold"][-1] = np.where(categorical, places + before, places)
    sets.append(bounds[1:] + sets[-1][-1])
    bits.append(words)


def _check_children(forest: Forest) -> None:
    """Every node leads further down, so a walk ends, and to leaves there are."""
    sizes = np.diff(forest.nodes)
    tree = np.repeat(np.arange(len(sizes)), sizes)
    place = np.arange(len(tree)) - forest.nodes[tree]
    for child in (forest.left, forest.right):
        inside = np.where(child >= 0, (child > place) & (child < sizes[tree]), -child - 1 <= sizes[tree])
        if not inside.all():
            raise ValueError("a tree that points outside itself")


def predict(forest: Forest, rows: Rows) -> Float:
    """The sum of the trees, float64[n] of float32[n, n_features]."""
    found = np.empty(len(rows))
    _sum(rows, *forest.arrays, found)
    return found


_I4 = types.Array(types.int32, 1, "C", readonly=True)
_I8 = types.Array(types.int64, 1, "C", readonly=True)
_U4 = types.Array(types.uint32, 1, "C", readonly=True)
_F8 = types.Array(types.float64, 1, "C", readonly=True)
_ROWS = types.Array(types.float32, 2, "C", readonly=True)


@njit(types.boolean(types.float64, types.int32, types.float64, _I8, _U4), cache=True, inline="always")
def goes_left(value, decision, threshold, sets, bits):  # type: ignore[no-untyped-def]
    """Which way a value goes at a node, as LightGBM's NumericalDecision and CategoricalDecision."""
    if decision & CATEGORICAL:
        if np.isnan(value) or value <= -1 or value > 2e9:
            return False
        category = np.int64(value)
        first = sets[np.int64(threshold)]
        word = category // 32
        if word >= sets[np.int64(threshold) + 1] - first:
            return False
        return (bits[first + word] >> np.uint32(category % 32)) & np.uint32(1) != 0
    missing = decision & MISSING
    if np.isnan(value) and missing != MISSING_NAN:
        value = 0.0
    if (missing == MISSING_ZERO and -ZERO <= value <= ZERO) or (missing == MISSING_NAN and np.isnan(value)):
        return decision & DEFAULT_LEFT != 0
    return value <= threshold


@njit(
    types.void(_ROWS, _I8, _I8, _I4, _I4, _F8, _I4, _I4, _F8, _I8, _U4, types.float64[::1]),
    cache=True, nogil=True,
)  # fmt: skip
def _sum(rows, nodes, leaves, feature, decision, threshold, left, right, value, sets, bits, out):  # type: ignore[no-untyped-def]
    for i in range(rows.shape[0]):
        total = 0.0
        for tree in range(len(nodes) - 1):
            first = nodes[tree]
            place = np.int64(-1) if nodes[tree + 1] == first else np.int64(0)
            while place >= 0:
                node = first + place
                left_way = goes_left(
                    np.float64(rows[i, feature[node]]), decision[node], threshold[node], sets, bits
                )
                place = np.int64(left[node]) if left_way else np.int64(right[node])
            total += value[leaves[tree] - place - 1]
        out[i] = total

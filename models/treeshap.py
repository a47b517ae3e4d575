"""Exact Shapley values of trees from tables: what each leaf gives each feature, by the splits a row follows.

A leaf is reached where the row goes its way at every node of its path. Seen from one leaf a feature is either
followed at all its nodes or not, so with ``d`` features on the path a row is one of ``2**d`` masks, and the
values of each mask are worked out once (Yang 2021, "Fast TreeSHAP", version 2). They equal LightGBM's
``pred_contrib``: the Shapley values of the path-dependent game of Lundberg et al. 2018, with the share of
training rows at each split.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit, types
from numpy.typing import NDArray

from models.scorers import Float, Rows
from models.trees import _F8, _I4, _I8, _ROWS, _U4, Forest, goes_left

Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]

MOST_NODES = 64
"""Nodes of one tree, at most: which ways a row goes is one word of bits."""

MOST_FEATURES = 10
"""Features on one path, at most: tables double with each."""

LARGEST = 16_000_000
"""Numbers in all tables, at most."""


@dataclass(frozen=True, slots=True)
class Tables:
    """For each leaf the features on its path, and what they get by mask.

    Leaf ``l`` owns ``firsts[l]:firsts[l+1]`` of ``features``, ``nodes`` and ``ways``: a feature is followed
    where the row's bits, at the feature's ``nodes``, are ``ways``. Its values of a mask begin at
    ``starts[l] + mask * d``. ``base`` is the mean output of the training rows.
    """

    firsts: Words
    features: NDArray[np.uint32]
    nodes: Words
    ways: Words
    starts: Words
    values: Float
    base: float


def tabulate(forest: Forest) -> Tables | None:
    """Works the tables out, in milliseconds for 200 shallow trees; None for trees too deep for tables."""
    if int(np.diff(forest.nodes).max(initial=0)) > MOST_NODES:
        return None
    paths = [path for tree in range(len(forest.nodes) - 1) for path in _paths(forest, tree)]
    sizes = [len(path) << len(path) for path in paths]
    if max(len(path) for path in paths) > MOST_FEATURES or sum(sizes) > LARGEST:
        return None
    steps = [(feature, step) for path in paths for feature, step in path.items()]
    firsts, starts = _offsets([len(path) for path in paths]), _offsets(sizes)
    values = np.zeros(starts[-1])
    shares = np.array([step.share for _, step in steps], dtype=np.float64)
    _fill(firsts, shares, forest.value, starts, _weights(MOST_FEATURES), values)
    return Tables(
        firsts=firsts.astype(np.uint64),
        features=np.array([feature for feature, _ in steps], dtype=np.uint32),
        nodes=np.array([step.nodes for _, step in steps], dtype=np.uint64),
        ways=np.array([step.ways for _, step in steps], dtype=np.uint64),
        starts=starts.astype(np.uint64), values=values, base=_base(forest),
    )  # fmt: skip


def contributions(forest: Forest, tables: Tables, rows: Rows) -> Float:
    """float64[n, n_features + 1] of float32[n, n_features]: Shapley values, then the base."""
    found = np.empty((len(rows), rows.shape[1] + 1))
    found[:, -1] = tables.base
    _explain(
        rows, forest.nodes, forest.leaves, forest.feature, forest.decision, forest.threshold, forest.sets,
        forest.bits, tables.firsts, tables.features, tables.nodes, tables.ways, tables.starts, tables.values,
        np.empty(rows.shape[1]), found,
    )  # fmt: skip
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """One feature's part of a path: its nodes, those of them that lead left, and the share of rows kept."""

    nodes: int = 0
    ways: int = 0
    share: float = 1.0

    def at(self, node: int, left: bool, share: float) -> "_Step":
        """One node more."""
        bit = 1 << node
        return _Step(self.nodes | bit, self.ways | (bit if left else 0), self.share * share)


def _paths(forest: Forest, tree: int) -> list[dict[int, _Step]]:
    """Each leaf's steps by feature, in the order of the leaves."""
    nodes, leaves = int(forest.nodes[tree]), int(forest.leaves[tree])
    found: list[dict[int, _Step]] = [{} for _ in range(int(forest.leaves[tree + 1]) - leaves)]
    waiting: list[tuple[int, dict[int, _Step]]] = [(0, {})] if len(found) > 1 else []
    while waiting:
        node, path = waiting.pop()
        feature = int(forest.feature[nodes + node])
        for child, left in ((int(forest.left[nodes + node]), True), (int(forest.right[nodes + node]), False)):
            kept = forest.count[nodes + child] if child >= 0 else forest.leaf_count[leaves - child - 1]
            share = float(kept / forest.count[nodes + node])
            longer = {**path, feature: path.get(feature, _Step()).at(node, left, share)}
            if child >= 0:
                waiting.append((child, longer))
            else:
                found[-child - 1] = longer
    return found


def _base(forest: Forest) -> float:
    """The mean output over the training rows."""
    total = 0.0
    for tree in range(len(forest.nodes) - 1):
        leaves = slice(forest.leaves[tree], forest.leaves[tree + 1])
        if forest.nodes[tree] == forest.nodes[tree + 1]:
            total += float(forest.value[leaves][0])
        else:
            share = forest.leaf_count[leaves] / forest.count[forest.nodes[tree]]
            total += float(share @ forest.value[leaves])
    return total


def _offsets(sizes: list[int]) -> Int64:
    return np.concatenate(([0], np.cumsum(np.array(sizes, dtype=np.int64)))).astype(np.int64)


def _weights(most: int) -> Float:
    """``weights[d, k] = k! (d - 1 - k)! / d!``: how often just ``k`` of the other ``d - 1`` come first."""
    found = np.zeros((most + 1, most + 1))
    for d in range(1, most + 1):
        found[d, 0] = 1 / d
        for k in range(1, d):
            found[d, k] = found[d, k - 1] * k / (d - k)
    return found


@njit(types.void(_I8, _F8, _F8, _I8, types.float64[:, ::1], types.float64[::1]), cache=True, nogil=True)
def _fill(firsts, shares, leaf_value, starts, weights, values):  # type: ignore[no-untyped-def]
    """Shapley values, by mask, of ``leaf_value * product(followed or share)``."""
    chosen = np.empty(MOST_FEATURES + 1)
    for leaf in range(len(firsts) - 1):
        first = firsts[leaf]
        d = firsts[leaf + 1] - first
        for mask in range(1 << d):
            for j in range(d):
                chosen[:] = 0.0
                chosen[0] = 1.0
                size = 0
                for i in range(d):
                    if i == j:
                        continue
                    followed = np.float64((mask >> i) & 1)
                    for k in range(size, -1, -1):
                        chosen[k + 1] += chosen[k] * followed
                        chosen[k] *= shares[first + i]
                    size += 1
                total = 0.0
                for k in range(d):
                    total += weights[d, k] * chosen[k]
                gain = np.float64((mask >> j) & 1) - shares[first + j]
                values[starts[leaf] + mask * d + j] = leaf_value[leaf] * gain * total


_U8 = types.Array(types.uint64, 1, "C", readonly=True)


@njit(
    types.void(
        _ROWS, _I8, _I8, _I4, _I4, _F8, _I8, _U4, _U8, _U4, _U8, _U8, _U8, _F8, types.float64[::1],
        types.float64[:, ::1],
    ),
    cache=True, nogil=True,
)  # fmt: skip
def _explain(  # type: ignore[no-untyped-def]
    rows, nodes, leaves, feature, decision, threshold, sets, bits, firsts, features, wanted, ways, starts,
    values, total, out,
):  # fmt: skip
    """Fills all but the last column; places are unsigned, which spares a check for negative ones at each."""
    for i in range(rows.shape[0]):
        total[:] = 0.0
        for tree in range(len(nodes) - 1):
            left = np.uint64(0)
            for node in range(nodes[tree], nodes[tree + 1]):
                value = np.float64(rows[i, feature[node]])
                if goes_left(value, decision[node], threshold[node], sets, bits):
                    left |= np.uint64(1) << np.uint64(node - nodes[tree])
            for leaf in range(leaves[tree], leaves[tree + 1]):
                first, last = firsts[leaf], firsts[leaf + 1]
                mask = np.uint64(0)
                for j in range(first, last):
                    mask |= np.uint64((left & wanted[j]) == ways[j]) << (j - first)
                start = starts[leaf] + mask * (last - first) - first
                for j in range(first, last):
                    total[features[j]] += values[start + j]
        for j in range(rows.shape[1]):
            out[i, j] = total[j]

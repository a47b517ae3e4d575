"""Where the past is cut: train and test one horizon apart, and blocks of time within train."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

SHARE = 0.7
"""Share of the rows before the test stretch, where the history is long enough."""


@dataclass(frozen=True, slots=True)
class Fold:
    """Rows to learn from and rows to predict, both as positions."""

    learn: Int64
    predict: Int64


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to train on, rows to test on, and the moment the test stretch begins; the rest is the gap."""

    train: Bool
    test: Bool
    test_from: int


def split(start: Int64, cutoff: Int64, horizon: int, delay: int = 0, share: float = SHARE) -> Split:
    """Train and test one horizon apart: int64[n] ``start`` and ``cutoff``, spans in microseconds.

    A row belongs to the stretch of its ``start`` (a lead's creation, a customer's cutoff). Test rows start at
    or after ``test_from``; a training row's outcome was known by then (``cutoff + horizon + delay``), so
    its label tells nothing of the test stretch. ``test_from`` leaves ``share`` of the rows before it, or less
    where that is needed for half of them to be trainable; a history too short for both has no test rows.
    """
    order = np.sort(start)
    for part in np.linspace(share, 0.95, 6):
        test_from = int(order[min(int(part * len(order)), len(order) - 1)])
        train = (start < test_from) & (cutoff + horizon + delay <= test_from)
        test = start >= test_from
        if train.sum() >= max(test.sum(), 0.3 * len(start)):
            break
    return Split(train, test, test_from)


def by_start(start: Int64, party: Int32, blocks: int = 5) -> list[Fold]:
    """Blocks of time, each predicted from the others; a party belongs to the block of its first row.

    For subjects that live in one stretch, as leads do: start is their creation.
    """
    codes = np.unique(party, return_inverse=True)[1]
    first = np.full(codes.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, codes, start)
    block = _blocks(first, blocks)[codes]
    return _folds([(block != b, block == b) for b in range(blocks)])


def by_time_and_party(time: Int64, party: Int32, blocks: int = 4, groups: int = 4) -> list[Fold]:
    """Each block of time of each group of parties, predicted from other times of other parties.

    For subjects seen again and again, as customers are: labels of one customer at successive cutoffs
    overlap, so its own rows never help to predict it. Groups are drawn by number, the same each time.
    """
    block = _blocks(time, blocks)
    codes = np.unique(party, return_inverse=True)[1]
    group = np.random.default_rng(0).integers(0, groups, codes.max() + 1)[codes]
    return _folds(
        [
            ((block != b) & (group != g), (block == b) & (group == g))
            for b in range(blocks)
            for g in range(groups)
        ]
    )


def _blocks(time: Int64, blocks: int) -> Int64:
    """Stretches of time with about as many rows each; equal times stay together."""
    edges = np.quantile(time, np.linspace(0, 1, blocks + 1)[1:-1], method="higher")
    return np.searchsorted(edges, time, side="right")


def _folds(masks: list[tuple[Bool, Bool]]) -> list[Fold]:
    return [
        Fold(np.flatnonzero(learn), np.flatnonzero(predict))
        for learn, predict in masks
        if learn.any() and predict.any()
    ]


def days(split_: Split, start: Int64) -> dict[str, float]:
    """How long each stretch is, in days, for the record."""
    spans = {"train": start[split_.train], "test": start[split_.test]}
    return {name: float(np.ptp(s) / DAY) if len(s) else 0.0 for name, s in spans.items()}

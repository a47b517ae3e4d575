"""What a hit is worth: mean amounts of subjects alike, shrunk towards the mean of all."""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, UNKNOWN
from crm.events import Events
from models.spans import Happenings

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float = NDArray[np.float64]

PRIOR = 10.0
"""A group's mean counts as much as this many subjects at the mean of all."""

YEAR = 365 * DAY
BINS = 8


def first_of(events: Events, as_of: int, *kinds: str) -> Int64:
    """Each subject's first amount of the first of ``kinds`` it has, int64[n_subjects], UNKNOWN where none."""
    found = np.full(len(events.subjects), UNKNOWN, dtype=np.int64)
    for kind in reversed(kinds):
        events_of = Happenings.of(events, kind).as_known(as_of)
        events_of = events_of.where(events_of.value > 0)
        newest_first = np.lexsort((-events_of.occurred_at, events_of.subject))
        found[events_of.subject[newest_first]] = events_of.value[newest_first]
    return found


def mean_by_group(
    events: Events, subject: Int32, as_of: int, *, amount: Int64, counted: Bool, fields: tuple[str, ...]
) -> Int64:
    """For each ``subject[k]`` the mean ``amount`` of counted subjects with its word of the first known field.

    ``fields`` are "channel" (of the creation) or attributes kept by ``change`` events. Shrunk by PRIOR.
    """
    counted = counted & (amount != UNKNOWN)
    if not counted.any():
        return np.full(len(subject), UNKNOWN, dtype=np.int64)
    overall = float(amount[counted].mean())
    found = np.full(len(events.subjects), overall)
    for name in reversed(fields):
        group = _attribute(events, name, as_of)
        if group.max(initial=-1) < 0:
            continue
        mean = _shrunk_means(group[counted], amount[counted], int(group.max()) + 1, overall)
        found = np.where(group >= 0, mean[group], found)
    return np.asarray(np.rint(found[subject]), dtype=np.int64)


def mean_spend_if_kept(events: Events, subject: Int32, as_of: int, horizon: int) -> Int64:
    """What customers of like spending in the year before spent in the last horizon, given that they stayed.

    Spending adds up orders and subscription terms; where a history has neither, payments.
    """
    spends = Happenings.of(events, "order", "subscription").as_known(as_of)
    if not len(spends.subject):
        spends = Happenings.of(events, "payment").as_known(as_of)
    spends = spends.where(spends.value != UNKNOWN)
    before = _spent(spends, as_of - horizon - YEAR, as_of - horizon)
    since = _spent(spends, as_of - horizon, as_of)
    kept = (before > 0) & (since > 0)
    if not kept.any():
        return np.full(len(subject), UNKNOWN, dtype=np.int64)
    edges = np.unique(np.quantile(before[kept], np.linspace(0, 1, BINS + 1)[1:-1]))
    group = np.searchsorted(edges, before, side="right")
    mean = _shrunk_means(group[kept], since[kept], BINS, float(since[kept].mean()))
    now = np.searchsorted(edges, _spent(spends, as_of - YEAR, as_of), side="right")
    return np.asarray(np.rint(mean[now[subject]]), dtype=np.int64)


def _spent(spends: Happenings, start: int, end: int) -> Int64:
    """Each subject's sum of amounts in ``[start, end)``."""
    within = spends.where((spends.occurred_at >= start) & (spends.occurred_at < end))
    total = np.zeros(spends.n_subjects, dtype=np.int64)
    np.add.at(total, within.subject, within.value)
    return total


def _shrunk_means(group: NDArray[np.integer], amount: Int64, n_groups: int, overall: float) -> Float:
    """Mean amount of each group; those outside any (-1) are left out."""
    inside = group >= 0
    total = np.bincount(group[inside], weights=amount[inside].astype(np.float64), minlength=n_groups)
    count = np.bincount(group[inside], minlength=n_groups)
    return np.asarray((total + PRIOR * overall) / (count + PRIOR), dtype=np.float64)


def _attribute(events: Events, name: str, as_of: int) -> Int32:
    """Each subject's newest visible value of ``name`` as a number, -1 where unknown; int32[n_subjects]."""
    kind = "created" if name == "channel" else "change"
    words = [s.channel if name == "channel" else s.code if s.field == name else "" for s in events.signatures]
    codes = {word: place for place, word in enumerate(sorted(set(words) - {""}))}
    number = np.array([codes.get(word, -1) for word in words] or [-1], dtype=np.int32)
    rows = Happenings.of(events, kind).as_known(as_of)
    value = number[events.signature[rows.rows]] if len(rows.rows) else np.zeros(0, dtype=np.int32)
    rows, value = rows.where(value >= 0), value[value >= 0]
    found = np.full(len(events.subjects), -1, dtype=np.int32)
    order = np.lexsort((rows.occurred_at, rows.subject))
    found[rows.subject[order]] = value[order]
    return found

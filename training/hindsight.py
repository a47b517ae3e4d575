"""Reads a history as somebody would who has only today's export, to see what that reading adds to a feature."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from crm.events import Events
from crm.history import History
from features import engine
from features.declare import Feature
from features.spec import FeatureSpec
from models.snapshots import Snapshots
from training.alone import one_feature_auc
from training.rows import Rows, enough

Expand = Callable[[Events, NDArray[np.int32], NDArray[np.int64]], FeatureSpec]

WAY = ("status", "stage")
"""Fields that are the way to the outcome: read by their moments, never by their last value."""


@dataclass(frozen=True, slots=True)
class Witness:
    """What the loads can swear to of when a value was known.

    ``since`` is the first load (UTC microseconds): from then on somebody looked. ``assumed`` names attributes
    whose mapping only assumes when they were known.
    """

    since: int = 0
    assumed: frozenset[str] = frozenset()

    @classmethod
    def of(cls, history: History, as_of: int) -> "Witness":
        """What was loaded and known before ``as_of`` tells."""
        rows = history.rows("change", ["field", "known_at", "assumed", "provenance"])
        seen = pc.is_in(rows["provenance"], pa.array(["comparison", "logged"]))
        guessed = pc.and_(pc.fill_null(rows["assumed"], False), pc.invert(seen))
        fields = rows.filter(pc.and_(guessed, pc.less(rows["known_at"], as_of)))["field"].unique().to_pylist()
        return cls(min(report.loaded_at for report in history.loads()), frozenset(fields) - {None})


@dataclass(frozen=True, slots=True)
class Told:
    """How well a feature ranks alone as the export states it now, and as known at each cutoff."""

    feature: Feature
    now: float
    then: float


def as_stated(snapshots: Snapshots) -> Events:
    """The snapshots' events as of their as-of, in hindsight.

    An attribute has the value that stands at the end, from the subject's first moment on; any other event is
    known as soon as it happened and could arrive.
    """
    e, delay = snapshots.events, snapshots.arrival_delay
    owner = np.repeat(np.arange(len(e.subjects)), np.diff(e.offsets))
    attribute = np.array([s.kind == "change" and s.field not in WAY for s in e.signatures], dtype=bool)
    moved = attribute[e.signature]
    end = snapshots.as_of + delay  # the snapshots' events carry the delay already
    kept = (e.occurred_at < snapshots.as_of) & (e.known_at < end) & (~moved | (end <= e.known_until))
    birth = e.occurred_at[e.offsets[owner]]
    occurred = np.where(moved, birth, e.occurred_at)
    known = np.where(moved, birth, np.minimum(e.known_at, e.occurred_at + delay))
    order = np.lexsort((occurred, owner))
    rows = order[kept[order]]
    count = np.bincount(owner[rows], minlength=len(e.subjects))
    return replace(
        e, offsets=np.concatenate(([0], np.cumsum(count))), occurred_at=occurred[rows], known_at=known[rows],
        known_until=e.known_until[rows], signature=e.signature[rows], value=e.value[rows],
        duration=e.duration[rows], actor=e.actor[rows], day=e.day[rows],
    )  # fmt: skip


def told(rows: Rows, snapshots: Snapshots, expand: Expand, since: int) -> Iterator[Told]:
    """Features that hindsight changes, with what they tell of the label by it and without.

    ``rows`` are features of ``snapshots``; 0.5 where those do not hold the feature. ``expand`` gives the spec of
    the same declarations over other events.
    Only cutoffs after the first load count, where there are enough: before it, a field that changes without
    a log has no history yet, and a value said to be old may not be.
    """
    among = rows.cutoff > since
    if not enough(rows.y[among]):
        among = np.ones(len(rows), dtype=bool)
    y, weight = rows.y[among], rows.weight[among]
    if not enough(y):
        return
    stated, where = as_stated(snapshots), (snapshots.subject_index, snapshots.cutoff)
    hindsight = expand(stated, *where)
    x = engine.compute(hindsight, stated, *where)[among]
    places = {name: place for place, name in enumerate(rows.names)}
    for column, feature in enumerate(hindsight.features):
        place = places.get(feature.name)
        then = None if place is None else rows.x[among, place]
        if then is not None and np.array_equal(x[:, column], then, equal_nan=True):
            continue
        now = one_feature_auc(x[:, column], y, weight, column in hindsight.categorical)
        yield Told(
            feature, now, 0.5 if then is None else one_feature_auc(then, y, weight, place in rows.categorical)
        )

"""The leak audit: finds columns that know the outcome before it happens, and takes them out."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, HOUR
from features.expressions import Category, Reading, selectors, walk
from features.spec import FeatureSpec
from models.snapshots import Snapshots
from models.spans import Happenings
from training.metrics import Ranking
from training.rows import Rows

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

LIST = (
    r"convert|chuyen_doi", r"closed|close_date|ngay_dong", r"(^|_)(won|lost)(_|$)", r"lost_reason|ly_do_mat",
    r"last_(modified|activity|notable|update)|modified", r"probability|xac_suat|forecast",
    r"(^|_)score(_|$)|(^|_)diem(_|$)", r"lead_(quality|profile)", r"days_to_close", r"archived|merged",
    r"import_(batch|id)", r"customer_id|ma_khach",
)  # fmt: skip
"""Words of attributes that are filled in with or after the outcome, or are somebody's guess of it."""

ALONE = 0.93
"""One feature that ranks this well by itself knows too much."""

ALONE_AT_BIRTH = 0.8
"""The same where nothing but its source and profile can be known of a subject yet."""

FILLED = 0.35
"""How much more often a field may be filled for those with the outcome than for those without, at birth."""

AROUND = 0.5
"""Share of first fillings that may fall on the day before or after the outcome."""

FEWEST = 20
"""Rows of either outcome below which nothing is concluded."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A feature under suspicion: its name, why, and the figure that says so."""

    feature: str
    why: str
    figure: float

    def __str__(self) -> str:
        return f"{self.feature}: {self.why} ({self.figure:.2f})"


def audit(rows: Rows, spec: FeatureSpec, snapshots: Snapshots, outcomes: Sequence[str]) -> list[Leak]:
    """Every feature that must not be learned from, once each, with the first reason found.

    ``rows`` are features of ``snapshots`` in the order of ``spec``; ``outcomes`` are the kinds of event that
    decide the label. Four looks: the leak list by name; one feature that ranks too well alone, at any age or
    in a subject's first hour; fields filled in for one outcome much more often than for the other although
    nothing has happened yet; fields first filled in around the outcome.
    """
    birth = rows.cutoff - snapshots.created_at < HOUR
    found: dict[str, Leak] = {}
    looks = (
        _listed(spec),
        _alone(rows, np.ones(len(rows), dtype=np.bool_), ALONE, "ranks too well alone"),
        _alone(rows, birth, ALONE_AT_BIRTH, "ranks too well before anything happened"),
        _filled(rows, spec, birth if _enough(rows.y[birth]) else np.ones(len(rows), dtype=np.bool_)),
        _around(spec, snapshots, outcomes),
    )
    for look in looks:
        for leak in look:
            found.setdefault(leak.feature, leak)
    return list(found.values())


def fields(spec: FeatureSpec) -> dict[str, set[str]]:
    """The attributes each feature reads from change events; features that read none are left out."""
    read = {
        f.name: {
            word
            for s in selectors(f.expression)
            if s.kind == ("change",)
            for word in s.field
            if word not in ("status", "stage")
        }
        for f in spec.features
    }
    return {name: words for name, words in read.items() if words}


def _listed(spec: FeatureSpec) -> Iterator[Leak]:
    for name, words in fields(spec).items():
        if any(re.search(pattern, word.casefold()) for word in words for pattern in LIST):
            yield Leak(name, "is on the list of fields that tell the outcome", 1.0)


def _alone(rows: Rows, among: Bool, bound: float, why: str) -> Iterator[Leak]:
    y = rows.y[among]
    if not _enough(y):
        return
    for column, name in enumerate(rows.names):
        auc = one_feature_auc(rows.x[among, column], y, rows.weight[among], column in rows.categorical)
        if auc > bound:
            yield Leak(name, why, auc)


def one_feature_auc(
    value: NDArray[np.float32], y: NDArray[np.int8], weight: Float, category: bool = False
) -> float:
    """The AUC of one column by itself, whichever way it points; unknown values as they fall on either side.

    A category is ranked by its rate in the other half of the rows, so that rare ones cannot rank themselves.
    """
    if category:
        return _category_auc(value, y, weight)
    known = ~np.isnan(value)
    low, high = np.where(known, value, -np.inf), np.where(known, value, np.inf)
    found = [Ranking(y, side.astype(np.float64)).auc(weight) for side in (low, high)]
    return max(max(auc, 1 - auc) for auc in found)


def _category_auc(value: NDArray[np.float32], y: NDArray[np.int8], weight: Float) -> float:
    place = np.where(np.isnan(value), 0, value + 1).astype(np.int64)
    half = np.arange(len(y)) % 2 == 0
    rate = np.zeros(len(y))
    for learn in (half, ~half):
        size = int(place.max()) + 1
        hits = np.bincount(place[learn], weights=(weight * y)[learn], minlength=size)
        mass = np.bincount(place[learn], weights=weight[learn], minlength=size)
        base = hits.sum() / max(mass.sum(), 1e-12)
        prior = 5 * float(weight.mean())
        rate[~learn] = ((hits + prior * base) / (mass + prior))[place[~learn]]
    return Ranking(y, rate).auc(weight)


def _filled(rows: Rows, spec: FeatureSpec, among: Bool) -> Iterator[Leak]:
    """Attributes known for one outcome and not for the other."""
    y, weight = rows.y[among], rows.weight[among]
    if not _enough(y):
        return
    attributes = fields(spec)
    for column, feature in enumerate(spec.features):
        value = any(isinstance(part, Category | Reading) for part in walk(feature.expression))
        if feature.name not in attributes or not value:
            continue
        known = ~np.isnan(rows.x[among, column])
        with_, without = (np.average(known[y == k], weights=weight[y == k]) for k in (1, 0))
        if abs(with_ - without) > FILLED:
            yield Leak(feature.name, "is filled in for one outcome and not for the other", with_ - without)


def _around(spec: FeatureSpec, snapshots: Snapshots, outcomes: Sequence[str]) -> Iterator[Leak]:
    """Attributes that people first fill in on the day of the outcome."""
    events = snapshots.events
    ended = Happenings.of(events, *outcomes).as_known(snapshots.as_of).first()
    share = {word: _share_around(snapshots, word, ended) for word in set().union(*fields(spec).values())}
    for name, words in fields(spec).items():
        worst = max(share[word] for word in words)
        if worst > AROUND:
            yield Leak(name, "is first filled in on the day of the outcome", worst)


def _share_around(snapshots: Snapshots, word: str, ended: NDArray[np.int64]) -> float:
    """Of subjects with an outcome that hold ``word``: how many first got it around then, and not at birth."""
    events = snapshots.events
    rows = Happenings.of(events, "change").as_known(snapshots.as_of)
    holds = np.array([s.field == word for s in events.signatures], dtype=bool)
    rows = rows.where(holds[events.signature[rows.rows]])
    first = rows.first()
    born = Happenings.of(events).first()
    never = np.iinfo(np.int64).max
    both = (first < never) & (ended < never)
    if both.sum() < FEWEST:
        return 0.0
    around = (np.abs(first - ended) <= DAY) & (first - born > DAY)
    return float(around[both].mean())


def _enough(y: NDArray[np.int8]) -> bool:
    return bool(FEWEST <= y.sum() <= len(y) - FEWEST)

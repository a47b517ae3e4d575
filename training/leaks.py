"""The leak audit: finds columns that know the outcome before it happens, and takes them out."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, HOUR
from features.declare import Feature
from features.expressions import Category, Reading, selectors, walk
from features.spec import FeatureSpec
from models.snapshots import Snapshots
from models.spans import Happenings
from training.alone import one_feature_auc
from training.hindsight import WAY, Expand, Witness, told
from training.rows import FEWEST, Rows, enough

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

HINDSIGHT = 0.7
"""A feature that ranks this well alone, read with what was known later, is worth using."""

VANISHED = 0.55
"""At most so well it ranks as known then, where that worth was all hindsight."""


@dataclass(frozen=True, slots=True)
class Leak:
    """A feature under suspicion: its name, why, and the figure that says so.

    A ``warning`` is to be looked at by somebody who knows the field; the feature stays.
    """

    feature: str
    why: str
    figure: float
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.feature}: {self.why} ({self.figure:.2f})"


def audit(
    rows: Rows, spec: FeatureSpec, snapshots: Snapshots, outcomes: tuple[str, ...], witness: Witness,
    expand: Expand,
) -> list[Leak]:  # fmt: skip
    """Every feature that must not be learned from, once each, with the first reason found; then warnings.

    ``rows`` are features of ``snapshots`` in the order of ``spec``, which ``expand`` made; ``outcomes`` are the kinds
    of event that decide the label. Four looks: the leak list by name; one
    feature that ranks too well alone, at any age or in a subject's first hour; fields filled in for one outcome
    much more often than for the other although nothing has happened yet, or first filled in around the outcome;
    features that tell the outcome only where values known later are read into the past. A warning is given of
    fields that tell much and whose time of knowledge is only assumed: no look can clear those.
    """
    birth = rows.cutoff - snapshots.created_at < HOUR
    found: dict[str, Leak] = {}
    looks = (
        _listed(spec),
        _alone(rows, np.ones(len(rows), dtype=np.bool_), ALONE, "ranks too well alone"),
        _alone(rows, birth, ALONE_AT_BIRTH, "ranks too well before anything happened"),
        _filled(rows, spec, birth if enough(rows.y[birth]) else np.ones(len(rows), dtype=np.bool_)),
        _around(spec, snapshots, outcomes),
        _vanishing(rows, snapshots, witness, expand),
        _unproven(rows, spec, witness),
    )
    for look in looks:
        for leak in look:
            found.setdefault(leak.feature, leak)
    return list(found.values())


def fields(spec: FeatureSpec) -> dict[str, set[str]]:
    """The attributes each feature reads from change events; features that read none are left out."""
    read = {feature.name: attributes_of(feature) for feature in spec.features}
    return {name: words for name, words in read.items() if words}


def attributes_of(feature: Feature) -> set[str]:
    """The attributes a feature reads from change events, but for status and stage."""
    found = (s.field for s in selectors(feature.expression) if s.kind == ("change",))
    return {word for words in found for word in words if word not in WAY}


def _listed(spec: FeatureSpec) -> Iterator[Leak]:
    for name, words in fields(spec).items():
        if any(re.search(pattern, word.casefold()) for word in words for pattern in LIST):
            yield Leak(name, "is on the list of fields that tell the outcome", 1.0)


def _alone(rows: Rows, among: Bool, bound: float, why: str) -> Iterator[Leak]:
    y = rows.y[among]
    if not enough(y):
        return
    for column, name in enumerate(rows.names):
        auc = one_feature_auc(rows.x[among, column], y, rows.weight[among], column in rows.categorical)
        if auc > bound:
            yield Leak(name, why, auc)


def _filled(rows: Rows, spec: FeatureSpec, among: Bool) -> Iterator[Leak]:
    """Attributes known for one outcome and not for the other."""
    y, weight = rows.y[among], rows.weight[among]
    if not enough(y):
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


def _around(spec: FeatureSpec, snapshots: Snapshots, outcomes: tuple[str, ...]) -> Iterator[Leak]:
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


def _vanishing(rows: Rows, snapshots: Snapshots, witness: Witness, expand: Expand) -> Iterator[Leak]:
    """Features whose worth vanishes once known_at is enforced; some may have no value at all as known then."""
    for one in told(rows, snapshots, expand, witness.since):
        if one.now > HINDSIGHT and one.then < VANISHED:
            assumed = witness.assumed & attributes_of(one.feature)
            when = ", and when that was known is only assumed" if assumed else ""
            yield Leak(one.feature.name, f"tells the outcome only by what was known later{when}", one.now)


def _unproven(rows: Rows, spec: FeatureSpec, witness: Witness) -> Iterator[Leak]:
    read = fields(spec)
    for column, name in enumerate(rows.names):
        if not witness.assumed & read.get(name, set()) or not enough(rows.y):
            continue
        auc = one_feature_auc(rows.x[:, column], rows.y, rows.weight, column in rows.categorical)
        if auc > HINDSIGHT:
            yield Leak(name, "tells much, and when it was known is only assumed", auc, warning=True)

"""The features of one model: declarations expanded over what the training rows hold, as plain data."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.errors import FeatureError
from crm.events import Events, Signature
from crm.people import People
from features import catalogue, expressions
from features.declare import Family, Feature, named
from features.expressions import Category, walk
from features.selectors import Selector
from features.words import Language, Wording, filled, say

MAX_CATEGORIES = 30
OTHER = "other"
NOBODY = People()


@dataclass(frozen=True, slots=True)
class FeatureSpec:
    """Features in order, with their categories; all a bundle needs to compute them again."""

    features: tuple[Feature, ...]
    zone: str
    currency: str = "VND"
    absent: tuple[str, ...] = field(default=())
    """Declared features whose events the training rows do not hold."""
    personal: tuple[str, ...] = field(default=())
    """Features left out because what they say mostly names people."""

    @property
    def names(self) -> list[str]:
        """Column names, in the order of the matrix."""
        return [f.name for f in self.features]

    @property
    def categorical(self) -> list[int]:
        """Columns that hold category indices."""
        return [i for i, f in enumerate(self.features) if f.categories]

    def value_in_words(self, column: int, value: float, lang: Language) -> str:
        """The value of one feature as people say it."""
        feature = self.features[column]
        return say(value, feature.unit, lang, feature.categories, self.currency)

    def sentence(self, column: int, value: float, lang: Language) -> str:
        """The feature with its real number, or that nothing is recorded, as one sentence."""
        feature = self.features[column]
        nothing = math.isnan(value) or (value == 0 and feature.unit in ("count", "money", "rate"))
        template = feature.wording.template(value, nothing, lang)
        size = abs(value) if value < 0 and feature.wording.below_vi else value
        return filled(template, self.value_in_words(column, size, lang))

    def select(self, names: Sequence[str]) -> "FeatureSpec":
        """The same spec with only these features; raises FeatureError for a name it does not have."""
        known = {f.name: f for f in self.features}
        if missing := [n for n in names if n not in known]:
            raise FeatureError("the spec has no such feature", value=missing)
        return replace(self, features=tuple(known[n] for n in names))

    def to_json(self) -> dict[str, Any]:
        """Plain data; :meth:`from_json` gives an equal spec."""
        return {
            "zone": self.zone,
            "currency": self.currency,
            "absent": list(self.absent),
            "personal": list(self.personal),
            "features": [
                {
                    "name": f.name, "group": f.group, "topic": f.topic, "unit": f.unit, "sense": f.sense,
                    "words": {n: getattr(f.wording, n) for n in Wording.__dataclass_fields__},
                    "categories": list(f.categories), "expression": expressions.to_json(f.expression),
                }
                for f in self.features
            ],
        }  # fmt: skip

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "FeatureSpec":
        """The spec a bundle stored."""
        features = tuple(
            Feature(
                expressions.from_json(f["expression"]),
                Wording(**f["words"]),
                unit=f["unit"],
                topic=f["topic"],
                name=f["name"],
                group=f["group"],
                categories=tuple(f["categories"]),
                sense=f.get("sense", ""),
            )
            for f in data["features"]
        )
        absent, personal = tuple(data["absent"]), tuple(data.get("personal", ()))
        return cls(features, data["zone"], data["currency"], absent, personal)


def expand(
    groups: Sequence[str],
    events: Events,
    subject_index: NDArray[np.int32],
    cutoff: NDArray[np.int64],
    *,
    zone: str,
    currency: str = "VND",
    least: int = 20,
    people: People = NOBODY,
) -> FeatureSpec:
    """The spec of ``groups`` over what is visible to these training rows, and to nothing else.

    A word becomes a family member or a category when at least ``least`` subjects, and 0.2 % of them, have
    it; the rest is "other". Features whose events no training row sees are left out and named in ``absent``,
    those whose words name ``people`` in ``personal``; a single such word counts as "other".
    """
    seen = subjects_by_signature(events, subject_index, cutoff)
    floor = max(least, int(0.002 * len(np.unique(subject_index))))
    vocabulary = {events.signatures[i]: int(n) for i, n in enumerate(seen) if n}
    features, absent, personal = [], [], []
    for group in groups:
        for feature in _members(group, vocabulary, floor, people):
            if not _present(feature, vocabulary):
                absent.append(feature.name)
            elif _about_people(feature, vocabulary, people):
                personal.append(feature.name)
            else:
                features.append(_with_categories(feature, vocabulary, floor, people))
    if not features:
        raise FeatureError("no declared feature finds any event in the history", value=list(groups))
    return FeatureSpec(tuple(features), zone, currency, tuple(absent), tuple(personal))


def subjects_by_signature(
    events: Events, subject_index: NDArray[np.int32], cutoff: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many subjects see an event of each signature by their last training cutoff."""
    last = np.full(len(events.subjects), np.iinfo(np.int64).min)
    np.maximum.at(last, subject_index, cutoff)
    owner = np.repeat(np.arange(len(events.subjects)), np.diff(events.offsets))
    until = last[owner]
    visible = (events.occurred_at < until) & (events.known_at < until)
    pairs = np.unique(owner[visible] * np.int64(len(events.signatures)) + events.signature[visible])
    return np.bincount(pairs % len(events.signatures), minlength=len(events.signatures))


def _members(
    group: str, vocabulary: Mapping[Signature, int], floor: int, people: People
) -> Iterator[Feature]:
    """The group's features, its families expanded."""
    for name, declared in catalogue.declared(group):
        if isinstance(declared, Feature):
            yield declared
        else:
            yield from (
                named(f, name + f.name, group) for f in _expanded(declared, vocabulary, floor, people)
            )


def _expanded(
    family: Family, vocabulary: Mapping[Signature, int], floor: int, people: People
) -> Iterator[Feature]:
    counts = _counted(family.among, family.column, vocabulary)
    for word in (*family.never, *people.among(counts)):
        counts.pop(word, None)
    words = sorted(w for w, n in counts.most_common(family.most) if n >= floor)
    taken: set[str] = set()
    for word in words:
        slug = _slug(word, taken)
        narrowed = family.among.narrowed(family.column, word)
        yield _member(family, narrowed, word, slug)
    if family.rest and words:
        rest = replace(family.among, other_column=family.column, other_than=tuple(words))
        yield _member(family, rest, OTHER, "_" + OTHER)


def _member(family: Family, selector: Selector, word: str, slug: str) -> Feature:
    wording = family.wording.about(word, quoted=family.column != "field")
    topic = family.topic.replace("{word}", word)
    return Feature(family.build(selector), wording, family.unit, topic, slug, sense=family.sense)


def _slug(word: str, taken: set[str]) -> str:
    """An ASCII suffix for a feature's name that no other member has."""
    folded = unicodedata.normalize("NFKD", word.replace("đ", "d").replace("Đ", "D"))
    ascii_only = folded.encode("ascii", "ignore").decode().lower()
    slug = "_" + (re.sub(r"[^a-z0-9]+", "_", ascii_only).strip("_") or "x")
    while slug in taken or slug == "_" + OTHER:
        slug += "_"
    taken.add(slug)
    return slug


def _present(feature: Feature, vocabulary: Mapping[Signature, int]) -> bool:
    """Whether the training rows hold events for at least one reading; a family's "other" always may come."""
    found = list(expressions.selectors(feature.expression))
    return not found or any(s.other_column or any(s.takes(v) for v in vocabulary) for s in found)


def _about_people(feature: Feature, vocabulary: Mapping[Signature, int], people: People) -> bool:
    """Whether the words a category would have are mostly those of people."""
    node = _category(feature)
    if node is None or set(node.selector.field) & people.cleared:
        return False
    return people.mostly(_counted(node.selector, node.column, vocabulary))


def _category(feature: Feature) -> Category | None:
    return next((n for n in walk(feature.expression) if isinstance(n, Category)), None)


def _counted(among: Selector, column: str, vocabulary: Mapping[Signature, int]) -> Counter[str]:
    """How many subjects see each word of ``column``."""
    counts: Counter[str] = Counter()
    for signature, n in vocabulary.items():
        if among.takes(signature) and (word := getattr(signature, column)):
            counts[word] += n
    return counts


def _with_categories(
    feature: Feature, vocabulary: Mapping[Signature, int], floor: int, people: People
) -> Feature:
    node = _category(feature)
    if node is None:
        return feature
    counts = _counted(node.selector, node.column, vocabulary)
    if not set(node.selector.field) & people.cleared:
        for word in people.among(counts):
            del counts[word]
    frequent = sorted(w for w, n in counts.most_common(MAX_CATEGORIES) if n >= floor and w != OTHER)
    return replace(feature, categories=(*frequent, OTHER))


__all__ = ["FeatureSpec", "expand", "subjects_by_signature"]

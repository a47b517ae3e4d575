"""Which features speak of the same thing, and which of them people picture most easily."""

from dataclasses import dataclass

from features.declare import Feature
from features.expressions import selectors
from features.spec import FeatureSpec

PERSONAL = frozenset({"owner", "team", "actor", "assigned_to"})
"""Attributes whose value is a colleague; reasons say that they matter, never who it is."""

EASE = {"number": 0.5, "percent": 0.8}
"""How readily a feature of such a unit speaks for its topic; the others are easier to picture."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Topics in order of first mention; ``place`` and ``ease`` have one entry a feature, ``columns`` a topic."""

    names: tuple[str, ...]
    place: tuple[int, ...]
    columns: tuple[tuple[int, ...], ...]
    ease: tuple[float, ...]
    personal: tuple[bool, ...]

    @classmethod
    def of(cls, spec: FeatureSpec) -> "Topics":
        """The topics of a spec's features."""
        names = tuple(dict.fromkeys(feature.topic for feature in spec.features))
        place = tuple(names.index(feature.topic) for feature in spec.features)
        columns = tuple(tuple(c for c, of in enumerate(place) if of == topic) for topic in range(len(names)))
        ease = tuple(EASE.get(feature.unit, 1.0) for feature in spec.features)
        return cls(names, place, columns, ease, tuple(map(is_personal, spec.features)))

    def sums(self, added: list[float]) -> list[float]:
        """Contributions of features added up by topic."""
        found = [0.0] * len(self.names)
        for place, amount in zip(self.place, added, strict=False):
            found[place] += amount
        return found

    def speaker(self, topic: int, added: list[float], rising: bool) -> int:
        """The column that pushes a topic's way most, by ease."""
        sign = 1.0 if rising else -1.0
        return max(self.columns[topic], key=lambda column: sign * added[column] * self.ease[column])


def is_personal(feature: Feature) -> bool:
    """Whether a feature's value may be a colleague's name."""
    if feature.unit != "category":
        return False
    return any(name in PERSONAL for selector in selectors(feature.expression) for name in selector.field)

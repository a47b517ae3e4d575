"""Which features speak of the same thing, and which of them people picture most easily."""

from dataclasses import dataclass

from features import catalogue
from features.declare import Feature
from features.expressions import Moment, selectors
from features.spec import FeatureSpec
from features.words import Language, capital, code
from models.senses import Voice, may_say, voice

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
    voices: tuple[Voice, ...]
    personal: tuple[bool, ...]

    @classmethod
    def of(cls, spec: FeatureSpec) -> "Topics":
        """The topics of a spec's features."""
        names = tuple(dict.fromkeys(feature.topic for feature in spec.features))
        place = tuple(names.index(feature.topic) for feature in spec.features)
        columns = tuple(tuple(c for c, of in enumerate(place) if of == topic) for topic in range(len(names)))
        voices = tuple(map(voice, spec.features))
        personal = tuple(map(is_personal, spec.features))
        return cls(names, place, columns, tuple(map(_ease, spec.features)), voices, personal)

    def sums(self, added: list[float]) -> list[float]:
        """Contributions of features added up by topic."""
        found = [0.0] * len(self.names)
        for place, amount in zip(self.place, added, strict=False):
            found[place] += amount
        return found

    def speaker(
        self,
        topic: int,
        rising: bool,
        wished: bool,
        added: list[float],
        row: list[float],
        usual: tuple[float, ...],
    ) -> int | None:
        """The column that pushes a topic's way most, by ease, among those whose value speaks that way too.

        ``usual`` has a typical value for each column; ``wished`` whether a higher score is good news. None where
        nothing of the topic can be said that way.
        """
        way = 1.0 if rising else -1.0
        side = 1 if rising == wished else -1
        found, most = None, 0.0
        for column in self.columns[topic]:
            push = way * added[column] * self.ease[column]
            if push > most and may_say(self.voices[column], row[column], usual[column], side):
                found, most = column, push
        return found


def named(topic: str, lang: Language) -> str:
    """What a topic is about, where none of its features speaks for it.

    >>> named("profile province", "en"), named("payment", "vi"), named("kind call", "vi")
    ('Province', 'Thanh toán', 'Cuộc gọi')
    """
    if group := catalogue.groups().get(topic):
        return group.vi if lang == "vi" else group.en
    return capital(code(topic.removeprefix("profile ").removeprefix("kind "), lang))


def _ease(feature: Feature) -> float:
    """How readily people picture a feature: a plain time sooner than one that leaves out holidays."""
    quiet = isinstance(feature.expression, Moment) and feature.expression.quiet
    return 0.5 if quiet else EASE.get(feature.unit, 1.0)


def is_personal(feature: Feature) -> bool:
    """Whether a feature's value may be a colleague's name."""
    if feature.unit != "category":
        return False
    return any(name in PERSONAL for selector in selectors(feature.expression) for name in selector.field)

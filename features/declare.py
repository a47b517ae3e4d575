"""The words a feature is declared with: readings of events, arithmetic on them, and what they are called.

    calls = says(count("call"), en="{n} call{s} so far", vi="Đã có {n} cuộc gọi", none_en="No call", none_vi="Chưa gọi")

A group file holds ``GROUP`` and one line per feature. :func:`over` declares one idea over several windows,
:func:`each` one over whatever values a company's history holds.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from crm.errors import FeatureError
from features.expressions import (
    Calendar,
    Category,
    Expression,
    Gap,
    Moment,
    Op,
    Reading,
    Wait,
    Window,
    micros,
)
from features.selectors import Selector, selector
from features.words import UNITS, Language, Wording, window

SENSES = ("good", "bad", "merit", "fault")
"""What a high value speaks for, where common sense has no doubt: winning a lead, keeping a customer.

``good`` and ``bad``: more than usual speaks for it, or against. ``merit`` and ``fault``: any of it does, and only
none of it speaks the other way: one late payment is no comfort, however many others have.
"""

Which = Literal["first", "last"]
Kinds = str | Selector | Iterable[str]


@dataclass(frozen=True, slots=True)
class Group:
    """What a group file is about, and whose features it holds."""

    subjects: tuple[str, ...]
    en: str
    vi: str


@dataclass(frozen=True, slots=True)
class Feature:
    """One declared number with its words."""

    expression: Expression
    wording: Wording
    unit: str
    topic: str = ""
    name: str = ""
    group: str = ""
    categories: tuple[str, ...] = ()
    sense: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """A feature for each frequent value of ``column`` among the events of ``among``."""

    among: Selector
    column: str
    build: Callable[[Selector], Expression]
    wording: Wording
    unit: str
    topic: str = ""
    most: int = 8
    rest: bool = True
    never: tuple[str, ...] = ()
    sense: str = ""


Declared = Feature | Family | dict[str, Feature]


def says(
    expression: Expression, *, en: str, vi: str, none_en: str = "", none_vi: str = "",
    below_en: str = "", below_vi: str = "", unit: str = "", topic: str = "", sense: str = "",
) -> Feature:  # fmt: skip
    """Gives an expression its words, which makes it a feature; see :class:`features.words.Wording`.

    ``sense`` is one of :data:`SENSES`, or nothing where people could argue.
    """
    unit = unit or unit_of(expression)
    if unit not in UNITS:
        raise FeatureError("unknown unit", value=unit, todo=f"one of {', '.join(UNITS)}")
    wording = Wording(en, vi, none_en, none_vi, below_en, below_vi)
    return Feature(expression, wording, unit, topic, sense=_sense(sense))


def over(
    days: Sequence[float], build: Callable[[float], Expression], *, en: str, vi: str,
    none_en: str = "", none_vi: str = "", unit: str = "", topic: str = "", sense: str = "",
) -> dict[str, Feature]:  # fmt: skip
    """One idea over several windows, ``{window}`` in the words. Keys are suffixes of the name."""

    def put(text: str, d: float, lang: Language) -> str:
        return text.replace("{window}", window(d, lang))

    return {
        f"_{d:g}d": says(build(d), en=put(en, d, "en"), vi=put(vi, d, "vi"), none_en=put(none_en, d, "en"),
                         none_vi=put(none_vi, d, "vi"), unit=unit, topic=topic, sense=sense)
        for d in days
    }  # fmt: skip


def each(
    column: str, among: Selector, build: Callable[[Selector], Expression], *, en: str, vi: str,
    none_en: str = "", none_vi: str = "", below_en: str = "", below_vi: str = "", unit: str = "count",
    topic: str = "", most: int = 8, rest: bool = True, sense: str = "",
) -> Family:  # fmt: skip
    """A family: ``build`` is called with ``among`` narrowed to each frequent word of ``column``."""
    wording = Wording(en, vi, none_en, none_vi, below_en, below_vi)
    return Family(among, column, build, wording, unit, topic, most, rest, sense=_sense(sense))


def attributes(
    among: Selector,
    which: Which,
    *,
    en: str,
    vi: str,
    topic: str = "",
    most: int = 24,
    never: tuple[str, ...] = (),
) -> Family:
    """A categorical feature for each attribute (``field``) of the change events in ``among``, but ``never``."""
    wording = Wording(en, vi)
    return Family(
        among, "field", lambda s: Category(s, which, "code"), wording, "category", topic, most, False, never
    )


def events(kind: Kinds = (), **words: object) -> Selector:
    """A selector; see :func:`features.selectors.selector` for the words it takes."""
    return kind if isinstance(kind, Selector) else selector(kind, **words)  # type: ignore[arg-type]


def count(kind: Kinds, *, days: float | None = None, skip: float = 0, **words: object) -> Window:
    """How many events in the last ``days``, leaving out the newest ``skip`` days."""
    return _window("count", kind, days, skip, words)


def total(
    kind: Kinds, *, of: str = "value", days: float | None = None, skip: float = 0, **words: object
) -> Window:
    """The sum of value or duration (seconds)."""
    return _window(of, kind, days, skip, words)


def mean(
    kind: Kinds, *, of: str = "value", days: float | None = None, skip: float = 0, **words: object
) -> Op:
    """The mean of what was recorded; unknown where nothing was."""
    recorded = {"value": "valued", "duration": "timed"}[of]
    return _window(of, kind, days, skip, words) / _window(recorded, kind, days, skip, words)


def active_days(kind: Kinds, *, days: float | None = None, **words: object) -> Window:
    """On how many different local days."""
    return _window("days", kind, days, 0, words)


def different(what: str, kind: Kinds, *, days: float | None = None, **words: object) -> Window:
    """How many different ``codes``, ``channels`` or ``actors``."""
    return _window(what, kind, days, 0, words)


def since(which: Which, kind: Kinds, *, quiet: bool = False, **words: object) -> Moment:
    """Days since the first or last event; with ``quiet`` the Tết pause does not count."""
    return Moment(events(kind, **words), which, quiet)


def reading(which: Which, kind: Kinds, what: str = "value", **words: object) -> Reading:
    """The first or last recorded ``value``, ``duration``, or ``until`` (days until the time it tells)."""
    return Reading(events(kind, **words), which, what)


def word(which: Which, kind: Kinds, column: str = "code", **words: object) -> Category:
    """The word of the first or last event as a category."""
    return Category(events(kind, **words), which, column)


def gap(statistic: str, kind: Kinds, *, days: float | None = None, **words: object) -> Gap:
    """Days between successive active days."""
    return Gap(events(kind, **words), statistic, micros(days))


def wait(statistic: str, start: Selector, until: Selector, *, days: float | None = None) -> Wait:
    """Hours from events of one kind to the next of another."""
    return Wait(start, until, statistic, micros(days))


def highest(kind: Kinds, *, days: float | None = None, **words: object) -> Window:
    """The largest value; unknown where none was recorded."""
    return _window("highest", kind, days, 0, words)


def calendar(what: str) -> Calendar:
    """``hour``, ``weekday``, ``month``, ``to_tet`` or ``since_tet`` of the cutoff itself."""
    return Calendar(what)


def clock(what: str, which: Which, kind: Kinds, **words: object) -> Calendar:
    """The same of the first or last event."""
    return Calendar(what, events(kind, **words), which)


def known(expression: Expression) -> Op:
    """1 where the expression is known, else 0."""
    return Op("known", (expression,))


def either(first: Expression, second: Expression) -> Op:
    """The first where known, else the second."""
    return Op("either", (first, second))


def least(first: Expression, second: Expression) -> Op:
    """The smaller of two."""
    return Op("least", (first, second))


def unit_of(expression: Expression) -> str:
    """The unit an expression has by itself."""
    if isinstance(expression, Window):
        return {"value": "money", "highest": "money", "duration": "number"}.get(expression.aggregate, "count")
    if isinstance(expression, Moment):
        return "days"
    if isinstance(expression, Reading):
        return {"until": "days"}.get(expression.what, "number")
    if isinstance(expression, Gap):
        return "count" if expression.statistic == "count" else "days"
    if isinstance(expression, Wait):
        return "hours" if expression.statistic in ("mean", "longest") else "count"
    if isinstance(expression, Category):
        return "category"
    if isinstance(expression, Calendar):
        return {"to_tet": "days", "since_tet": "days"}.get(expression.what, expression.what)
    return "number"


def named(feature: Feature, name: str, group: str) -> Feature:
    """The feature under the name its declaration gave it."""
    return replace(feature, name=name, group=group, topic=feature.topic or group)


def _sense(sense: str) -> str:
    if sense not in ("", *SENSES):
        raise FeatureError("unknown sense", value=sense, todo=f"one of {', '.join(SENSES)}, or leave it out")
    return sense


def _window(aggregate: str, kind: Kinds, days: float | None, skip: float, words: dict[str, object]) -> Window:
    return Window(events(kind, **words), aggregate, micros(days), micros(skip))

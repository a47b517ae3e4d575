"""What a feature is computed from: a small tree of readings and arithmetic, plain data that fits in JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Union

from crm.clock import DAY
from crm.errors import FeatureError
from features.selectors import Selector

ALL_TIME = 2**62
"""A window without an end, in microseconds."""


class Arithmetic:
    """Lets expressions be written as sums, differences, products and quotients."""

    __slots__ = ()

    def __add__(self, other: "Expression | float") -> "Op":
        return Op("add", (_as(self), _as(other)))

    def __sub__(self, other: "Expression | float") -> "Op":
        return Op("subtract", (_as(self), _as(other)))

    def __mul__(self, other: "Expression | float") -> "Op":
        return Op("multiply", (_as(self), _as(other)))

    def __mod__(self, other: "Expression | float") -> "Op":
        return Op("remainder", (_as(self), _as(other)))

    def __truediv__(self, other: "Expression | float") -> "Op":
        return Op("divide", (_as(self), _as(other)))


@dataclass(frozen=True, slots=True)
class Number(Arithmetic):
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Window(Arithmetic):
    """An aggregate of the visible events whose age lies in ``(newest, oldest]`` microseconds.

    ``aggregate``: count | value | duration (sums of what was recorded) | valued | timed (how many recorded
    it) | highest (value) | days (distinct local days) | codes | channels | actors (how many different ones).
    """

    selector: Selector
    aggregate: str
    oldest: int = ALL_TIME
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Moment(Arithmetic):
    """Days since the ``first`` or ``last`` visible event; unknown where there is none.

    With ``quiet`` the days of the Tết pause in between do not count.
    """

    selector: Selector
    which: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Reading(Arithmetic):
    """The ``value``, ``duration`` (seconds) or ``until`` (days from the cutoff to the time it tells) of the
    ``first`` or ``last`` visible event that recorded one."""

    selector: Selector
    which: str
    what: str


@dataclass(frozen=True, slots=True)
class Category(Arithmetic):
    """The word in ``column`` of the ``first`` or ``last`` visible event, as an index into the categories."""

    selector: Selector
    which: str
    column: str


@dataclass(frozen=True, slots=True)
class Gap(Arithmetic):
    """Days between successive days with an event, among those at most ``oldest`` microseconds old.

    ``statistic``: count | mean | deviation (population standard deviation) | longest | latest.
    """

    selector: Selector
    statistic: str
    oldest: int = ALL_TIME


@dataclass(frozen=True, slots=True)
class Wait(Arithmetic):
    """Hours from each event of ``selector`` to the next event of ``until``.

    ``statistic``: answered | unanswered (counts) | mean | longest.
    """

    selector: Selector
    until: Selector
    statistic: str
    oldest: int = ALL_TIME


@dataclass(frozen=True, slots=True)
class Calendar(Arithmetic):
    """A property of a time in the company's zone: hour | weekday | month | to_tet | since_tet.

    The time is that of the ``first`` or ``last`` event of a selector (read with the zone's offset at the
    cutoff), or the cutoff itself where no selector is given.
    """

    what: str
    selector: Selector | None = None
    which: str = "last"


@dataclass(frozen=True, slots=True)
class Op(Arithmetic):
    """An operation on other expressions; unknown in, unknown out, but for ``either`` and ``known``.

    add, subtract, multiply, divide and remainder (by zero: unknown), least, known (1 or 0),
    either (the second where the first is unknown).
    """

    name: str
    of: tuple["Expression", ...]


Expression = Union[Number, Window, Moment, Reading, Category, Gap, Wait, Calendar, Op]  # noqa: UP007
NODES: dict[str, Any] = {
    c.__name__.lower(): c for c in (Number, Window, Moment, Reading, Category, Gap, Wait, Calendar, Op)
}


def walk(node: Expression) -> Iterator[Expression]:
    """The node and all below it."""
    yield node
    if isinstance(node, Op):
        for child in node.of:
            yield from walk(child)


def selectors(node: Expression) -> Iterator[Selector]:
    """Every selector an expression reads."""
    for part in walk(node):
        for name in ("selector", "until"):
            found = getattr(part, name, None)
            if isinstance(found, Selector):
                yield found


def to_json(node: Expression) -> dict[str, Any]:
    """A JSON form that :func:`from_json` reads back to an equal tree."""
    data: dict[str, Any] = {"node": type(node).__name__.lower()}
    for name in type(node).__dataclass_fields__:
        value = getattr(node, name)
        if isinstance(value, Selector):
            value = value.as_dict()
        elif name == "of":
            value = [to_json(child) for child in value]
        data[name] = value
    return data


def from_json(data: Mapping[str, Any]) -> Expression:
    """The tree a bundle stored; raises FeatureError for a node this version does not know."""
    kind = data.get("node")
    if kind not in NODES:
        todo = "use the Leadkeep version that trained the model"
        raise FeatureError("unknown part of a feature", value=kind, todo=todo)
    args = {k: v for k, v in data.items() if k != "node"}
    for name in ("selector", "until"):
        if args.get(name) is not None:
            args[name] = Selector.from_dict(args[name])
    if "of" in args:
        args["of"] = tuple(from_json(child) for child in args["of"])
    node: Expression = NODES[kind](**args)
    return node


def micros(days: float | None) -> int:
    """A window's length in microseconds."""
    return ALL_TIME if days is None else round(days * DAY)


def _as(value: Any) -> Expression:
    return Number(float(value)) if isinstance(value, int | float) else value

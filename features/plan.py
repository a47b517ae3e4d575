"""Turns features and a store's vocabulary into the arrays the compiled loop runs on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, SECOND, UNKNOWN, to_micros
from crm.errors import FeatureError
from crm.events import Signature
from crm.holidays import TET, quiet_spans
from features import kernel
from features.expressions import (
    ALL_TIME,
    Calendar,
    Category,
    Expression,
    Gap,
    Moment,
    Number,
    Reading,
    Wait,
    Window,
    walk,
)
from features.selectors import Selector

AGGREGATES = {
    "count": kernel.COUNT, "value": kernel.VALUE, "duration": kernel.DURATION, "valued": kernel.VALUED,
    "timed": kernel.TIMED, "highest": kernel.HIGHEST, "days": kernel.DAYS, "codes": kernel.DISTINCT,
    "channels": kernel.DISTINCT, "actors": kernel.DISTINCT,
}  # fmt: skip
IDENTIFIED_BY = {"codes": 0, "channels": 1, "actors": 2}
READINGS = {
    ("last", "time"): kernel.LAST, ("first", "time"): kernel.FIRST,
    ("last", "value"): kernel.LAST_VALUE, ("first", "value"): kernel.FIRST_VALUE,
    ("last", "duration"): kernel.LAST_DURATION, ("first", "duration"): kernel.FIRST_DURATION,
    ("last", "words"): kernel.LAST_WORDS, ("first", "words"): kernel.FIRST_WORDS,
}  # fmt: skip
OPERATIONS = {
    "add": kernel.ADD, "subtract": kernel.SUBTRACT, "multiply": kernel.MULTIPLY, "divide": kernel.DIVIDE,
    "remainder": kernel.REMAINDER,
    "least": kernel.LEAST,
    "known": kernel.KNOWN, "either": kernel.EITHER,
}  # fmt: skip
CLOCKS = {"hour": 0, "weekday": 1, "month": 2, "to_tet": 3, "since_tet": 4}
GAPS = {"longest": kernel.GAP_LONGEST, "latest": kernel.GAP_LATEST}
TRASH = 0
"""The cell that takes what falls outside an operation's windows."""
SECONDS_TO_DAYS, SECONDS_TO_HOURS = SECOND / DAY, 1 / 3600


@dataclass(slots=True)
class Plan:
    """Arrays for :func:`features.kernel.fill`, in its order of arguments."""

    arrays: tuple[object, ...]
    columns: int


def _int32(rows: Sequence[object]) -> NDArray[np.int32]:
    return np.ascontiguousarray(np.array(rows, dtype=np.int32))


@dataclass(slots=True)
class _Builder:
    """Collects cells, operations and instructions; equal readings share cells."""

    signatures: Sequence[Signature]
    actors: int
    edges: list[int]
    blank: list[int] = field(default_factory=lambda: [0])
    ops: list[tuple[Selector, list[int]]] = field(default_factory=list)
    buckets: list[list[int]] = field(default_factory=list)
    windows: dict[tuple[Selector, str], list[int]] = field(default_factory=dict)
    spans: dict[tuple[Selector, str], tuple[int, list[int]]] = field(default_factory=dict)
    cells: dict[tuple[object, ...], int] = field(default_factory=dict)
    program: list[tuple[int, int, int]] = field(default_factory=list)
    numbers: list[float] = field(default_factory=list)
    words: list[list[int]] = field(default_factory=list)
    scratch: int = 0

    def new_cells(self, initial: Sequence[int]) -> int:
        self.blank.extend(initial)
        return len(self.blank) - len(initial)

    def add_op(self, selector: Selector, code: int, cell: int, row: int = 0, oldest: int = ALL_TIME,
               scratch: int = 0, identity: int = 0) -> None:  # fmt: skip
        guard = {"": 0, "value": 1, "duration": 2}[selector.measure]
        self.ops.append((selector, [code, cell, row, guard, selector.least, scratch, identity, oldest]))

    def window(self, node: Window) -> None:
        """Pushes the sum of the buckets between the window's two ends."""
        key = (node.selector, node.aggregate)
        if key not in self.spans:
            self.spans[key] = self._buckets(*key)
        base, edges = self.spans[key]
        newest = edges.index(node.newest) + 1 if node.newest else 0
        oldest = len(edges) if node.oldest == ALL_TIME else edges.index(node.oldest)
        push = kernel.PEAK if node.aggregate == "highest" else kernel.TOTAL
        self.program.append((push, base + newest, base + oldest + 1))

    def _buckets(self, selector: Selector, aggregate: str) -> tuple[int, list[int]]:
        code = AGGREGATES[aggregate]
        edges = sorted({e for e in self.windows[selector, aggregate] if 0 < e < ALL_TIME})
        endless = ALL_TIME in self.windows[selector, aggregate]
        base = self.new_cells([UNKNOWN if code == kernel.HIGHEST else 0] * (len(edges) + 1))
        uppers = [*self.edges, ALL_TIME]
        places = [sum(edge < upper for edge in edges) for upper in uppers]
        self.buckets.append([base + p if p < len(edges) or endless else TRASH for p in places])
        cell, identity, scratch = 0, 0, 0
        if code == kernel.DAYS:
            cell = self.new_cells([UNKNOWN])
        if code == kernel.DISTINCT:
            identity, scratch = IDENTIFIED_BY[aggregate], self.scratch
            self.scratch += 1
        oldest = ALL_TIME if endless else max(edges)
        self.add_op(selector, code, cell, len(self.buckets) - 1, oldest, scratch, identity)
        return base, edges

    def single(self, selector: Selector, code: int) -> int:
        """The cell that keeps one reading of the first or last event."""
        return self.shared((selector, code), [UNKNOWN], lambda cell: self.add_op(selector, code, cell))

    def gaps(self, node: Gap) -> int:
        """The cells of a selector's gaps."""
        initial = [UNKNOWN, UNKNOWN, 0, 0, 0, UNKNOWN, UNKNOWN]
        return self.shared(
            (node.selector, "gap", node.oldest),
            initial,
            lambda cell: self.add_op(node.selector, kernel.GAP, cell, oldest=node.oldest),
        )

    def waits(self, node: Wait) -> int:
        """The cells of the waits from one selector to another."""

        def ops(cell: int) -> None:
            self.add_op(node.selector, kernel.WAIT, cell, oldest=node.oldest)
            self.add_op(node.until, kernel.ANSWER, cell)

        return self.shared((node.selector, node.until, node.oldest), [UNKNOWN, 0, 0, 0, UNKNOWN], ops)

    def shared(self, key: tuple[object, ...], initial: Sequence[int], ops: Callable[[int], None]) -> int:
        if key not in self.cells:
            self.cells[key] = self.new_cells(initial)
            ops(self.cells[key])
        return self.cells[key]

    def number(self, value: float) -> int:
        self.numbers.append(value)
        return len(self.numbers) - 1

    def cell(self, cell: int, scale: float = 1.0) -> None:
        self.program.append((kernel.CELL, cell, self.number(scale)))

    def emit(self, node: Expression, categories: Sequence[str]) -> None:
        """Instructions that push the node's value."""
        if isinstance(node, Number):
            self.program.append((kernel.NUMBER, self.number(node.value), 0))
        elif isinstance(node, Window):
            self.window(node)
        elif isinstance(node, Moment):
            cell = self.single(node.selector, READINGS[node.which, "time"])
            self.program.append((kernel.AGE_QUIET if node.quiet else kernel.AGE, cell, 0))
        elif isinstance(node, Reading):
            self._reading(node)
        elif isinstance(node, Category):
            cell = self.single(node.selector, READINGS[node.which, "words"])
            self.words.append(_word_indices(self.signatures, node.column, categories))
            self.program.append((kernel.WORD, cell, len(self.words) - 1))
        elif isinstance(node, Gap):
            self._gap(node)
        elif isinstance(node, Wait):
            self._wait(node)
        elif isinstance(node, Calendar):
            cell = -1 if node.selector is None else self.single(node.selector, READINGS[node.which, "time"])
            self.program.append((kernel.CLOCK, CLOCKS[node.what], cell))
        else:
            for child in node.of:
                self.emit(child, categories)
            self.program.append((OPERATIONS[node.name], 0, 0))

    def _reading(self, node: Reading) -> None:
        if node.what == "until":
            cell = self.single(node.selector, READINGS[node.which, "value"])
            self.program.append((kernel.UNTIL, cell, 0))
        else:
            self.cell(self.single(node.selector, READINGS[node.which, node.what]))

    def _gap(self, node: Gap) -> None:
        cell = self.gaps(node)
        if node.statistic == "count":
            self.cell(cell + kernel.GAP_COUNT)
        elif node.statistic == "deviation":
            self.program.append((kernel.SPREAD, cell, 0))
        elif node.statistic == "mean":
            self.cell(cell + kernel.GAP_SUM, SECONDS_TO_DAYS)
            self.cell(cell + kernel.GAP_COUNT)
            self.program.append((kernel.DIVIDE, 0, 0))
        else:
            self.cell(cell + GAPS[node.statistic], SECONDS_TO_DAYS)

    def _wait(self, node: Wait) -> None:
        cell = self.waits(node)
        if node.statistic == "mean":
            self.cell(cell + kernel.WAIT_SUM, SECONDS_TO_HOURS)
            self.cell(cell + kernel.WAIT_COUNT)
            self.program.append((kernel.DIVIDE, 0, 0))
        elif node.statistic == "longest":
            self.cell(cell + kernel.WAIT_LONGEST, SECONDS_TO_HOURS)
        else:
            places = {"answered": kernel.WAIT_COUNT, "unanswered": kernel.WAIT_OPEN}
            self.cell(cell + places[node.statistic])


Looks = dict[Signature, tuple[list[int], list[int]]]
"""By signature: the operations that look at its events, and how many of them still do in each age bucket."""


def compile_plan(
    expressions: Sequence[tuple[Expression, Sequence[str]]],
    signatures: Sequence[Signature],
    actors: int,
    zone: str,
    looks: Looks | None = None,
) -> Plan:
    """The plan for these expressions (each with its categories, empty for numbers) over this vocabulary.

    ``looks`` of an earlier plan for the same expressions spares looking at its signatures again, and is added to.
    Raises FeatureError for an aggregate that cannot skip its newest events but is asked to.
    """
    windows: dict[tuple[Selector, str], list[int]] = {}
    for expression, _ in expressions:
        for node in walk(expression):
            if isinstance(node, Window):
                _check(node)
                windows.setdefault((node.selector, node.aggregate), []).extend((node.newest, node.oldest))
    edges = sorted({e for ends in windows.values() for e in ends if 0 < e < ALL_TIME})
    builder = _Builder(signatures, actors, edges, windows=windows)
    for column, (expression, categories) in enumerate(expressions):
        builder.emit(expression, categories)
        builder.program.append((kernel.STORE, column, 0))
    return _finish(builder, zone, len(expressions), {} if looks is None else looks)


def _check(node: Window) -> None:
    if node.aggregate not in AGGREGATES:
        raise FeatureError("unknown aggregate", value=node.aggregate, todo=f"one of {', '.join(AGGREGATES)}")
    if node.newest and node.aggregate in ("days", *IDENTIFIED_BY):
        raise FeatureError(
            f"{node.aggregate} of a window that leaves out its newest days cannot be kept in one pass",
            value=node.newest,
            todo="declare it without skip",
        )


def _finish(builder: _Builder, zone: str, columns: int, looks: Looks) -> Plan:
    start, stop, ops = _ops_by_signature(builder, looks)
    codes, channels = (
        _number([s.code for s in builder.signatures]),
        _number([s.channel for s in builder.signatures]),
    )
    width = max([builder.actors, *codes, *channels], default=0) + 1
    arrays = (
        np.array(builder.edges, dtype=np.int64),
        _int32(start),
        _int32(stop).reshape(-1, len(builder.edges) + 1),
        ops,
        _int32(builder.buckets).reshape(-1, len(builder.edges) + 1),
        _int32([codes, channels]).T.copy().reshape(-1, 2),
        np.array(builder.blank, dtype=np.int64),
        builder.scratch,
        width if builder.scratch else 0,
        _int32(builder.program).reshape(-1, 3),
        np.array(builder.numbers, dtype=np.float64),
        _int32(builder.words).reshape(-1, len(builder.signatures)),
        _int32([(day - datetime(1970, 1, 1).date()).days for day in TET]),
        _quiet(zone),
    )
    return Plan(arrays, columns)


def _ops_by_signature(
    builder: _Builder, looks: Looks
) -> tuple[list[int], list[list[int]], NDArray[np.int64]]:
    """For each signature: where its operations start, where they stop in each age bucket, and they.

    Those that reach back longest come first, so that older events meet only operations still interested.
    """
    start: list[int] = []
    stop: list[list[int]] = []
    places: list[int] = []
    newest_age = [0, *builder.edges]
    reach = [op[7] for _, op in builder.ops]
    for signature in builder.signatures:
        if signature not in looks:
            mine = [place for place, (selector, _) in enumerate(builder.ops) if selector.takes(signature)]
            mine.sort(key=lambda place: -reach[place])
            looks[signature] = mine, [sum(reach[place] > age for place in mine) for age in newest_age]
        mine, counts = looks[signature]
        start.append(len(places))
        stop.append([len(places) + count for count in counts])
        places.extend(mine)
    ops = np.array([op for _, op in builder.ops], dtype=np.int64).reshape(-1, 8)
    return start, stop, ops[np.array(places, dtype=np.intp)]


def _number(words: Sequence[str]) -> list[int]:
    """Numbers for distinct words; -1 for the blank, which is not a value."""
    known = {word: i for i, word in enumerate(sorted(set(words) - {""}))}
    return [known.get(word, -1) for word in words]


def _word_indices(signatures: Sequence[Signature], column: str, categories: Sequence[str]) -> list[int]:
    """Category index of every signature's word: the last one is "other", -1 the blank."""
    index = {word: i for i, word in enumerate(categories)}
    words = [getattr(s, column) for s in signatures]
    return [-1 if word == "" else index.get(word, len(categories) - 1) for word in words]


def _quiet(zone: str) -> NDArray[np.int64]:
    """Start and end of the quiet spans in UTC microseconds."""
    at = ZoneInfo(zone)
    return np.array(
        [
            [to_micros(datetime.combine(d, time(), at).astimezone(UTC)) for d in span]
            for span in quiet_spans()
        ],
        dtype=np.int64,
    )


__all__ = ["Looks", "Plan", "compile_plan"]

"""A slow, obvious SQL version of every expression, written apart from the engine to check it."""

import duckdb
import numpy as np
import pandas as pd

from crm.clock import DAY, SECOND, UNKNOWN
from crm.events import Events
from crm.holidays import TET, quiet_spans
from features.expressions import (
    Calendar,
    Category,
    Expression,
    Gap,
    Moment,
    Number,
    Op,
    Reading,
    Wait,
    Window,
)
from features.selectors import Selector

OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "remainder": "%"}
OFFSET = 7 * 3600 * SECOND  # the oracle runs in Asia/Ho_Chi_Minh, which has had no other offset since 1975


def frames(events: Events) -> pd.DataFrame:
    """One row an event, with its words spelled out and unknown numbers as NULL."""
    words = pd.DataFrame(list(events.signatures)).iloc[events.signature].reset_index(drop=True)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(len(events.subjects)), np.diff(events.offsets)),
            "event_id": np.arange(len(events)),
            "occurred_at": events.occurred_at,
            "known_at": events.known_at,
            "known_until": events.known_until,
            "value": pd.array(events.value, dtype="Int64"),
            "duration": pd.array(events.duration, dtype="Int64"),
            "actor": pd.array(events.actor, dtype="Int64"),
            "day": events.day,
        }
    )
    frame.loc[events.value == UNKNOWN, "value"] = pd.NA
    frame.loc[events.duration == UNKNOWN, "duration"] = pd.NA
    frame.loc[events.actor < 0, "actor"] = pd.NA
    return pd.concat([frame, words], axis=1)


class Oracle:
    """Answers expressions for given snapshots, one query each."""

    def __init__(self, events: Events, subject_index: np.ndarray, cutoff: np.ndarray) -> None:
        self.db = duckdb.connect()
        self.db.register("events", frames(events))
        self.db.register(
            "snapshots",
            pd.DataFrame({"row": np.arange(len(cutoff)), "subject": subject_index, "cutoff": cutoff}),
        )
        self.db.execute(
            "CREATE TABLE visible AS SELECT s.row, s.cutoff, s.cutoff - e.occurred_at AS age, e.* "
            "FROM snapshots s JOIN events e ON s.subject = e.subject WHERE e.occurred_at < s.cutoff "
            "AND e.known_at < s.cutoff AND s.cutoff <= e.known_until"
        )

    def answer(self, node: Expression, categories: tuple[str, ...] = ()) -> np.ndarray:
        """float64 per snapshot, NaN where unknown."""
        if isinstance(node, Number):
            return np.full(len(self.rows("SELECT row FROM snapshots ORDER BY row")), node.value)
        if isinstance(node, Op):
            return self._op(node, categories)
        if isinstance(node, Category):
            return self._category(node, categories)
        return self._numbers(self._query(node))

    def rows(self, query: str) -> list[tuple[object, ...]]:
        return self.db.execute(query).fetchall()

    def _numbers(self, per_row: str) -> np.ndarray:
        found = self.rows(
            f"SELECT s.row, x FROM snapshots s LEFT JOIN ({per_row}) q ON q.row = s.row ORDER BY s.row"
        )
        return np.array([np.nan if x is None else float(x) for _, x in found])

    def _op(self, node: Op, categories: tuple[str, ...]) -> np.ndarray:
        values = [self.answer(child, categories) for child in node.of]
        with np.errstate(all="ignore"):
            match node.name:
                case "known":
                    return np.where(np.isnan(values[0]), 0.0, 1.0)
                case "either":
                    return np.where(np.isnan(values[0]), values[1], values[0])
                case "least":
                    return np.minimum(*values)
                case "divide":
                    return np.where(values[1] == 0, np.nan, values[0] / values[1])
                case "remainder":
                    return np.where(values[1] == 0, np.nan, np.mod(values[0], values[1]))
        return {"add": np.add, "subtract": np.subtract, "multiply": np.multiply}[node.name](*values)

    def _category(self, node: Category, categories: tuple[str, ...]) -> np.ndarray:
        order = "DESC" if node.which == "last" else "ASC"
        query = (
            f"SELECT row, FIRST({node.column} ORDER BY occurred_at {order}, event_id {order}) AS word "
            f"FROM visible WHERE {where(node.selector)} GROUP BY row"
        )
        found = self.rows(
            f"SELECT s.row, word FROM snapshots s LEFT JOIN ({query}) q ON q.row = s.row ORDER BY s.row"
        )
        known = list(categories)
        return np.array(
            [np.nan if not w else float(known.index(w) if w in known else len(known) - 1) for _, w in found]
        )

    def _query(self, node: Expression) -> str:
        if isinstance(node, Window):
            return self._window(node)
        if isinstance(node, Gap):
            return self._gap(node)
        if isinstance(node, Wait):
            return self._wait(node)
        if isinstance(node, Calendar):
            return self._calendar(node)
        assert isinstance(node, Moment | Reading)
        order = "DESC" if node.which == "last" else "ASC"
        if isinstance(node, Moment):
            pick = f"FIRST(occurred_at ORDER BY occurred_at {order}, event_id {order})"
            quiet = " - ".join(["", *(overlap("t", *span) for span in quiet_spans())]) if node.quiet else ""
            return (
                f"SELECT row, (cutoff - t {quiet}) / {DAY}.0 AS x FROM (SELECT row, cutoff, {pick} AS t "
                f"FROM visible WHERE {where(node.selector)} GROUP BY row, cutoff)"
            )
        column = "duration" if node.what == "duration" else "value"
        pick = f"FIRST({column} ORDER BY occurred_at {order}, event_id {order})"
        result = f"(v * {SECOND} - cutoff) / {DAY}.0" if node.what == "until" else "v"
        return (
            f"SELECT row, {result} AS x FROM (SELECT row, cutoff, {pick} AS v FROM visible "
            f"WHERE {where(node.selector)} AND {column} IS NOT NULL GROUP BY row, cutoff)"
        )

    def _window(self, node: Window) -> str:
        aggregate = {
            "count": "COUNT(*)", "value": "COALESCE(SUM(value), 0)", "duration": "COALESCE(SUM(duration), 0)",
            "valued": "COUNT(value)", "timed": "COUNT(duration)", "highest": "MAX(value)",
            "days": "COUNT(DISTINCT day)", "codes": "COUNT(DISTINCT NULLIF(code, ''))",
            "channels": "COUNT(DISTINCT NULLIF(channel, ''))", "actors": "COUNT(DISTINCT actor)",
        }[node.aggregate]  # fmt: skip
        inside = f"{where(node.selector)} AND age > {node.newest} AND age <= {node.oldest}"
        none = "NULL" if node.aggregate == "highest" else "0"
        return (
            f"SELECT s.row, COALESCE(x, {none}) AS x FROM snapshots s LEFT JOIN "
            f"(SELECT row, {aggregate} AS x FROM visible WHERE {inside} GROUP BY row) a ON a.row = s.row"
        )

    def _gap(self, node: Gap) -> str:
        days = (
            f"SELECT row, day, MIN(occurred_at) AS a, MAX(occurred_at) AS b FROM visible "
            f"WHERE {where(node.selector)} AND age <= {node.oldest} GROUP BY row, day"
        )
        gaps = f"SELECT row, day, (a - LAG(b) OVER (PARTITION BY row ORDER BY day)) // {SECOND} AS g FROM ({days})"
        x = {
            "count": "COUNT(g)", "mean": f"AVG(g) * {SECOND} / {DAY}.0", "longest": f"MAX(g) * {SECOND} / {DAY}.0",
            "deviation": f"STDDEV_POP(g) * {SECOND} / {DAY}.0", "latest": f"LAST(g ORDER BY day) * {SECOND} / {DAY}.0",
        }[node.statistic]  # fmt: skip
        found = f"SELECT row, {x} AS x FROM ({gaps}) GROUP BY row"
        if node.statistic == "count":
            return (
                f"SELECT s.row, COALESCE(x, 0) AS x FROM snapshots s LEFT JOIN ({found}) f ON f.row = s.row"
            )
        return found

    def _wait(self, node: Wait) -> str:
        start = f"SELECT * FROM visible WHERE {where(node.selector)} AND age <= {node.oldest}"
        answer = f"SELECT row, occurred_at, event_id FROM visible WHERE {where(node.until)}"
        paired = (
            f"SELECT a.row, a.event_id, (MIN(b.occurred_at) - a.occurred_at) // {SECOND} AS w FROM ({start}) a "
            f"LEFT JOIN ({answer}) b ON a.row = b.row AND (b.occurred_at, b.event_id) > (a.occurred_at, a.event_id) "
            "GROUP BY a.row, a.event_id, a.occurred_at"
        )
        x = {
            "answered": "COUNT(w)", "unanswered": "COUNT(*) FILTER (w IS NULL)", "mean": "AVG(w) / 3600.0",
            "longest": "MAX(w) / 3600.0",
        }[node.statistic]  # fmt: skip
        found = f"SELECT row, {x} AS x FROM ({paired}) GROUP BY row"
        if node.statistic in ("answered", "unanswered"):
            return (
                f"SELECT s.row, COALESCE(x, 0) AS x FROM snapshots s LEFT JOIN ({found}) f ON f.row = s.row"
            )
        return found

    def _calendar(self, node: Calendar) -> str:
        moments = "SELECT row, cutoff AS t FROM snapshots"
        if node.selector is not None:
            pick = "MAX" if node.which == "last" else "MIN"
            moments = (
                f"SELECT row, {pick}(occurred_at) AS t FROM visible WHERE {where(node.selector)} GROUP BY row"
            )
        local = f"make_timestamp((t + {OFFSET})::BIGINT)"
        new_year = ", ".join(f"DATE '{day}'" for day in TET)
        x = {
            "hour": f"hour({local})", "weekday": f"isodow({local}) - 1", "month": f"month({local})",
            "to_tet": f"list_min(list_filter([{new_year}], lambda d: d >= {local}::DATE)) - {local}::DATE",
            "since_tet": f"{local}::DATE - list_max(list_filter([{new_year}], lambda d: d <= {local}::DATE))",
        }[node.what]  # fmt: skip
        return f"SELECT row, {x} AS x FROM ({moments})"


def where(selector: Selector) -> str:
    """The selector as a condition."""
    parts = ["TRUE"]
    for column in ("kind", "field", "code", "channel", "direction"):
        if words := getattr(selector, column):
            parts.append(f"{column} IN ({quoted(words)})")
    if selector.without:
        parts.append(f"kind NOT IN ({quoted(selector.without)})")
    if selector.other_column:
        parts.append(f"{selector.other_column} NOT IN ({quoted((*selector.other_than, ''))})")
    if selector.measure:
        parts.append(f"{selector.measure} >= {selector.least}")
    return " AND ".join(parts)


def quoted(words: tuple[str, ...]) -> str:
    return ", ".join("'" + word.replace("'", "''") + "'" for word in words)


def overlap(since: str, start: object, end: object) -> str:
    """Microseconds of [since, cutoff) inside a quiet span of local days."""
    low, high = (f"(epoch_us(TIMESTAMP '{day}') - {OFFSET})" for day in (start, end))
    return f"GREATEST(0, LEAST(cutoff, {high}) - GREATEST({since}, {low}))"

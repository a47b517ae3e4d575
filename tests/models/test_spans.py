"""Counts over many subjects and moments equal looking at each span in turn."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.spans import Happenings, Spans

from .histories import Event, history

moments = st.integers(-20, 20)


@given(st.lists(st.tuples(st.integers(0, 3), moments, moments), max_size=30),
       st.lists(st.tuples(st.integers(0, 3), moments), max_size=20))  # fmt: skip
def test_covering_counts_spans_open_below_and_closed_above(
    spans: list[tuple[int, int, int]], asked: list[tuple[int, int]]
) -> None:
    table = np.array(spans, dtype=np.int64).reshape(len(spans), 3)
    queries = np.array(asked, dtype=np.int64).reshape(len(asked), 2)
    found = Spans.of(4, table[:, 0], table[:, 1], table[:, 2]).covering(queries[:, 0], queries[:, 1])
    expected = [sum(s == who and a < t <= b for who, a, b in spans) for s, t in asked]
    assert found.tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 12)), max_size=15))
def test_visible_is_what_events_say(rows: list[tuple[int, int, int]]) -> None:
    made = history({"a": [Event("call", at, known, until) for at, known, until in rows], "b": []})
    calls = Happenings.of(made, "call")
    cutoffs = made.occurred_at[:1].repeat(0) if not rows else np.unique(np.concatenate(
        [made.occurred_at, made.known_at, made.known_until, made.known_until + 1, made.known_at + 1]
    ))  # fmt: skip
    expected = [sum(made.visible(row, int(c)) for row in range(len(made))) for c in cutoffs]
    assert calls.visible(np.zeros(len(cutoffs), dtype=np.int32), cutoffs).tolist() == expected
    alone = [int(calls.visible(np.array([0]), cutoffs[k : k + 1])[0]) for k in range(len(cutoffs))]
    assert alone == expected


def test_subjects_without_events() -> None:
    found = Happenings.of(history({"a": [], "b": []}), "call")
    assert found.visible(np.array([0, 1]), np.array([1, 2])).tolist() == [0, 0]
    assert found.times().before(np.array([1]), np.array([2])).tolist() == [0]

"""The engine: nothing unseen counts, one subject equals the batch, blocks change nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.clock import DAY, FOREVER
from crm.errors import FeatureError
from crm.events import COLUMNS, Events, Signature
from features import catalogue, engine
from features.declare import count, different, named, says
from features.spec import FeatureSpec, expand
from tests.features.histories import START, VOCABULARY, random_events, random_snapshots

ZONE = "Asia/Ho_Chi_Minh"
EVENTS = random_events(11)
SNAPSHOTS = random_snapshots(12, EVENTS)
SPEC = expand(list(catalogue.groups()), EVENTS, *SNAPSHOTS, zone=ZONE, least=2)
MATRIX = engine.compute(SPEC, EVENTS, *SNAPSHOTS)


def with_events(events: Events, subject: int, rows: list[tuple[int, int, int, int]]) -> Events:
    """The same events and some more of one subject: (occurred_at, known_at, known_until, signature)."""
    added = np.array(rows, dtype=np.int64).reshape(-1, 4)
    begin, end = events.offsets[subject], events.offsets[subject + 1]
    occurred = np.concatenate([events.occurred_at[begin:end], added[:, 0]])
    order = begin + np.argsort(occurred, kind="stable")
    n = len(added)

    def put(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        joined = np.concatenate([old[:end], new.astype(old.dtype), old[end:]])
        joined[begin : end + n] = joined[order]
        return joined

    return replace(
        events,
        offsets=np.concatenate([events.offsets[: subject + 1], events.offsets[subject + 1 :] + n]),
        occurred_at=put(events.occurred_at, added[:, 0]),
        known_at=put(events.known_at, added[:, 1]),
        known_until=put(events.known_until, added[:, 2]),
        signature=put(events.signature, added[:, 3]),
        value=put(events.value, np.full(n, 77)),
        duration=put(events.duration, np.full(n, 77)),
        actor=put(events.actor, np.full(n, 3)),
        day=put(events.day, (added[:, 0] + 7 * DAY // 24) // DAY),
    )


@st.composite
def unseen(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, int, int]]]:
    """A snapshot's row, and events that are not visible at its cutoff."""
    row = draw(st.integers(0, len(SNAPSHOTS[0]) - 1))
    cutoff = int(SNAPSHOTS[1][row])
    moment = st.integers(START, START + 900 * DAY)
    after = st.integers(cutoff, cutoff + 90 * DAY)
    signature = st.integers(0, len(VOCABULARY) - 1)
    future = st.tuples(after, after, st.just(FOREVER), signature).map(
        lambda e: (e[0], max(e[0], e[1]), e[2], e[3])
    )
    late = st.tuples(moment, after, st.just(FOREVER), signature)
    closed = st.tuples(moment, st.just(START), st.integers(START, cutoff - 1), signature)
    return row, draw(st.lists(st.one_of(future, late, closed), min_size=1, max_size=8))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(unseen())
def test_events_not_visible_at_the_cutoff_change_nothing(
    case: tuple[int, list[tuple[int, int, int, int]]],
) -> None:
    row, rows = case
    subject, cutoff = SNAPSHOTS[0][row : row + 1], SNAPSHOTS[1][row : row + 1]
    more = with_events(EVENTS, int(subject[0]), rows)
    np.testing.assert_array_equal(engine.compute(SPEC, more, subject, cutoff)[0], MATRIX[row])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(SNAPSHOTS[0]) - 1), st.integers(0, len(VOCABULARY) - 1))
def test_a_visible_event_does_count(row: int, signature: int) -> None:
    """So that the test above cannot pass on an engine that looks at nothing."""
    subject, cutoff = int(SNAPSHOTS[0][row]), int(SNAPSHOTS[1][row])
    more = with_events(EVENTS, subject, [(cutoff - 1, cutoff - 1, cutoff, signature)])
    wanted = VOCABULARY[signature]
    spec = one(says(count(wanted.kind), en="a", vi="b"))
    rows = (SNAPSHOTS[0][row : row + 1], SNAPSHOTS[1][row : row + 1])
    assert engine.compute(spec, more, *rows)[0, 0] == engine.compute(spec, EVENTS, *rows)[0, 0] + 1


def test_one_subject_equals_the_batch_bit_for_bit() -> None:
    for row in range(0, len(MATRIX), 7):
        subject = int(SNAPSHOTS[0][row])
        begin, end = EVENTS.offsets[subject], EVENTS.offsets[subject + 1]
        alone = replace(
            EVENTS,
            subjects=[EVENTS.subjects[subject]],
            offsets=np.array([0, end - begin], dtype=np.int64),
            **{name: getattr(EVENTS, name)[begin:end] for name in COLUMNS},
        )
        online = engine.compute(SPEC, alone, np.zeros(1, dtype=np.int32), SNAPSHOTS[1][row : row + 1])
        assert online.tobytes() == MATRIX[row : row + 1].tobytes()


def test_tasks_and_their_order_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ROWS_A_TASK", 7)
    assert engine.compute(SPEC, EVENTS, *SNAPSHOTS).tobytes() == MATRIX.tobytes()
    back = engine.compute(SPEC, EVENTS, SNAPSHOTS[0][::-1], SNAPSHOTS[1][::-1])
    assert np.ascontiguousarray(back[::-1]).tobytes() == MATRIX.tobytes()


def test_a_subject_without_events_keeps_its_row() -> None:
    row = int(np.flatnonzero(SNAPSHOTS[0] == 0)[0])
    names = SPEC.names
    assert MATRIX[row, names.index("orders_all")] == 0
    assert np.isnan(MATRIX[row, names.index("since_order")])


def test_new_words_count_as_other() -> None:
    new = (*VOCABULARY, Signature("change", "industry", "Nông nghiệp"))
    cutoff = np.array([START + 800 * DAY])
    subject = np.zeros(1, dtype=np.int32)
    rows = [(START, START, FOREVER, len(new) - 1)]
    more = with_events(replace(EVENTS, signatures=new), 0, rows)
    column = SPEC.names.index("attribute_industry")
    assert SPEC.features[column].categories[-1] == "other"
    value = engine.compute(SPEC, more, subject, cutoff)[0, column]
    assert value == len(SPEC.features[column].categories) - 1


def test_a_vocabulary_that_grew_gives_what_a_new_one_gives() -> None:
    spec, few = replace(SPEC), VOCABULARY[:-3]  # a spec of which nothing is known yet
    fewer = replace(EVENTS, signatures=few, signature=np.minimum(EVENTS.signature, len(few) - 1))
    assert engine.compute(spec, fewer, *SNAPSHOTS).tobytes() != MATRIX.tobytes()
    assert engine.compute(spec, EVENTS, *SNAPSHOTS).tobytes() == MATRIX.tobytes()


def test_a_snapshot_of_a_stranger_is_refused() -> None:
    with pytest.raises(FeatureError, match="outside the events"):
        engine.compute(SPEC, EVENTS, np.array([10_000], dtype=np.int32), np.array([START]))


def test_distinct_counts_cannot_skip_the_newest_days() -> None:
    window = replace(different("codes", "item", days=90), newest=DAY)
    with pytest.raises(FeatureError, match="cannot be kept in one pass"):
        engine.compute(one(says(window, en="a", vi="b")), EVENTS, *SNAPSHOTS)


def one(feature: object) -> FeatureSpec:
    return FeatureSpec((named(feature, "it", "test"),), ZONE)  # type: ignore[arg-type]

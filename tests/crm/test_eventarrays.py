"""Event files written from arrays read back as they were."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from crm import eventarrays
from crm.clock import FOREVER, UNKNOWN
from crm.days import local_day

ZONE = "Asia/Ho_Chi_Minh"
COLUMNS = ("offsets", "occurred_at", "known_at", "known_until", "signature", "value", "duration", "actor")


def shuffled(rows: int = 30_000) -> pa.Table:
    """Events of some hundred leads in no order."""
    rng = np.random.default_rng(1)
    return pa.table({
        "subject": [f"lead:x:{n}" for n in rng.integers(0, 300, rows)],
        "event_id": rng.permutation(rows), "kind": rng.choice(["call", "email"], rows),
        "direction": pa.array(rng.choice(["in", "out", None], rows), pa.string()),
        "occurred_at": rng.integers(1, 1000, rows) * 1_000_000,
        "value": pa.array([None if n % 2 else n for n in range(rows)], pa.int64()),
        "actor": pa.array(rng.choice(["x:1", None], rows), pa.string()),
    })  # fmt: skip


def test_sorting_keeps_every_event_with_its_words() -> None:
    table = shuffled(500)
    events, actors = eventarrays.sort(table, ZONE)
    rows = sorted(table.to_pylist(), key=lambda row: (row["subject"], row["occurred_at"], row["event_id"]))
    words = [events.signatures[number] for number in events.signature]
    assert [said.kind for said in words] == [row["kind"] for row in rows]
    assert [said.direction or None for said in words] == [row["direction"] for row in rows]
    assert events.occurred_at.tolist() == [row["occurred_at"] for row in rows]
    assert events.value.tolist() == [UNKNOWN if row["value"] is None else row["value"] for row in rows]
    assert [actors[a] if a >= 0 else None for a in events.actor] == [row["actor"] for row in rows]
    assert (events.known_until == FOREVER).all()


def test_written_events_read_back_in_several_buckets(tmp_path: Path) -> None:
    events, actors = eventarrays.sort(shuffled(), ZONE)
    store = eventarrays.write(tmp_path / "1", {"lead": events}, zone=ZONE, actors=actors)
    read = store.read("lead")
    assert read.subjects == events.subjects
    assert read.signatures == events.signatures
    for column in COLUMNS:
        np.testing.assert_array_equal(getattr(read, column), getattr(events, column))
    one = store.one("lead:x:7")
    place = events.subjects.index("lead:x:7")
    part = slice(events.offsets[place], events.offsets[place + 1])
    np.testing.assert_array_equal(one.value, events.value[part])
    assert store.read("customer").subjects == []


def test_local_days_follow_summer_time() -> None:
    hour = 3_600_000_000
    moments = np.array([1_711_846_799, 1_711_839_600, 1_711_922_400], dtype=np.int64) * 1_000_000
    expected = [str(day) for day in ("2024-03-31", "2024-03-31", "2024-04-01")]
    assert local_day(moments, "Europe/Paris").astype("datetime64[D]").astype(str).tolist() == expected
    assert local_day(moments[:1] - 24 * hour, "UTC").tolist() == [19812]

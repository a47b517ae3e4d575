"""Parquet files: typed cells."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from crm.connectors.parquet import read
from crm.errors import SourceError
from crm.sheets import Options


def test_cells_keep_their_types(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    moment = datetime(2024, 3, 5, 7, 30)
    table = pa.table({
        "id": pa.array([1.0, float("nan"), None]),
        "at": pa.array([moment, None, moment], pa.timestamp("ns")),
        "utc": pa.array([moment.replace(tzinfo=UTC), None, None], pa.timestamp("ms", "UTC")),
        "code": pa.array(["a", "b", "a"]).dictionary_encode(),
        "nested": pa.array([[1], [2], []]),
    })  # fmt: skip
    pq.write_table(table, path)
    sheet = read(path, Options())
    shown = {
        name: [values[c] if c >= 0 else None for c in codes]
        for name, (codes, values) in sheet.columns.items()
    }
    assert shown == {
        "id": [1.0, None, None],
        "at": [moment, None, moment],
        "utc": [moment.replace(tzinfo=UTC), None, None],
        "code": ["a", "b", "a"],
    }
    assert sheet.lines.tolist() == [1, 2, 3]


def test_a_damaged_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"a": [1]}), path)
    path.write_bytes(path.read_bytes()[:-6])
    with pytest.raises(SourceError, match="cannot be read"):
        read(path, Options())

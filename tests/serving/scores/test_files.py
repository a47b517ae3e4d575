import csv
import errno
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import LeadkeepError, ResourceError
from crm.tables.scores import Score
from serving.cells import harmless, meant
from serving.scores.files import written


def score(source_id: str = "LEA-1", text: str = "Khách gọi lại 3 lần trong 7 ngày qua") -> Score:
    reason = {
        "topic": "calls",
        "vi": text,
        "en": "Called back 3 times in the last 7 days",
        "contribution": 0.7,
    }
    return Score(
        target="lead_conversion", subject=f"lead:cloudgo:{source_id}", cutoff=0, version="1", kind="lightgbm",
        probability=0.31234567, raw=-0.8, band="hot", value=12_000_000, expected=3_748_148, reasons=[reason],
        source="cloudgo", source_id=source_id,
    )  # fmt: skip


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_opens_in_excel_and_keeps_vietnamese(tmp_path: Path) -> None:
    out = tmp_path / "điểm.csv"
    with written(out) as sink:
        sink.write([score()], "2026-03-01T00:00:00+07:00")
    assert out.read_bytes().startswith(b"\xef\xbb\xbf")
    (row,) = read(out)
    assert row["source_id"] == "LEA-1"
    assert (row["probability"], row["percent"], row["band"]) == ("0.312346", "31", "hot")
    assert row["reason_1_vi"] == "Khách gọi lại 3 lần trong 7 ngày qua"
    assert row["reason_2_vi"] == ""


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+cmd", "-1+1", "@SUM", "\r1", "+84=1", "＝1+1", "'=1"])
def test_formulas_are_neutralised(cell: str, tmp_path: Path) -> None:
    with written(tmp_path / "a.csv") as sink:
        sink.write([score(cell, cell)], "")
    (row,) = read(tmp_path / "a.csv")
    assert row["source_id"] == row["reason_1_vi"] == f"'{cell}"


def test_no_cell_begins_a_formula_wherever_a_spreadsheet_parts_it(tmp_path: Path) -> None:
    with written(tmp_path / "a.csv") as sink:
        sink.write([score("L1", "Quan tâm;=HYPERLINK(1)\t@SUM(1); - giá")], "")
    (row,) = read(tmp_path / "a.csv")
    assert row["reason_1_vi"] == "Quan tâm;'=HYPERLINK(1)\t'@SUM(1); - giá"


@given(st.text(alphabet="=+-@＝'\t\r\n;a1. ", max_size=9))
def test_what_was_made_harmless_can_be_read_back(cell: str) -> None:
    assert meant(harmless(cell)) == cell


@pytest.mark.parametrize("cell", ["+84912345678", "-5", "-1.234,5", "LEA-1", "Nguyễn", -3, 0.5, None, ""])
def test_phones_numbers_and_plain_text_are_left_alone(cell: object) -> None:
    assert harmless(cell) == cell


def test_parquet_holds_the_same(tmp_path: Path) -> None:
    with written(tmp_path / "a.parquet") as sink:
        sink.write([score("=1"), score("2")], "2026-03-01T00:00:00+07:00")
        sink.write([score("3")], "2026-03-01T00:00:00+07:00")
    rows = pq.read_table(tmp_path / "a.parquet").to_pylist()
    assert [row["source_id"] for row in rows] == ["=1", "2", "3"]
    assert rows[0]["reasons_en"] == ["Called back 3 times in the last 7 days"]
    assert rows[0]["value"] == 12_000_000


def test_a_file_is_whole_or_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "a.csv"
    out.write_text("yesterday's")
    with pytest.raises(ZeroDivisionError), written(out) as sink:  # noqa: PT012
        sink.write([score()], "")
        raise ZeroDivisionError
    assert out.read_text() == "yesterday's"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(ResourceError, match="the disk is full"), written(tmp_path / "a.csv"):
        raise full
    assert list(tmp_path.iterdir()) == []


def test_a_device_that_is_full() -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this system has no /dev/full")
    from serving.scores.files import CsvFile

    with (
        pytest.raises(OSError, match="No space left"),
        device.open("wb", buffering=0) as file,
        CsvFile(file) as sink,
    ):
        sink.write([score()] * 2000, "")


def test_a_folder_that_is_missing_and_an_unknown_ending(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="cannot be written"), written(tmp_path / "no" / "a.csv"):
        pass
    with pytest.raises(LeadkeepError, match=r"\.csv or \.parquet"), written(tmp_path / "a.xlsx"):
        pass

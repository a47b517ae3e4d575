"""Workbooks: the types of their cells, their sheets, their rows."""

from datetime import datetime
from pathlib import Path

import pytest
import xlsxwriter

from crm.connectors.xlsx import read
from crm.errors import SourceError
from crm.sheets import Options


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "khach.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        made.add_worksheet("Bìa").write(0, 0, "Báo cáo")
        sheet = made.add_worksheet("Khách")
        sheet.write_row(1, 0, ["Mã", "Ngày tạo", "Giá", " Ghi  chú "])
        sheet.write_row(2, 0, [42, "05/03/2024", 1.2e17, "một"])
        sheet.write_datetime(
            3, 1, datetime(2024, 3, 5, 14, 30), made.add_format({"num_format": "dd/mm/yyyy hh:mm"})
        )
        sheet.write(3, 0, "KH-7")
        sheet.write(5, 0, 43)
    return path


def test_cells_keep_their_types_and_rows_their_numbers(book: Path) -> None:
    sheet = read(book, Options(sheet="Khách"))
    shown = {
        name: [values[c] if c >= 0 else None for c in codes]
        for name, (codes, values) in sheet.columns.items()
    }
    assert shown == {
        "Mã": [42.0, "KH-7", 43.0],
        "Ngày tạo": ["05/03/2024", datetime(2024, 3, 5, 14, 30), None],
        "Giá": [1.2e17, None, None],
        "Ghi chú": ["một", None, None],
    }
    assert sheet.lines.tolist() == [3, 4, 6]


def test_the_first_sheet_is_the_default(book: Path) -> None:
    assert list(read(book, Options()).columns) == ["Báo cáo"]


def test_an_unknown_sheet_is_named_with_the_nearest(book: Path) -> None:
    with pytest.raises(SourceError, match="nearest is 'Khách'") as refused:
        read(book, Options(sheet="Khach"))
    assert "Bìa, Khách" in refused.value.where


def test_an_empty_sheet_and_a_damaged_book_say_so(tmp_path: Path) -> None:
    path = tmp_path / "rong.xlsx"
    with xlsxwriter.Workbook(str(path)) as made:
        made.add_worksheet()
    with pytest.raises(SourceError, match="empty"):
        read(path, Options())
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(SourceError, match="cannot be opened"):
        read(path, Options())

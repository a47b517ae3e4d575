"""What every connector of files must do."""

from pathlib import Path

import numpy as np
import pytest

from crm import discover
from crm.errors import SourceError
from crm.sheets import Options

CONNECTORS = {name: module for name, module in discover.modules("crm.connectors").items()}
FILES = {name: module for name, module in CONNECTORS.items() if hasattr(module, "SUFFIXES")}


def write(path: Path, rows: list[list[object]]) -> None:
    """The same rows in the file's own format."""
    if path.suffix == ".xlsx":
        import xlsxwriter

        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("Đầu mối")
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    elif path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        names = [str(name) for name in rows[0]]
        pq.write_table(pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows[1:]]), path)
    else:
        path.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding="utf-8")


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_connector_reads_rows_with_their_lines(name: str, tmp_path: Path) -> None:
    module = FILES[name]
    path = tmp_path / f"mau{module.SUFFIXES[0]}"
    write(path, [["Mã", "Họ và tên"], ["L1", "Đặng Ánh"], ["L2", "Trần Bình"], ["L3", "Đặng Ánh"]])
    sheet = module.read(path, Options())
    assert (sheet.file, len(sheet), sheet.broken, sheet.repeated) == (path.name, 3, [], frozenset())
    codes, values = sheet.columns["Họ và tên"]
    assert [values[code] for code in codes] == ["Đặng Ánh", "Trần Bình", "Đặng Ánh"]
    assert codes.dtype == np.int32
    assert (np.diff(sheet.lines) == 1).all()


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_connector_refuses_an_empty_file(name: str, tmp_path: Path) -> None:
    module = FILES[name]
    path = tmp_path / f"rong{module.SUFFIXES[0]}"
    path.write_bytes(b"")
    with pytest.raises(SourceError) as refused:
        module.read(path, Options())
    assert str(path) in refused.value.where
    assert refused.value.todo


def test_no_two_connectors_claim_a_suffix() -> None:
    claimed = [suffix for module in FILES.values() for suffix in module.SUFFIXES]
    assert len(claimed) == len(set(claimed))
    assert set(FILES) >= {"csv", "xlsx", "parquet"}

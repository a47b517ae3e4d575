"""A handful of rows no import can accept, planted so that refusals can be checked."""

from typing import Final

import numpy as np

from crm.sample.writing import Objects, Sheet

PLANTED: Final = (
    ("dau_moi_1.csv", "Ngày tạo", "31/02/2025 09:00"), ("dau_moi_1.csv", "Mã đầu mối", ""),
    ("dau_moi_2.csv", "Ngày tạo", ""), ("cuoc_goi.csv", "Thời gian", "99/99/2025 10:00:00"),
    ("don_hang.csv", "Thành tiền", "liên hệ"), ("don_hang.csv", "Số lượng", "hai thùng"),
    ("hoa_don.csv", "Ngày lập", "hôm qua"), ("phieu_ho_tro.csv", "CSAT", "rất hài lòng"),
    ("nhat_ky.csv", "Thời gian", ""),
)  # fmt: skip
"""File, heading, and what the cell says."""


def plant(files: dict[str, Sheet]) -> tuple[dict[str, Sheet], Sheet]:
    """The files with one more row for each planted fault, and truth/refused.csv."""
    files = dict(files)
    told: list[tuple[str, str, str, str]] = []
    for number, (file, heading, value) in enumerate(PLANTED):
        sheet = files[file]
        length = len(sheet[heading])
        row = length * (number + 1) // (len(PLANTED) + 1)
        copied = {
            name: np.insert(cells, row, _cell(name, cells, row, number)) for name, cells in sheet.items()
        }
        copied[heading][row] = value
        files[file] = copied
        told = [(f, str(int(line) + (f == file and int(line) >= row + 2)), h, v) for f, line, h, v in told]
        told.append((file, str(row + 2), heading, value))
    return files, {
        name: np.array([fault[place] for fault in told], object)
        for place, name in enumerate(("file", "line", "column", "value"))
    }


def _cell(name: str, cells: Objects, row: int, number: int) -> str:
    """A copy of the row below under an id of its own, tied to nobody."""
    if name.startswith(("Mã ", "Số ")) and name not in ("Số lượng", "Số lần liên hệ"):
        first = name in ("Mã đầu mối", "Mã cuộc gọi", "Mã dòng", "Số hoá đơn", "Mã phiếu", "Mã nhật ký")
        return f"X{number + 1}" if first else ""
    return str(cells[min(row, len(cells) - 1)])

"""Cells as a CRM's screens print them, and files as it exports them."""

import io
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import xlsxwriter
from numpy.typing import NDArray

from crm.clock import HOUR, UNKNOWN
from crm.sample.days import UTC_OFFSET

Objects = NDArray[np.object_]
Sheet = Mapping[str, Objects]
"""Heading -> cells, all of one length."""


def stamps(micros: NDArray[np.int64], *, seconds: bool = False, day_only: bool = False) -> Objects:
    """``dd/mm/yyyy HH:MM`` in Vietnamese time, blank where UNKNOWN.

    >>> stamps(np.array([0]))[0]
    '01/01/1970 07:00'
    """
    known = np.asarray(micros) != UNKNOWN
    local = np.where(known, micros, 0) + UTC_OFFSET * HOUR
    iso = np.datetime_as_string(local.astype("datetime64[us]"), unit="s")
    letters = iso.view("U1").reshape(len(iso), -1)
    order = [8, 9, -1, 5, 6, -1, 0, 1, 2, 3] + (
        [] if day_only else [-2, 11, 12, 13, 14, 15] + [16, 17, 18] * seconds
    )
    shown = np.empty((len(iso), len(order)), "U1")
    for place, source in enumerate(order):
        shown[:, place] = {-1: "/", -2: " "}[source] if source < 0 else letters[:, source]
    text = shown.view(f"U{len(order)}").ravel().astype(object)
    return np.where(known, text, "").astype(object)


def numbers(values: NDArray[np.integer], *, dots: bool = False, unit: str = "") -> Objects:
    """Whole numbers, with ``1.234.567 ₫`` grouping where asked."""
    if dots:
        return np.array([f"{value:,}".replace(",", ".") + unit for value in values.tolist()], object)
    return np.asarray(np.asarray(values).astype(str).astype(object))


def ids(prefix: str, values: NDArray[np.integer]) -> Objects:
    """``prefix`` and a number, blank for negative ones."""
    values = np.asarray(values)
    return np.where(values >= 0, prefix + values.astype(str).astype(object), "").astype(object)


def csv(path: Path, sheet: Sheet, *, separator: str = ",", encoding: str = "utf-8") -> None:
    """Writes a separated file; blank cells are empty."""
    table = pa.table({heading: pa.array(cells, pa.string()) for heading, cells in sheet.items()})
    buffer = io.BytesIO()
    pyarrow.csv.write_csv(table, buffer, pyarrow.csv.WriteOptions(delimiter=separator))
    path.write_bytes(buffer.getvalue().decode("utf-8").encode(encoding))


def xlsx(path: Path, sheets: Mapping[str, Sheet]) -> None:
    """Writes a workbook; cells that are datetimes become real dates."""
    book = xlsxwriter.Workbook(path, {"default_date_format": "dd/mm/yyyy hh:mm", "strings_to_numbers": False})
    book.set_properties({"created": datetime(2020, 1, 1)})
    for name, sheet in sheets.items():
        page = book.add_worksheet(name)
        for column, (heading, cells) in enumerate(sheet.items()):
            page.write(0, column, heading)
            for row, cell in enumerate(cells.tolist(), start=1):
                if cell != "":
                    page.write(row, column, cell)
    book.close()


def dates(micros: NDArray[np.int64]) -> Objects:
    """Datetimes in Vietnamese time for a workbook, blank where UNKNOWN."""
    local = np.where(micros == UNKNOWN, 0, micros) + UTC_OFFSET * HOUR
    moments: Any = local.astype("datetime64[us]").astype(object)
    return np.where(micros == UNKNOWN, "", moments).astype(object)

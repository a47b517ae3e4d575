"""Reads Excel workbooks, whose cells are text, numbers or real dates."""

from pathlib import Path
from typing import Final

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from crm.errors import SourceError
from crm.mapping import nearest
from crm.sheets import Broken, Options, Sheet, from_values, headings

SUFFIXES: Final = (".xlsx", ".xlsm", ".xls", ".ods")


def read(path: Path, options: Options) -> Sheet:
    """The rows of the named sheet, by default the first.

    Raises SourceError for a damaged workbook, an unknown sheet or an empty one.
    """
    try:
        workbook = CalamineWorkbook.from_path(path)
        name = _sheet(workbook, path, options.sheet)
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise SourceError(
            "the workbook cannot be opened", value=str(error), where=str(path), todo="save it again as .xlsx"
        ) from error
    start = next((i for i, row in enumerate(rows) if _filled(row)), None)
    if start is None:
        raise SourceError(
            "the sheet is empty", value=name, where=str(path), todo="export it again, or leave it out"
        )
    names, repeated = headings(rows[start])
    body = [(number, row) for number, row in enumerate(rows[start + 1 :], start + 2) if _filled(row)]
    columns = {heading: from_values(row[i] for _, row in body) for i, heading in enumerate(names) if heading}
    lines = np.array([number for number, _ in body], np.int64)
    return Sheet(path.name, columns, lines, list[Broken](), repeated)


def _filled(row: list[object]) -> bool:
    return any(cell is not None and str(cell).strip() for cell in row)


def _sheet(workbook: CalamineWorkbook, path: Path, wanted: str | None) -> str:
    names: list[str] = workbook.sheet_names
    if wanted is None:
        return names[0]
    if wanted not in names:
        raise SourceError(
            f"no such sheet{nearest(wanted, names)}",
            value=wanted,
            where=f"{path}: {', '.join(names)}",
            todo="correct `sheet` in the mapping",
        )
    return wanted

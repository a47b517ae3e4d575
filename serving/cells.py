"""Cells of files that people open: no spreadsheet takes one for a formula, and an import reads the ids it knows."""

import re
from typing import Any, Final

NUMBER: Final = re.compile(r"[+-]?\d[\d., ]*%?")
"""Phone numbers among them: nothing here can be carried out, and an import has to find it as it was."""

FORMULA: Final = re.compile(r"(^|[;\t])(?='*[=+\-@＝＋－＠\t\r\n])")
"""Where a cell begins; also within one, for spreadsheets that part a file at semicolons or tabs."""

MARKED: Final = re.compile(r"(^|[;\t])'(?='*[=+\-@＝＋－＠\t\r\n])")


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula: ``'`` stands before it. Numbers stay as they are.

    >>> harmless("=1+1"), harmless("+84912345678"), harmless("-5"), harmless(-3), harmless("\\t=x")
    ("'=1+1", '+84912345678', '-5', -3, "'\\t'=x")
    """
    if isinstance(cell, str) and not NUMBER.fullmatch(cell):
        return FORMULA.sub(r"\1'", cell)
    return cell


def meant(cell: str) -> str:
    """What :func:`harmless` was given.

    >>> meant(harmless("=1+1")), meant(harmless("'=1")), meant("'quoted'")
    ('=1+1', "'=1", "'quoted'")
    """
    return MARKED.sub(r"\1", cell)

"""Cells of files that people open: no spreadsheet takes one for a formula."""

import re
from typing import Any

PHONE = re.compile(r"\+\d{8,15}")


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; phone numbers and numbers stay as they are.

    >>> harmless("=1+1"), harmless("+84912345678"), harmless(-3), harmless("\\t=x")
    ("'=1+1", '+84912345678', -3, "'\\t=x")
    """
    if (
        isinstance(cell, str)
        and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
        and not PHONE.fullmatch(cell)
    ):
        return f"'{cell}"
    return cell

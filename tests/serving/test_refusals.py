import ast
from pathlib import Path

from crm.gaps import LOOKED_AT
from crm.schema import TABLES
from serving import refusals

CLEANING = Path(__file__).parents[2] / "crm"


def texts() -> set[str]:
    """What every refusal in the code says."""
    found = set()
    for path in [*CLEANING.glob("*.py"), *CLEANING.glob("cleaning/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal":
                found |= {arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant)}
    return found


def test_every_refusal_is_said_in_vietnamese() -> None:
    assert len(texts()) > 15
    assert texts() <= set(refusals.WHY)


def test_every_table_and_every_looked_at_field_has_a_name() -> None:
    assert set(TABLES) == set(refusals.TABLES)
    assert {name for _, fields in LOOKED_AT.values() for name in fields} <= set(refusals.FIELDS)


def test_a_file_that_no_table_fits_is_said_in_vietnamese() -> None:
    said = "leaks.csv: no [[table]] of the mapping fits this file; it was left out"
    source = (CLEANING / "loading.py").read_text(encoding="utf-8")
    assert said.removeprefix("leaks.csv") in source
    assert refusals.why(said, "vi").startswith("leaks.csv: tệp ánh xạ không có")
    assert refusals.why(said, "en") == said

import re
import tomllib
from pathlib import Path

import pytest

from features.words import CODES
from models.target import all_targets
from serving import page
from serving.story import HEADS

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"
FILES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8"))
    for path in (page.HERE / "words").glob("*.toml")
}
FOR_DATA = {"models", "data", "log", "account", "sign_in", "error"}
BANDS = {
    "hot": ("nóng", "hot"), "warm": ("ấm", "warm"), "cold": ("lạnh", "cold"),
    "high": ("nguy cơ cao", "high risk"), "medium": ("nguy cơ vừa", "medium risk"), "low": ("nguy cơ thấp", "low risk"),
}  # fmt: skip
BESIDE = {name: set(some) for some in (("hot", "warm", "cold"), ("high", "medium", "low")) for name in some}
LEARNED = (
    "mô hình",
    "xác suất",
    "thuật toán",
    "machine learning",
    "probability",
    "algorithm",
    "churn",
    "feature",
)


def rows() -> list[list[str]]:
    """Vietnamese, English, what it is and, in most tables, what is not written."""
    lines = [line for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("Tiếng Việt", "---")]


def said(file: str) -> str:
    return "\n".join(f"{both['vi']}\n{both['en']}" for both in FILES[file].values()).casefold()


def everything() -> str:
    told = [*HEADS.values(), *CODES.values(), *((target.vi, target.en) for target in all_targets().values())]
    return "\n".join([*map(said, FILES), *(text.casefold() for both in told for text in both)])


def test_every_term_has_one_meaning() -> None:
    assert len(rows()) > 30
    for column in (0, 1):
        terms = [row[column] for row in rows()]
        assert len(terms) == len(set(terms))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1])
def test_what_is_not_written_is_on_no_page(row: list[str]) -> None:
    for word in row[3].split(";") if len(row) > 3 else []:
        assert not re.search(rf"\b{re.escape(word.strip().casefold())}\b", everything()), word


@pytest.mark.parametrize("file", sorted(FILES))
def test_bands_are_called_as_the_glossary_says(file: str) -> None:
    known = {(row[0], row[1]) for row in rows()}
    for name, both in BANDS.items():
        assert both in known
        if set(FILES[file]) >= BESIDE[name]:
            found = FILES[file][name]
            assert (found["vi"].casefold(), found["en"].casefold()) == both


def test_pages_say_revenue_at_risk_and_the_ways_to_go_in_their_own_words() -> None:
    text = everything()
    for term in (
        "doanh thu có nguy cơ mất",
        "revenue at risk",
        "khả năng rời bỏ",
        "không gia hạn",
        "khách tiềm năng",
    ):
        assert term in text
    assert {row[0] for row in rows()} >= {"rời bỏ", "không gia hạn", "ngừng mua"}


@pytest.mark.parametrize("file", sorted(set(FILES) - FOR_DATA))
def test_no_words_of_those_who_train_on_other_pages(file: str) -> None:
    assert not [word for word in LEARNED if re.search(rf"\b{word}", said(file))]

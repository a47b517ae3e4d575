"""Fields that hold people are told from fields that hold words."""

from pathlib import Path

import pytest

from crm.errors import MappingError
from crm.history import History
from crm.people import People
from tests.crm.company import Company, day
from tests.crm.exports import Exports

STAFF = People(frozenset({"nv01", "nv02", "trần văn an", "12"}))


@pytest.mark.parametrize(
    "words",
    [
        {"NV01": 4, "NV02": 3, "khác": 2},
        {"Nguyễn Thu Hà": 1, "LÊ VĂN BÌNH": 1, "chị Lan": 1, "Đỗ Minh": 1},
        {"0912345678": 3, "+84 987 654 321": 2},
        {"lan@example.vn": 1},
    ],
)
def test_people(words: dict[str, int]) -> None:
    assert STAFF.mostly(words)
    assert STAFF.among(words) == set(words)


@pytest.mark.parametrize(
    "words",
    [
        {"Hồ Chí Minh": 9, "Hà Nội": 8, "Lâm Đồng": 1, "An Giang": 1, "Cao Bằng": 1, "Thái Nguyên": 1},
        {"Mở thêm chi nhánh": 5, "Tham khảo giá": 4, "Thay thế hệ thống cũ": 2},
        {"50-199 người": 5, "2024-03-05": 4, "1900 tổng đài": 3, "12": 8},
        {"Anh": 9, "Chị": 12, "Mới": 3, "do khách": 2},
        {"NV01": 1, "Bán lẻ": 3},
    ],
)
def test_words(words: dict[str, int]) -> None:
    assert not STAFF.mostly(words)


def test_a_single_colleague_among_words_is_not_said_either() -> None:
    assert STAFF.among({"NV01": 1, "Bán lẻ": 3, "12": 2}) == {"NV01"}


def test_colleagues_are_known_from_every_table_that_names_them(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.tell("actor", "NV1", day(0), name="Lan Anh", email="lan@example.vn")
    company.tell("lead", "L1", day(0), created_at=day(0), owner="Bình")
    company.tell("activity", "A1", day(1), kind="call", occurred_at=day(1), lead="L1", actor="NV7")
    company.load()
    assert People.of(History(company.home)).staff == {"nv1", "lan anh", "lan@example.vn", "bình", "nv7"}


def with_adviser(exports: Exports, cleared: str = "") -> None:
    """The export with a column of advisers, mapped as a feature."""
    text = exports.mapping.read_text(encoding="utf-8")
    text = text.replace('"rating", "size"]\n', f'"rating", "size", "adviser"]\n{cleared}', 1)
    text = text.replace("[table.custom]\n", '[table.custom]\nadviser = "Tư vấn"\n', 1)
    text = text.replace('adviser = "Tư vấn"', 'adviser = { column = "Tư vấn" }')
    exports.mapping.write_text(text, encoding="utf-8")
    for number, name in ((1, "Nguyễn Lan"), (2, "Trần Minh"), (4, "Nguyễn Lan"), (5, "")):
        exports.replace("dau_moi.csv", f"\nL{number},", f"\n{name},L{number},")
    exports.replace("dau_moi.csv", "\n,Lê Chi", "\n,,Lê Chi")
    exports.replace("dau_moi.csv", "Mã đầu mối,", "Tư vấn,Mã đầu mối,")


def test_an_import_warns_of_names_and_says_how_to_say_otherwise(exports: Exports) -> None:
    with_adviser(exports)
    warned = [line for line in exports.load().warnings if "adviser looks like" in line]
    assert len(warned) == 1
    assert warned[0].startswith("lead: adviser")
    assert 'not_personal = ["adviser"]' in warned[0]
    assert "Lan" not in warned[0]


def test_the_mapping_may_say_otherwise(exports: Exports) -> None:
    with_adviser(exports, cleared='not_personal = ["adviser"]\n')
    report = exports.load()
    assert not any("looks like" in line for line in report.warnings)
    assert People.of(History(exports.home)).cleared == {"adviser"}


def test_only_a_feature_can_be_cleared(exports: Exports) -> None:
    with_adviser(exports, cleared='not_personal = ["advisor"]\n')
    with pytest.raises(MappingError, match="nearest is 'adviser'"):
        exports.load()


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)

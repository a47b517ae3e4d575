"""Mapping files that fit themselves, and the errors of those that do not."""

import tomllib
from pathlib import Path

import pytest

from crm import mapping
from crm.errors import MappingError
from crm.schema import STORED, TABLES

ROOT = Path(__file__).parents[2]
LEAD = """
source = "crm"
[[table]]
table = "lead"
files = ["a.csv"]
{more}
[table.columns]
source_id = "Id"
created_at = "Created"
{columns}
"""


def read(path: Path, text: str) -> mapping.Mapping:
    file = path / "mapping.toml"
    file.write_text(text, encoding="utf-8")
    return mapping.read(file)


def test_defaults_are_a_vietnamese_companys(tmp_path: Path) -> None:
    said = read(tmp_path, LEAD.format(more="", columns=""))
    assert (said.zone, said.date_order, said.currency, said.region) == (
        "Asia/Ho_Chi_Minh",
        "dmy",
        "VND",
        "VN",
    )
    assert said.table[0].matches("A.CSV")
    assert not said.table[0].matches("b.csv")


def test_one_filter_or_several(tmp_path: Path) -> None:
    one = 'only = { column = "A", present = true }'
    several = 'only = [{ column = "A", equals = ["x"] }, { column = "B", starts = ["C"], not = true }]'
    assert len(read(tmp_path, LEAD.format(more=one, columns="")).table[0].only) == 1
    assert [test.negated for test in read(tmp_path, LEAD.format(more=several, columns="")).table[0].only] == [
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("more", "columns", "what"),
    [
        ("", 'chanel = "Nguồn"', "nearest is 'channel'"),
        ('feature = ["chanel"]', 'channel = "Nguồn"', "nearest is 'channel'"),
        ('fixed = ["channel"]\nlogged = ["channel"]', 'channel = "Nguồn"', "both fixed and logged"),
        ("colour = 1", "", "Extra inputs"),
        ('only = { column = "A" }', "", "exactly one of"),
        ('separator = ";;"', "", "at most 1 character"),
        ('constant = { colour = "x" }', "", "no column 'colour'"),
        ("", "[table.custom]\nname = 'X'", "valid dictionary"),
        ("", "[table.custom]\nname = { column = 'X' }", "name of a canonical one"),
        ("", "[table.custom]\nsize = { column = 'X', type = 'phone' }", "'code', 'text'"),
        ("", 'amount = { product = ["A"] }', "at least 2 items"),
    ],
)
def test_what_does_not_fit_is_named(more: str, columns: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=what) as refused:
        read(tmp_path, LEAD.format(more=more, columns=columns))
    assert "mapping.toml" in refused.value.where
    assert refused.value.todo


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("source = ", "not valid TOML"),
        ('source = "Cloud GO"\n[[table]]\ntable = "lead"\nfiles = ["a"]', "pattern"),
        ('source = "crm"', "Field required"),
        ('source = "crm"\nzone = "Hanoi"\n[[table]]\ntable="lead"\nfiles=["a"]', "no such time zone"),
        ('source = "crm"\n[[table]]\ntable = "leads"\nfiles = ["a"]', "nearest is 'lead'"),
        ('source = "crm"\n[[table]]\ntable = "lead"\nfiles = ["a"]', "needs a column for 'created_at'"),
        (
            'source = "crm"\n[[table]]\ntable = "lead"\nfiles = ["a"]\ncolumns = { created_at = "C" }',
            "needs a column for 'source_id'",
        ),
        (
            'source = "crm"\n[[table]]\ntable = "change"\nfiles = ["a"]\ncolumns = { occurred_at = "C" }',
            "change needs 'object'",
        ),
    ],
)
def test_a_broken_file_says_why(text: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=what):
        read(tmp_path, text)


def test_a_missing_or_foreign_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="no such mapping file"):
        mapping.read(tmp_path / "khong.toml")
    (tmp_path / "a.toml").write_bytes('source = "é"'.encode("cp1252"))
    with pytest.raises(MappingError, match="not UTF-8"):
        mapping.read(tmp_path / "a.toml")


def test_every_key_and_every_canonical_column_is_documented() -> None:
    text = (ROOT / "docs" / "mapping.md").read_text(encoding="utf-8")
    keys = {
        field.alias or name
        for part in (mapping.Mapping, mapping.Entry, mapping.Filter)
        for name, field in part.model_fields.items()
    }
    names = {name for columns in TABLES.values() for name in columns} | {"source_id", "deleted"}
    missing = {name for name in keys | names | set(TABLES) if f"`{name}`" not in text}
    assert not missing
    assert {"source", "known_at"} <= set(STORED)


@pytest.mark.parametrize("page", ["mapping.md", "your-own-export.md"])
def test_the_samples_in_the_docs_are_mapping_files(page: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    samples = [block.split("```")[0] for block in text.split("```toml\n")[1:]]
    whole = [sample for sample in samples if sample.startswith("source =")]
    assert whole
    for sample in whole:
        read(tmp_path, sample)
    for sample in samples:
        tomllib.loads(sample)

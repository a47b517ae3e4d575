"""Single columns and groups of rows: joined ids, products, conditions, currencies, event logs."""

from pathlib import Path
from typing import Any

import pytest

from crm import mapping
from crm.clock import DAY, parse
from crm.connectors.csv import read
from crm.errors import MappingError
from crm.rows import Rows, canonical
from crm.sheets import Options

NOW = parse("2030-01-01", "UTC")


def rows(path: Path, text: str, entry: str, head: str = "") -> Rows:
    (path / "a.csv").write_text(text, encoding="utf-8")
    (path / "mapping.toml").write_text(
        f'source = "crm"\nzone = "UTC"\ndate_order = "ymd"\n{head}\n[[table]]\nfiles = ["a.csv"]\n{entry}',
        encoding="utf-8",
    )
    said = mapping.read(path / "mapping.toml")
    return canonical(read(path / "a.csv", Options()), said.table[0], said, NOW)


def column(found: Rows, name: str) -> list[Any]:
    values: list[Any] = found.data[name].to_pylist()
    return values


LINES = """
table = "transaction"
constant = { kind = "order" }
[table.columns]
source_id = ["Invoice", "Line"]
occurred_at = "Day"
amount = { product = ["Pieces", "Price"] }
"""


def test_ids_are_joined_and_amounts_multiplied_exactly(tmp_path: Path) -> None:
    text = (
        "Invoice,Line,Day,Pieces,Price\n1,a,2024-01-01,3,0.1\n1,b,2024-01-01,-2,6.95\n"
        "1,,2024-01-01,1,1\n2,a,2024-01-01,,1\n"
    )
    found = rows(tmp_path, text, LINES, 'currency = "GBP"')
    assert column(found, "source_id") == ["1/a", "1/b"]
    assert column(found, "amount") == [30, -1390]
    assert column(found, "currency") == ["GBP", "GBP"]
    assert [(fault.line, fault.column, fault.value) for fault in found.refused] == [
        (4, "Invoice / Line", "1 / "),
        (5, "Pieces / Price", " / 1"),
    ]


def test_each_amount_is_in_its_rows_currency(tmp_path: Path) -> None:
    entry = """
table = "transaction"
constant = { kind = "order" }
[table.columns]
occurred_at = "Day"
amount = "Money"
currency = "Currency"
[table.values.currency]
"đ" = "VND"
"""
    text = "Day,Money,Currency\n2024-01-01,1.500,đ\n2024-01-01,1.50,USD\n2024-01-01,,USD\n2024-01-01,7,\n"
    found = rows(tmp_path, text, entry)
    assert column(found, "amount") == [1500, 150, None, 7]
    assert column(found, "currency") == ["VND", "USD", "USD", "VND"]


LOG = """
table = "lead"
first = true
[table.columns]
source_id = "Case"
created_at = "Time"
product = "Product"
converted_at = { column = "Time", when = { column = "Step", equals = ["won"] } }
lost_reason = { column = "Step", when = { column = "Step", starts = ["lost"] } }
"""


def test_an_event_log_gives_one_row_a_record(tmp_path: Path) -> None:
    text = """Case,Time,Step,Product
A,2024-01-03,won,loan
B,2024-01-01,start,
A,2024-01-01,start,
B,2024-01-02,lost: price,card
B,hôm qua,start,card
A,2024-01-04,won,other
"""
    found = rows(tmp_path, text, LOG)
    assert column(found, "source_id") == ["A", "B"]
    assert column(found, "created_at") == [parse("2024-01-01", "UTC")] * 2
    assert column(found, "product") == ["loan", "card"]
    assert column(found, "converted_at") == [parse("2024-01-03", "UTC"), None]
    assert column(found, "lost_reason") == [None, "lost: price"]
    assert column(found, "known_at") == [parse("2024-01-02", "UTC")] * 2  # a date alone: that day's end
    assert (found.read, found.other, len(found.refused)) == (6, 3, 1)


def test_when_a_row_was_known(tmp_path: Path) -> None:
    entry = """
table = "activity"
constant = {{ kind = "call" }}
{known}
[table.columns]
occurred_at = "At"
entered_at = "Entered"
"""
    text = "At,Entered,Noted\n2024-01-01T08:00,2024-01-02T09:00,2024-01-05\n2024-01-01T08:00,,\n2031-01-01T08:00,,\n"
    by_entry = rows(tmp_path, text, entry.format(known=""))
    assert column(by_entry, "known_at") == [
        parse("2024-01-02T09:00", "UTC"),
        parse("2024-01-01T08:00", "UTC"),
        NOW,
    ]
    by_column = rows(tmp_path, text, entry.format(known='known_at = "Noted"'))
    assert column(by_column, "known_at")[0] == parse("2024-01-05", "UTC") + DAY


def test_own_columns_are_json_with_types(tmp_path: Path) -> None:
    entry = """
table = "actor"
[table.columns]
source_id = "Id"
[table.custom]
size = { column = "Size", type = "integer" }
vip = { column = "Vip", type = "boolean" }
note = { column = "Note", type = "text" }
"""
    found = rows(tmp_path, 'Id,Size,Vip,Note\n1,12,có,"a ""b"", {, c"\n2,,,\n3,,không,\n', entry)
    assert column(found, "custom") == [
        '{"note": "a \\"b\\", {, c", "size": 12, "vip": true}',
        None,
        '{"vip": false}',
    ]


def test_value_maps_are_exact_then_letter_case_aside_and_can_blank(tmp_path: Path) -> None:
    entry = """
table = "actor"
[table.columns]
source_id = "Id"
team = "Team"
[table.values.team]
"Kinh doanh" = "sales"
"Select" = ""
"""
    found = rows(tmp_path, "Id,Team\n1,Kinh doanh\n2,KINH DOANH\n3,Select\n4,Khác\n", entry)
    assert column(found, "team") == ["sales", "sales", None, "Khác"]


def test_a_heading_that_occurs_twice_cannot_be_meant(tmp_path: Path) -> None:
    entry = 'table = "actor"\n[table.columns]\nsource_id = "Id"\nname = "Name"\n'
    assert column(rows(tmp_path, "Id,Name,X,X\n1,a,,\n", entry), "name") == ["a"]
    with pytest.raises(MappingError, match="more than once"):
        rows(tmp_path, "Id,Name,Name\n1,a,b\n", entry)


def test_a_file_of_headings_has_no_rows(tmp_path: Path) -> None:
    found = rows(tmp_path, "Case,Time,Step,Product\n", LOG)
    assert (found.read, len(found.data), found.refused) == (0, 0, [])

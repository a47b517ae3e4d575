"""The sample company: the same files every time, what a CRM would export, and no row refused but the planted ones."""

import csv
import re
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from crm import mapping, sample
from crm.errors import LeadkeepError, ResourceError
from crm.events import EventStore
from crm.loading import load
from crm.mapping import Entry
from crm.sample.leaks import PLANTED
from crm.settings import Home

UNTIL = date(2026, 3, 10)
PLANNED = ("Hạn gọi lại", "Ngày hết hạn", "Ngày bắt đầu", "Hạn thanh toán", "Dự kiến chốt")
"""Headings of times that were planned, which may lie ahead."""
STAMP = re.compile(r"\d\d/\d\d/\d{4}( \d\d:\d\d)?")


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    sample.generate(folder, customers=60, seed=3, until=UNTIL)
    return folder


@pytest.fixture(scope="module")
def imported(company: Path, tmp_path_factory: pytest.TempPathFactory):
    home = Home(tmp_path_factory.mktemp("home")).create()
    moment = int(pd.Timestamp(UNTIL, tz="Asia/Ho_Chi_Minh").value // 1000)
    return home, load(home, company / "mapping.toml", [company / "export"], moment)


def rows_of(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    return list(csv.DictReader(text.splitlines(), delimiter=separator))


def everything(company: Path) -> dict[str, list[dict[str, str]]]:
    return {path.name: rows_of(path) for path in sorted((company / "export").glob("*.csv"))}


def headings(path: Path, sheet: str | None) -> set[str]:
    if path.suffix == ".csv":
        return set(rows_of(path)[0])
    return set(CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python()[0])


def mapped(entry: Entry) -> set[str]:
    cells = [*entry.columns.values(), *(custom.column for custom in entry.custom.values())]
    return {cell for cell in cells if isinstance(cell, str)} | {part.column for part in entry.only}


def test_same_arguments_give_the_same_files(company, tmp_path):
    sample.generate(tmp_path, customers=60, seed=3, until=UNTIL)
    files = sorted(path.relative_to(company) for path in company.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for file in files:
        if file.suffix in (".csv", ".toml"):
            assert (company / file).read_bytes() == (tmp_path / file).read_bytes(), file
    for file in ("leads", "customers"):
        pd.testing.assert_frame_equal(
            *(pd.read_parquet(f / "truth" / f"{file}.parquet") for f in (company, tmp_path))
        )


def test_another_seed_gives_another_company(company, tmp_path):
    sample.generate(tmp_path, customers=60, seed=4, until=UNTIL)
    name = "export/lien_he.csv"
    assert (company / name).read_bytes() != (tmp_path / name).read_bytes()


@pytest.mark.parametrize("file", ["mapping.toml", "mapping_with_leaks.toml"])
def test_every_mapped_heading_is_in_its_file(company, file):
    for entry in mapping.read(company / file).table:
        found = [path for path in (company / "export").iterdir() if entry.matches(path.name)]
        assert found, entry.files
        for path in found:
            assert not mapped(entry) - headings(path, entry.sheet), path.name


def test_every_file_is_mapped(company):
    entries = mapping.read(company / "mapping.toml").table
    assert all(any(entry.matches(path.name) for entry in entries) for path in (company / "export").iterdir())


def test_leaking_fields_are_features_of_the_second_mapping_only(company):
    names = {name for _, name, _, _ in PLANTED}
    assert not names & mapping.read(company / "mapping.toml").features("lead")
    assert names <= mapping.read(company / "mapping_with_leaks.toml").features("lead")
    told = rows_of(company / "truth" / "leaks.csv")
    assert {row["name"] for row in told} == names
    assert all(row["column"] in headings(company / "export" / row["file"], None) for row in told)


def test_only_the_planted_rows_are_refused(company, imported):
    _, report = imported
    planted = {
        (row["file"], int(row["line"]), row["column"]) for row in rows_of(company / "truth" / "refused.csv")
    }
    assert {(row["file"], row["line"], row["column"]) for row in report.examples} == planted
    assert sum(table.refused for table in report.tables) == len(planted)
    for table in report.tables:
        assert table.new + table.changed + table.unchanged + table.refused + table.other == table.read
    assert report.warnings == []


def test_nothing_is_later_than_the_end(company):
    seen = 0
    for name, rows in everything(company).items():
        for row in rows:
            for heading, cell in row.items():
                if heading not in PLANNED and STAMP.match(cell or "") and "Ngày" in heading + cell:
                    seen += 1
                    day = cell[:10]
                    if day not in ("31/02/2025", "99/99/2025"):
                        assert datetime.strptime(day, "%d/%m/%Y").date() < UNTIL, (name, heading, cell)
    assert seen > 5_000


def test_converted_leads_are_hidden_and_their_activities_moved(company):
    files = everything(company)
    shown = {row["Mã đầu mối"] for name in ("dau_moi_1.csv", "dau_moi_2.csv") for row in files[name]}
    converted = {row["Mã đầu mối gốc"] for row in files["lien_he.csv"]} - {""}
    assert len(converted) > 20
    assert not shown & converted
    for name in ("cuoc_goi.csv", "zalo_oa.csv", "hoat_dong.csv", "lich_goi_lai.csv"):
        assert not {row["Mã đầu mối"] for row in files[name]} & converted


def test_one_phone_is_one_person_but_for_doubles_and_hotlines(company):
    files = everything(company)
    doubles = {row["record"] for row in rows_of(company / "truth" / "duplicates.csv")}
    shared = {row["phone"][-9:] for row in rows_of(company / "truth" / "shared_phones.csv")}
    owners: dict[str, set[str]] = {}
    for name, key in (
        ("dau_moi_1.csv", "Mã đầu mối"),
        ("dau_moi_2.csv", "Mã đầu mối"),
        ("lien_he.csv", "Mã liên hệ"),
    ):
        for row in files[name]:
            digits = re.sub(r"\D", "", row["Số điện thoại"])
            if row[key] not in doubles and not row[key].startswith("X") and row[key] and len(digits) < 12:
                owners.setdefault(digits[-9:], set()).add(row[key])
    many = {phone for phone, ids in owners.items() if len(ids) > 1}
    assert not {phone for phone in many if not any(phone.endswith(line[-8:]) for line in shared)}


def test_phones_come_in_every_form(company):
    files = everything(company)
    phones = [
        row["Số điện thoại"]
        for name in ("dau_moi_1.csv", "dau_moi_2.csv", "lien_he.csv")
        for row in files[name]
    ]
    forms = (
        r"p:\+84\d{9}",
        r"\+84\d{9}",
        r"84\d{9}",
        r"0\d{3} \d{3} \d{3}|0\d{2} \d{3} \d{4}",
        r"01\d{9}",
        r"[3-9]\d{8}",
        r"0\d{3}\.",
    )
    for form in forms:
        assert any(re.match(form, phone) for phone in phones), form


def test_the_history_agrees_with_the_truth(company, imported):
    home, _ = imported
    events = EventStore.open(home).read("lead")
    place = {subject: number for number, subject in enumerate(events.subjects)}
    kinds = [signature.kind for signature in events.signatures]
    truth = pd.read_parquet(company / "truth" / "leads.parquet")
    for row in truth[truth["outcome"] >= 0].itertuples():
        number = place[row.subject]
        span = slice(events.offsets[number], events.offsets[number + 1])
        converted = [
            at for at, kind in zip(events.occurred_at[span], events.signature[span], strict=True)
            if kinds[kind] == "converted" and row.cutoff <= at < row.cutoff + row.horizon_days * 86_400_000_000
        ]  # fmt: skip
        assert bool(converted) == bool(row.outcome), row.subject


def test_truth_names_customers_the_history_knows(company, imported):
    home, _ = imported
    known = set(EventStore.open(home).subjects("customer")["subject"])
    truth = pd.read_parquet(company / "truth" / "customers.parquet")
    assert len(truth) > 500
    assert set(truth["subject"]) <= known


def test_too_small_a_company_is_refused(tmp_path):
    with pytest.raises(LeadkeepError, match="more customers"):
        sample.generate(tmp_path, customers=5, until=UNTIL)


def test_a_year_without_calendar_is_refused(tmp_path):
    with pytest.raises(LeadkeepError, match="no calendar"):
        sample.generate(tmp_path, customers=60, until=date(2090, 1, 1))


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ResourceError, match="cannot be written"):
        sample.generate(tmp_path / "file", customers=60, until=UNTIL)

"""The import as a whole: every row accounted for, corrections as new rows, repetitions as nothing."""

from pathlib import Path
from typing import Any

import pytest

from crm.clock import FOREVER, parse
from crm.errors import HistoryError, MappingError, SourceError
from crm.events import EventStore
from crm.history import History
from crm.loading import load
from tests.crm.exports import FIRST, LATER, ZONE, Exports, only


@pytest.fixture
def exports(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def rows(exports: Exports, table: str) -> list[dict[str, Any]]:
    return History(exports.home).read(table).to_pylist()


def at(text: str) -> int:
    return parse(text, ZONE)


def test_every_row_read_is_accepted_refused_or_counted_apart(exports: Exports) -> None:
    report = exports.load()
    by_file = {(one.file, one.table): one for one in report.tables}
    for one in report.tables:
        assert one.read == one.accepted + one.refused + one.other
    leads = by_file["dau_moi.csv", "lead"]
    assert (leads.read, leads.new, leads.refused, leads.cells) == (5, 2, 3, 1)
    assert by_file["lien_he.csv", "lead"].other == 1
    assert by_file["lich_su.csv", "change"].other == 1  # a field nobody declared a feature
    assert (report.read, report.accepted, report.refused, report.other) == (14, 8, 4, 2)
    assert report.written
    assert History(exports.home).loads() == [report]


def test_every_refused_row_and_cell_is_kept_with_its_place_and_reason(exports: Exports) -> None:
    report = exports.load()
    kept = rows(exports, "refused")
    assert [(r["file"], r["line"], r["column"], r["value"], r["reason"], r["whole"]) for r in kept] == [
        ("dau_moi.csv", 3, "Số điện thoại", "khong co", "not a telephone number", False),
        (
            "dau_moi.csv",
            5,
            "Ngày tạo",
            "31/02/2024 10:00",
            "no such day in this order of day and month",
            True,
        ),
        ("dau_moi.csv", 6, "Quy mô", "nhiều", "not a number", True),
        ("dau_moi.csv", 4, "Mã đầu mối", "", "no source_id", True),
        ("don_hang.csv", 4, "Tiền", "inf", "an infinite or undefined number", True),
    ]
    assert sum(report.reasons.values()) == 5
    assert report.examples[0]["value"] == "khong co"
    assert only(rows(exports, "lead"), source_id="L2")[0]["phone"] is None


def test_what_the_rows_say(exports: Exports) -> None:
    exports.load()
    lead = only(rows(exports, "lead"), source_id="L1")[0]
    assert (lead["name"], lead["phone"], lead["channel"]) == ("Nguyễn An", "+84912345678", "facebook")
    assert lead["created_at"] == lead["known_at"] == at("2024-03-05T09:00")
    assert (lead["custom"], lead["known_until"], lead["load"]) == ('{"size": 12}', FOREVER, 1)
    day = only(rows(exports, "lead"), source_id="L2")[0]
    assert (day["created_at"], day["known_at"]) == (at("2024-03-06"), at("2024-03-07"))
    won = only(rows(exports, "lead"), source_id="L9")[0]
    assert (won["converted_party"], won["converted_at"]) == ("C1", at("2024-03-20T15:00"))
    lines = rows(exports, "transaction")
    assert [(line["amount"], line["currency"], line["assumed"]) for line in lines] == [
        (1_200_000, "VND", True)
    ] * 2
    assert lines[1]["source_id"] == lines[0]["source_id"] + "#1"


def test_features_become_changes_by_how_they_are_known(exports: Exports) -> None:
    exports.load()
    found = {
        (row["record"], row["field"], row["provenance"]): (
            row["old"],
            row["new"],
            row["known_at"],
            row["precision"],
        )
        for row in rows(exports, "change")
    }
    created = at("2024-03-05T09:00")
    assert found == {
        ("L1", "channel", "fixed"): ("", "facebook", created, "second"),
        ("L2", "channel", "fixed"): ("", "website", at("2024-03-07"), "second"),
        ("L9", "channel", "fixed"): ("", "referral", at("2024-03-01T11:00"), "second"),
        ("L1", "status", "logged"): ("", "Mới", FIRST, "load"),
        ("L2", "status", "logged"): ("", "Đã gọi", FIRST, "load"),
        ("L2", "status", "history"): ("Mới", "Đã gọi", at("2024-03-06T14:00"), "second"),
        ("L1", "rating", "comparison"): ("", "A", FIRST, "load"),
        ("L1", "size", "comparison"): ("", "12", FIRST, "load"),
    }


def test_a_log_speaks_the_words_of_the_export_it_belongs_to(exports: Exports) -> None:
    """A value in two spellings would tell records the log mentions from the others, from their creation on."""
    said = '[table.values.status]\n"mới" = "new"\n"Đã gọi" = "called"\n[table.values.channel]\n"Mới" = "x"\n'
    text = exports.mapping.read_text(encoding="utf-8").replace("[table.values.channel]\n", said, 1)
    exports.mapping.write_text(text, encoding="utf-8")
    exports.load()
    store = EventStore.open(exports.home)
    for lead, words in (("L1", ["new"]), ("L2", ["new", "called"])):
        events = store.one(f"lead:cloudgo:{lead}")
        told = [store.signatures[number] for number in events.signature]
        assert [event.code for event in told if event.field == "status"] == words


def test_a_log_s_numbers_are_read_as_the_export_s_are(exports: Exports) -> None:
    text = exports.mapping.read_text(encoding="utf-8").replace(
        'logged = ["status"]', 'logged = ["status", "size"]', 1
    )
    text = text.replace('"Tình trạng" = "status"', '"Tình trạng" = "status"\n"Quy mô" = "size"')
    exports.mapping.write_text(text, encoding="utf-8")
    exports.replace("dau_moi.csv", "09:00,12", "09:00,1.200")
    exports.write("lich_su.csv", "Mã,Trường,Cũ,Mới,Lúc\nL1,Quy mô,1.100,1.200,06/03/2024 14:00\n")
    exports.load()
    store = EventStore.open(exports.home)
    events = store.one("lead:cloudgo:L1")
    sizes = [store.signatures[number].field == "size" for number in events.signature]
    assert events.value[sizes].tolist() == [1100, 1200]


def test_the_same_files_again_change_nothing(exports: Exports) -> None:
    first = exports.load()
    pinned = History(exports.home).pinned()
    again = exports.load(LATER)
    assert (again.written, again.load, again.new, again.changed) == (False, 1, 0, 0)
    assert (again.unchanged, again.refused, again.other) == (first.accepted, first.refused, first.other)
    assert History(exports.home).pinned() == pinned


def test_a_changed_row_is_a_new_row_and_change_events(exports: Exports) -> None:
    exports.load()
    exports.replace(
        "dau_moi.csv", "L1,Nguyễn An,0912345678,Facebook Lead Ads,Mới,A", "L1,Nguyễn Ân,,zalo,Hẹn,"
    )
    report = exports.load(LATER)
    assert (report.new, report.changed, report.load) == (0, 1, 2)
    before, after = only(rows(exports, "lead"), source_id="L1")
    assert (before["name"], before["known_until"]) == ("Nguyễn An", LATER)
    assert (after["name"], after["known_at"], after["known_until"]) == ("Nguyễn Ân", LATER, FOREVER)
    assert after["created_at"] == before["created_at"]
    changes = {row["field"]: row for row in only(rows(exports, "change"), record="L1", load=2)}
    assert {name: (row["old"], row["new"], row["provenance"]) for name, row in changes.items()} == {
        "channel": ("facebook", "zalo", "comparison"),
        "status": ("Mới", "Hẹn", "logged"),
        "rating": ("A", "", "comparison"),
    }
    assert {row["known_at"] for row in changes.values()} == {LATER}
    assert History(exports.home, load=1).read("lead").num_rows == 3


def test_a_lead_that_converts_keeps_what_the_contact_export_does_not_say(exports: Exports) -> None:
    exports.load()
    exports.replace(
        "dau_moi.csv", "L1,Nguyễn An,0912345678,Facebook Lead Ads,Mới,A,05/03/2024 09:00,12\n", ""
    )
    exports.replace(
        "lien_he.csv", "C2,", "C3,Nguyễn An,10/04/2024 09:00,L1,05/03/2024 09:00,Facebook Lead Ads,\nC2,"
    )
    exports.load(LATER)
    after = only(rows(exports, "lead"), source_id="L1", known_until=FOREVER)[0]
    assert (after["converted_party"], after["converted_at"]) == ("C3", at("2024-04-10T09:00"))
    assert (after["status"], after["rating"], after["custom"]) == ("Mới", "A", '{"size": 12}')
    fields = [row["field"] for row in only(rows(exports, "change"), record="L1", load=2)]
    assert fields == ["channel"]  # this entry has no value map for it: the words differ


def test_a_deletion_closes_the_record_and_keeps_its_row(exports: Exports) -> None:
    exports.load()
    exports.replace("lien_he.csv", "L9,01/03/2024 11:00,referral,", "L9,01/03/2024 11:00,referral,có")
    exports.replace("lien_he.csv", "C2,", "C8,Đã Xóa,22/03/2024 15:00,,,,có\nC2,")
    report = exports.load(LATER)
    assert report.new == 1
    closed = only(rows(exports, "party"), source_id="C1")
    assert [(row["known_until"], row["deleted"]) for row in closed] == [(LATER, False)]
    born_closed = only(rows(exports, "party"), source_id="C8")
    assert [(row["known_at"], row["known_until"]) for row in born_closed] == [(at("2024-03-22T15:00"), LATER)]
    assert exports.load(LATER).written is False


def test_of_one_record_twice_in_an_import_the_last_row_stands(exports: Exports) -> None:
    exports.write("dau_moi_cu.csv", (exports.folder / "dau_moi.csv").read_text(encoding="utf-8"))
    exports.replace("dau_moi_cu.csv", "Nguyễn An", "Nguyễn Anh")
    report = exports.load()
    assert [row["name"] for row in only(rows(exports, "lead"), source_id="L1")] == ["Nguyễn Anh"]
    assert report.reasons["the same record again in this import; its last row stands"] == 1
    assert report.unchanged == 1  # L2, said twice alike
    assert exports.load(LATER).written is False


def test_warnings_say_what_would_spoil_scores(exports: Exports) -> None:
    text = "\n".join(exports.load().warnings)
    assert "lead: rating, size can change and have no history" in text
    assert "transaction: when rows were known is assumed" in text
    assert "3 of 5 rows were refused" in text
    assert "no lead was ever converted" not in text


def test_leads_without_conversions_and_bulk_imports_are_warned_of(exports: Exports) -> None:
    (exports.folder / "lien_he.csv").unlink()
    heading = (exports.folder / "dau_moi.csv").read_text(encoding="utf-8").split("\n")[0]
    bulk = [f"M{n},Tên {n},,import,Mới,,01/01/2024 00:00:05," for n in range(80)]
    exports.write("dau_moi.csv", "\n".join([heading, *bulk, "M99,Sau,,web,Mới,,01/05/2030 00:00,"]))
    report = exports.load()
    text = "\n".join(report.warnings)
    assert "no lead was ever converted" in text
    assert "80 of 81 records of dau_moi.csv were created at 01/01/2024 00:00" in text
    assert "lead: 1 rows are dated after this import" in text
    assert "number 2 (party): no file fits lien_he*.csv" in text
    assert only(rows(exports, "lead"), source_id="M99")[0]["known_at"] == FIRST


def test_converted_leads_without_the_log_that_others_have_are_warned_of(exports: Exports) -> None:
    assert (
        "lead: 1 of 1 converted leads have no status in the change log, of the others 0 of 2 have none"
        in ("\n".join(exports.load().warnings))
    )
    exports.write("lich_su_2.csv", "Mã,Trường,Cũ,Mới,Lúc\nL9,Tình trạng,Mới,Đã gọi,06/03/2024 14:00\n")
    assert "in the change log" not in "\n".join(exports.load(LATER).warnings)
    (exports.folder / "lich_su_2.csv").unlink()
    assert "in the change log" not in "\n".join(exports.load(LATER).warnings)  # known from the load before


def test_words_of_moments_that_may_change_are_warned_of(exports: Exports) -> None:
    text = exports.mapping.read_text(encoding="utf-8").replace('fixed = ["channel"]\n', "")
    exports.mapping.write_text(text, encoding="utf-8")
    assert "lead: channel, rating, size can change and have no history" in "\n".join(exports.load().warnings)


def test_a_renamed_column_is_an_error_with_the_nearest(exports: Exports) -> None:
    exports.replace("dau_moi.csv", "Số điện thoại", "Số ĐT")
    with pytest.raises(MappingError, match="nearest is 'Số ĐT'") as refused:
        exports.load()
    assert refused.value.value == "Số điện thoại"
    assert "dau_moi.csv" in refused.value.where
    assert "lead" in refused.value.todo


def test_a_column_of_dates_in_the_other_order_is_an_error(exports: Exports) -> None:
    exports.write("don_hang.csv", "Mã liên hệ,Số đơn,Tiền,Ngày\nC1,SO1,1,03/22/2024\nC1,SO2,1,03/04/2024\n")
    with pytest.raises(MappingError, match="other way round") as refused:
        exports.load()
    assert refused.value.value == "03/22/2024"
    assert refused.value.where == "don_hang.csv: Ngày"
    assert 'date_order = "mdy"' in refused.value.todo


def test_an_error_leaves_nothing_behind(exports: Exports) -> None:
    exports.write("don_hang.csv", "")
    with pytest.raises(SourceError, match="empty"):
        exports.load()
    assert History(exports.home).load_number == 0


def test_files_that_fit_no_entry(exports: Exports, tmp_path: Path) -> None:
    exports.write("la.csv", "a,b\n")
    assert "la.csv: no [[table]] of the mapping fits this file" in "\n".join(exports.load().warnings)
    with pytest.raises(MappingError, match="no \\[\\[table\\]\\]") as refused:
        load(exports.home, exports.mapping, [exports.folder / "la.csv"], FIRST)
    assert refused.value.value == "la.csv"
    (tmp_path / "trong").mkdir()
    with pytest.raises(MappingError, match="no file fits"):
        load(exports.home, exports.mapping, [tmp_path / "trong"], FIRST)
    with pytest.raises(SourceError, match="no such file"):
        load(exports.home, exports.mapping, [tmp_path / "khong"], FIRST)


def test_a_kind_of_file_nothing_reads(exports: Exports) -> None:
    exports.mapping.write_text(
        exports.mapping.read_text(encoding="utf-8").replace("don_hang*.csv", "don_hang*"), encoding="utf-8"
    )
    exports.write("don_hang.pdf", "%PDF")
    with pytest.raises(SourceError, match="nothing reads"):
        exports.load()


def test_loads_of_a_source_follow_each_other_in_time(exports: Exports) -> None:
    exports.load(LATER)
    with pytest.raises(HistoryError, match="later time before"):
        exports.load(FIRST)


def test_two_sources_with_the_same_ids_are_two_companies(exports: Exports) -> None:
    first = exports.load(LATER)
    text = exports.mapping.read_text(encoding="utf-8").replace('source = "cloudgo"', 'source = "old_crm"')
    exports.mapping.write_text(text, encoding="utf-8")
    assert exports.load(FIRST).new == first.new
    leads = only(rows(exports, "lead"), source_id="L1")
    assert [(lead["source"], lead["known_until"]) for lead in leads] == [
        ("cloudgo", FOREVER),
        ("old_crm", FOREVER),
    ]


def test_progress_is_told_step_by_step(exports: Exports) -> None:
    told: list[tuple[str, int, int]] = []
    load(exports.home, exports.mapping, [exports.folder], FIRST, lambda *step: told.append(step))
    assert told[0] == ("reading dau_moi.csv", 0, 4)
    assert ("writing lead", 0, 5) in [(what, 0, of) for what, _, of in told]
    assert all(done <= of for _, done, of in told)


def test_the_report_survives_being_stored(exports: Exports) -> None:
    report = exports.load()
    stored = History(exports.home).loads()[0]
    assert stored.as_dict() == report.as_dict()
    assert stored.reliable_since == at("2023-01-01")

"""CSV files in the encodings, separators and shapes people get them in."""

import gzip
import unicodedata
from pathlib import Path

import pytest

from crm.connectors.csv import read
from crm.errors import SourceError
from crm.sheets import Options, Sheet

HEADING, ROWS = "Họ và tên;Ghi chú", ["Nguyễn Văn Đức;gọi lại", "Trần Thị Ánh;đã hẹn"]
TEXT = "\r\n".join([HEADING, *ROWS])


def cp1258(text: str) -> bytes:
    """As Windows writes Vietnamese: letters with their own byte, tones as combining marks."""
    encoded = b""
    for letter in unicodedata.normalize("NFC", text):
        try:
            encoded += letter.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", letter)
            base, tone = (
                (parts[:-1], parts[-1]) if parts[-1] in "\u0300\u0301\u0303\u0309\u0323" else (parts, "")
            )
            if not tone:  # ễ decomposes to e, circumflex, tilde: the tone is not always last
                tone = next(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
                base = parts.replace(tone, "")
            encoded += (unicodedata.normalize("NFC", base) + tone).encode("cp1258")
    return encoded


def cells(sheet: Sheet, heading: str) -> list[object]:
    codes, values = sheet.columns[heading]
    return [values[code] if code >= 0 else None for code in codes]


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.replace(";", "\t").encode("utf-16"),
        TEXT.replace(";", "\t").encode("utf-16-le"),
        TEXT.replace(";", "|").encode(),
        TEXT.replace(";", ",").encode(),
        unicodedata.normalize("NFD", TEXT).encode(),
        cp1258(TEXT),
        b"sep=;\r\n" + TEXT.encode(),
        f"\ufeff{TEXT}\r\n;\r\n\r\n".encode(),
    ],
    ids=["utf-8", "bom", "utf-16", "utf-16-le", "bar", "comma", "nfd", "cp1258", "sep line", "blank end"],
)
def test_the_same_rows_in_every_dress(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "dau_moi.csv"
    path.write_bytes(content)
    sheet = read(path, Options())
    assert cells(sheet, "Họ và tên") == ["Nguyễn Văn Đức", "Trần Thị Ánh"]
    assert cells(sheet, "Ghi chú") == ["gọi lại", "đã hẹn"]
    assert len(sheet) == 2


def test_compressed_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "dau_moi.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode()))
    assert len(read(path, Options())) == 2


def test_lines_are_the_files_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('Mã,Ghi chú\n1,"hai\ndòng"\n\n2,một\n', encoding="utf-8")
    sheet = read(path, Options())
    assert sheet.lines.tolist() == [2, 5]
    assert cells(sheet, "Ghi chú") == ["hai\ndòng", "một"]


def test_rows_of_another_width_are_kept_aside(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mã,Tên\n1,An\n2,Bình,thừa\n3\n4,Chi,,\n", encoding="utf-8")
    sheet = read(path, Options())
    assert cells(sheet, "Mã") == ["1", "4"]
    assert [(row.line, row.value) for row in sheet.broken] == [(3, "2,Bình,thừa"), (4, "3")]
    assert "3 cells under 2 headings" in sheet.broken[0].reason
    assert len(sheet) == 4


def test_repeated_headings_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("Mã,Tên,Tên\n1,a,b\n", encoding="utf-8")
    assert read(path, Options()).repeated == {"Tên"}


@pytest.mark.parametrize(
    ("content", "options", "what", "where"),
    [
        (b"", Options(), "empty", "a.csv"),
        (b"\xef\xbb\xbf \r\n", Options(), "empty", "a.csv"),
        ("Mã\nĐức\n".encode("utf-16"), Options(encoding="utf-8"), "not utf-8", "line 1"),
        (b"a,b\n1,2\n3,\xe9\xff\n", Options(encoding="utf-8"), "not utf-8", "line 3"),
        (b"nom,prix\nLef\xe8vre,\x80 5\nB\xe9atrice Fran\xe7ois,1\n", Options(), "cannot be told", "line 2"),
        (b"a,b\n", Options(encoding="utf-99"), "no such encoding", "a.csv"),
        (b'a,b\n1,"' + b"x" * 200_000, Options(), "cannot be read", "near line"),
        (b'a,b\n0,"0 \n"\n1,"x\n2,y\n', Options(), "never closes", "line 4"),
    ],
    ids=[
        "empty",
        "only a mark",
        "utf-16 as utf-8",
        "bad byte",
        "french",
        "unknown encoding",
        "long quote",
        "open quote",
    ],
)
def test_unreadable_files_say_why(
    content: bytes, options: Options, what: str, where: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=what) as refused:
        read(path, options)
    assert where in refused.value.where
    assert refused.value.todo


@pytest.mark.parametrize("name", ["NguyÔn V¨n §øc,TrÇn ThÞ Hång", "Nguyeãn Vaên Ñöùc,Traàn Thò Hoàng"])
def test_text_in_tcvn3_or_vni_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    file = tmp_path / "cu.csv"
    file.write_bytes(f"Ten,Ban\n{name}\n".encode("latin-1"))
    with pytest.raises(SourceError, match="cannot be told") as refused:
        read(file, Options())
    assert "convert it to Unicode" in refused.value.todo

"""Names, ids, addresses and yes/no words."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cleaning import Context, Refusal, clean
from crm.cleaning.text import boolean, email, identity, plain

VN = Context()


def test_names_keep_their_diacritics_in_one_spelling() -> None:
    assert plain(unicodedata.normalize("NFD", "Đặng  Thị\u200b Ánh\n"), VN) == "Đặng Thị Ánh"


@given(st.text(max_size=30))
def test_cleaned_text_is_clean(written: str) -> None:
    once = plain(written, VN)
    assert once is None or plain(once, VN) == once


@pytest.mark.parametrize(
    ("written", "same"), [(13085.0, "13085"), ("0042", "0042"), ("LEA 1", "LEA 1"), (7, "7")]
)
def test_ids_stay_as_the_source_has_them(written: object, same: str) -> None:
    assert identity(written, VN) == same


def test_an_id_no_database_could_keep_is_refused_and_no_text_has_a_letter_none_keeps() -> None:
    assert identity("x" * 200, VN) == "x" * 200
    with pytest.raises(Refusal, match="more than 200 letters"):
        identity("x" * 201, VN)
    assert plain("An\0 Phát", VN) == "An Phát"


@pytest.mark.parametrize("written", ["1.2E+17", "1,23E+17", 1.2e17, 12.5])
def test_an_id_a_spreadsheet_rounded_is_not_guessed(written: object) -> None:
    with pytest.raises(Refusal):
        identity(written, VN)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Lan.Tran@Example.VN", "lan.tran@example.vn"), ("Lan <lan@example.vn>", "lan@example.vn"),
        ("mailto:lan@example.vn", "lan@example.vn"), ("", None),
    ],
)  # fmt: skip
def test_addresses_are_casefolded(written: str, address: str | None) -> None:
    assert email(written, VN) == address


def test_of_several_addresses_the_first_is_kept_and_said() -> None:
    cleaned = clean("email", ["a@example.vn; b@example.vn", "khong-co"], VN)
    assert cleaned.values == ["a@example.vn", None]
    assert cleaned.reasons == ["several e-mail addresses; the first is taken", "not an e-mail address"]


@pytest.mark.parametrize(
    ("written", "meant"), [("Có", True), ("không", False), (1.0, True), (False, False), ("x", True)]
)
def test_yes_and_no(written: object, meant: bool) -> None:
    assert boolean(written, VN) is meant


def test_a_maybe_is_refused() -> None:
    with pytest.raises(Refusal):
        boolean("có lẽ", VN)

"""Phones as Vietnamese exports write them."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cleaning import Context, Refusal
from crm.cleaning.phones import MOBILE, RENUMBERED, phone

VN = Context()


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("0912345678", "+84912345678"),
        ("0912 345 678", "+84912345678"),
        ("091.234.5678", "+84912345678"),
        ("(+84) 912-345-678", "+84912345678"),
        ("+84 (0) 912 345 678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("0084912345678", "+84912345678"),
        ("p:+84912345678", "+84912345678"),
        ("'0912345678", "+84912345678"),
        ("912345678", "+84912345678"),
        (912345678.0, "+84912345678"),
        (84912345678, "+84912345678"),
        ("01621234567", "+84321234567"),
        ("1621234567", "+84321234567"),
        ("+841201234567", "+84701234567"),
        ("0121 123 4567", "+84791234567"),
        ("0438123456", "+842438123456"),
        ("04 3812 3456", "+842438123456"),
        ("024 3812 3456", "+842438123456"),
        ("028 3812 3456", "+842838123456"),
        ("2838123456", "+842838123456"),
        ("0838123456", "+84838123456"),
        ("+44 20 7946 0018", "+442079460018"),
        ("", None),
        ("  ", None),
    ],
)
def test_phones_become_e164(written: object, e164: str | None) -> None:
    assert phone(written, VN) == e164


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("08 38123456", "old Ho Chi Minh City landline"),
        ("(08) 3812 3456", "old Ho Chi Minh City landline"),
        ("08-3812-3456", "old Ho Chi Minh City landline"),
        ("+84 8 3812 3456", "old Ho Chi Minh City landline"),
        ("0912***678", "masked"),
        ("09123", "not a telephone number"),
        ("không có", "not a telephone number"),
        ("8.4912E+10", "not a telephone number"),
    ],
)
def test_what_cannot_be_dialled_is_refused(written: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason) as refused:
        phone(written, VN)
    assert refused.value.instead is None


def test_of_several_numbers_the_first_is_kept_and_said() -> None:
    with pytest.raises(Refusal, match="several") as refused:
        phone("0912345678 / 0987654321", VN)
    assert refused.value.instead == "+84912345678"


def test_another_region_reads_its_own_numbers() -> None:
    assert phone("020 7946 0018", Context(region="GB")) == "+442079460018"


@given(st.from_regex(MOBILE, fullmatch=True))
def test_the_short_way_agrees_with_phonenumbers(digits: str) -> None:
    number = phonenumbers.parse(digits, "VN")
    assert phone(digits, VN) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert phonenumbers.is_possible_number(number)


@given(
    st.sampled_from(sorted(RENUMBERED)), st.integers(0, 9_999_999), st.sampled_from(["0", "", "+84", "84"])
)
def test_every_old_mobile_is_renumbered_however_it_begins(prefix: str, rest: int, start: str) -> None:
    written = f"{start}{prefix[1:]}{rest:07d}"
    assert phone(written, VN) == f"+84{RENUMBERED[prefix][1:]}{rest:07d}"


@given(st.text(max_size=30))
def test_any_text_is_a_number_a_blank_or_refused(written: str) -> None:
    try:
        found = phone(written, VN)
    except Refusal:
        return
    assert found is None or found.startswith("+")

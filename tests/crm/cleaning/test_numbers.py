"""Money and whole numbers as people write them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cleaning import Context, Refusal
from crm.cleaning.numbers import integer, money

VND, GBP = Context(), Context(currency="GBP")


@pytest.mark.parametrize(
    ("written", "context", "units"),
    [
        ("1.234.567 ₫", VND, 1_234_567), ("1,234,567 VNĐ", VND, 1_234_567), ("1234567", VND, 1_234_567),
        ("1.234.567,00 đ", VND, 1_234_567), ("1.234", VND, 1_234), ("12,5 triệu", VND, 12_500_000),
        ("1,2 tỷ", VND, 1_200_000_000), ("500k", VND, 500_000), ("500 nghìn đồng", VND, 500_000),
        ("-50.000", VND, -50_000), ("(50.000)", VND, -50_000), ("50.000-", VND, -50_000),
        (1234567.0, VND, 1_234_567),
        (1.5, VND, 2), ("1,234.56", GBP, 123_456), ("1.234,56", GBP, 123_456), ("£6.95", GBP, 695),
        (6.95, GBP, 695), ("0.5", GBP, 50), (".5", GBP, 50), ("1,234", GBP, 123_400), ("", VND, None),
        ("1.250", Context(currency="GBP", decimal="."), 125), ("0.125", GBP, 12),
    ],
)  # fmt: skip
def test_money_is_the_smallest_unit(written: object, context: Context, units: int | None) -> None:
    assert money(written, context) == units


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("inf", "infinite"), ("-Infinity", "infinite"), (math.inf, "infinite"), ("NaN", "infinite"),
        ("1.234 triệu", "thousands or decimals"), ("12.34.5", "separators"), ("1,23,456", "separators"),
        ("liên hệ", "not a number"), ("1" * 30, "too large"), ("1e9", "not a number"),
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(written: object, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        money(written, VND)


@pytest.mark.parametrize(
    ("written", "whole"), [("12", 12), (12.0, 12), ("1.250", 1250), ("00:03:25", 205), (" ", None)]
)
def test_whole_numbers(written: object, whole: int | None) -> None:
    assert integer(written, VND) == whole


@pytest.mark.parametrize("written", ["12,5", 12.5, "10-50", math.inf])
def test_what_is_not_whole_is_refused(written: object) -> None:
    with pytest.raises(Refusal):
        integer(written, VND)


@given(
    st.integers(-(10**15), 10**15),
    st.sampled_from([".", ",", " ", ""]),
    st.sampled_from(["", " ₫", " VND", "đ"]),
)
def test_amounts_survive_being_written(units: int, separator: str, sign: str) -> None:
    assert money(f"{units:,}".replace(",", separator) + sign, VND) == units


@given(st.integers(0, 10**12), st.sampled_from([(",", "."), (".", ","), ("", "."), ("", ",")]))
def test_pence_survive_being_written(units: int, marks: tuple[str, str]) -> None:
    whole, pence = divmod(units, 100)
    assert money(f"{whole:,}".replace(",", marks[0]) + f"{marks[1]}{pence:02d}", GBP) == units


@given(st.text(max_size=20))
def test_any_text_is_an_amount_a_blank_or_refused(written: str) -> None:
    try:
        found = money(written, VND)
    except Refusal:
        return
    assert found is None or isinstance(found, int)

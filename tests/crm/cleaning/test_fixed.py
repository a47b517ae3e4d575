"""The short way through times agrees with the long one."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cleaning import Context, Refusal
from crm.cleaning.dates import moment
from crm.cleaning.fixed import read

ZONES = ["Asia/Ho_Chi_Minh", "Europe/London", "Australia/Lord_Howe", "America/New_York"]
FORMS = [
    ("dmy", "%d/%m/%Y %H:%M"), ("dmy", "%d-%m-%Y %H:%M:%S"), ("mdy", "%m/%d/%Y %H:%M"), ("mdy", "%m.%d.%Y %H:%M:%S"),
    ("ymd", "%Y-%m-%d %H:%M:%S"), ("dmy", "%Y-%m-%dT%H:%M"),
]  # fmt: skip


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2190, 1, 1)), st.sampled_from(FORMS), st.sampled_from(ZONES)
)
def test_it_reads_what_the_long_way_reads(time: datetime, form: tuple[str, str], zone: str) -> None:
    written = time.strftime(form[1])
    long = moment(written, Context(zone=zone), form[0])
    assert long is not None
    assert read([written], form[0], zone) == {0: long.at}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "day", [(2024, 3, 31), (2024, 10, 27), (2024, 11, 3), (2024, 3, 10), (2024, 4, 7), (2024, 10, 6)]
)
@pytest.mark.parametrize("zone", ZONES)
def test_they_agree_where_clocks_change(zone: str, day: tuple[int, int, int], form: tuple[str, str]) -> None:
    for hour in range(4):
        for minute in (0, 15, 30, 59):
            written = datetime(*day, hour, minute).strftime(form[1])
            long = moment(written, Context(zone=zone), form[0])
            assert long is not None
            assert read([written], form[0], zone) == {0: long.at}


@given(st.text("0123456789/-.: T", min_size=16, max_size=19), st.sampled_from(["dmy", "mdy", "ymd"]))
def test_it_reads_nothing_the_long_way_refuses(written: str, order: str) -> None:
    found = read([written], order, "Asia/Ho_Chi_Minh")
    try:
        long = moment(written, Context(), order)
    except Refusal:
        long = None
    assert found == {} or (long is not None and found == {0: long.at})


@pytest.mark.parametrize(
    "written", ["31/02/2024 10:00", "01/13/2024 10:00", "01/01/2024 24:00", "0１/01/2024 10:00", None, 5]
)
def test_what_it_cannot_read_is_left_to_the_long_way(written: object) -> None:
    assert read([written], "dmy", "UTC") == {}

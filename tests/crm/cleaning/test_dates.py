"""Dates and times in the orders and forms of real exports."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cleaning import Context, Refusal
from crm.cleaning.dates import moment, moments
from crm.clock import DAY, HOUR, to_micros

VN = Context()
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AFTERNOON = to_micros(datetime(2024, 3, 5, 14, 30, tzinfo=ZONE))
MIDNIGHT = to_micros(datetime(2024, 3, 5, tzinfo=ZONE))


@pytest.mark.parametrize(
    "written",
    [
        "05/03/2024 14:30", "5/3/2024 14:30:00", "05-03-2024 14:30", "05.03.2024, 14:30",
        "05/03/2024 2:30 PM",
        "05/03/2024 02:30 CH", "14:30 05/03/2024", "14:30, ngày 05/03/2024", "2024-03-05 14:30:00",
        "2024-03-05T07:30:00Z", "2024-03-05T14:30:00+07:00", "05/03/24 14:30", "45356.604166666664",
        45356.604166666664, datetime(2024, 3, 5, 14, 30),
    ],
)  # fmt: skip
def test_one_moment_in_many_forms(written: object) -> None:
    found = moment(written, VN)
    assert found is not None
    assert (found.at, found.end, found.day) == (AFTERNOON, AFTERNOON, False)


@pytest.mark.parametrize(
    "written", ["05/03/2024", "2024-03-05", "2024/03/05", "45356", 45356.0, date(2024, 3, 5)]
)
def test_a_date_alone_is_known_at_its_local_end(written: object) -> None:
    found = moment(written, VN)
    assert found is not None
    assert (found.at, found.end, found.day) == (MIDNIGHT, MIDNIGHT + DAY, True)


def test_a_day_of_changing_clocks_has_its_own_length() -> None:
    found = moment("2024-03-31", Context(zone="Europe/London"))
    assert found is not None
    assert found.end - found.at == 23 * HOUR


@pytest.mark.parametrize(
    "written", ["31/02/2024", "25:00 01/01/2024", "hôm qua", "05/03/0024", "12", "3.5E+9"]
)
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(Refusal):
        moment(written, VN)


def test_the_order_is_the_columns_and_never_the_cells() -> None:
    found = moments(["03/04/2024", "25/03/2024", "03/25/2024"], VN)
    assert found.reasons == ["", "", "no such day in this order of day and month"]
    assert found.values[0] == moment("2024-04-03", VN)
    assert not found.swapped


def test_a_column_in_the_other_order_is_noticed() -> None:
    assert moments(["03/04/2024", "03/25/2024"], VN).swapped
    assert not moments(["03/04/2024", "03/25/2024"], Context(date_order="mdy")).swapped


@given(
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.sampled_from([("dmy", "%d/%m/%Y"), ("mdy", "%m/%d/%Y"), ("ymd", "%Y/%m/%d"), ("dmy", "%Y-%m-%d")]),
)
def test_dates_survive_being_written(day: date, form: tuple[str, str]) -> None:
    found = moment(day.strftime(form[1]), VN, form[0])
    assert found is not None
    assert found.at == to_micros(datetime(day.year, day.month, day.day, tzinfo=ZONE))
    assert found.end == to_micros(datetime.combine(day + timedelta(days=1), datetime.min.time(), ZONE))


@given(st.text(max_size=25))
def test_any_text_is_a_moment_a_blank_or_refused(written: str) -> None:
    try:
        found = moment(written, VN)
    except Refusal:
        return
    assert found is None or found.at <= found.end

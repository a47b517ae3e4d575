"""The Lunar New Year (Tết), which moves, and the quiet days around it."""

from datetime import date, timedelta

TET = tuple(
    date(year, month, day)
    for year, month, day in (
        (2005, 2, 9), (2006, 1, 29), (2007, 2, 17), (2008, 2, 7), (2009, 1, 26), (2010, 2, 14), (2011, 2, 3),
        (2012, 1, 23), (2013, 2, 10), (2014, 1, 31), (2015, 2, 19), (2016, 2, 8), (2017, 1, 28),
        (2018, 2, 16), (2019, 2, 5), (2020, 1, 25), (2021, 2, 12), (2022, 2, 1), (2023, 1, 22),
        (2024, 2, 10), (2025, 1, 29),
        (2026, 2, 17), (2027, 2, 6), (2028, 1, 26), (2029, 2, 13), (2030, 2, 2), (2031, 1, 23), (2032, 2, 11),
        (2033, 1, 31), (2034, 2, 19), (2035, 2, 8),
    )
)  # fmt: skip
"""The first day of the first lunar month by the Vietnamese calendar (UTC+7)."""

QUIET_BEFORE, QUIET_AFTER = timedelta(days=6), timedelta(days=8)


def quiet_spans() -> list[tuple[date, date]]:
    """The quiet fortnight around each Tết: first day and the day after the last.

    >>> quiet_spans()[-1]
    (datetime.date(2035, 2, 2), datetime.date(2035, 2, 16))
    """
    return [(day - QUIET_BEFORE, day + QUIET_AFTER) for day in TET]

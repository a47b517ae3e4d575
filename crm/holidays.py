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

HUNG_KINGS = {
    2024: date(2024, 4, 18), 2025: date(2025, 4, 7), 2026: date(2026, 4, 26), 2027: date(2027, 4, 16),
    2028: date(2028, 4, 4), 2029: date(2029, 4, 23), 2030: date(2030, 4, 12), 2031: date(2031, 4, 1),
    2032: date(2032, 4, 19), 2033: date(2033, 4, 9), 2034: date(2034, 4, 28), 2035: date(2035, 4, 17),
}  # fmt: skip
"""The tenth day of the third lunar month, by the same calendar."""

FIXED = ((1, 1), (4, 30), (5, 1), (9, 2))
TET_OFF = range(-2, 5)
"""Days of Tết off work, counted from its first day: the usual week. The state names the exact days each year."""

QUIET_BEFORE, QUIET_AFTER = timedelta(days=6), timedelta(days=8)


def quiet_spans() -> list[tuple[date, date]]:
    """The quiet fortnight around each Tết: first day and the day after the last.

    >>> quiet_spans()[-1]
    (datetime.date(2035, 2, 2), datetime.date(2035, 2, 16))
    """
    return [(day - QUIET_BEFORE, day + QUIET_AFTER) for day in TET]


def public(year: int) -> frozenset[date]:
    """The public holidays of a year; a company adds what the state names besides.

    >>> date(2026, 2, 16) in public(2026), date(2026, 4, 26) in public(2026), date(2026, 3, 2) in public(2026)
    (True, True, False)
    """
    fixed = {date(year, month, day) for month, day in FIXED}
    tet = {first + timedelta(days=off) for first in TET if first.year == year for off in TET_OFF}
    return frozenset(fixed | tet | {HUNG_KINGS[year]} if year in HUNG_KINGS else fixed | tet)

"""The company's calendar: working days, Tết, and the days leads arrive."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from crm.clock import HOUR, MINUTE
from crm.errors import LeadkeepError
from crm.holidays import TET

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

YEARS = 3
AHEAD = 400
"""Days beyond the end for which the calendar is known, so that chances ahead can be computed."""

OPENS, CLOSES = 8.0, 17.5
UTC_OFFSET = 7
"""Hours; Vietnam keeps no summer time."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days the export covers; day 0 is the first one, ``length`` the first day not in it."""

    first: date
    length: int

    @property
    def days(self) -> NDArray[np.datetime64]:
        """Every day from the first to AHEAD days past the end."""
        return np.datetime64(self.first, "D") + np.arange(self.length + AHEAD)

    @property
    def end(self) -> int:
        """The start of the first day not in the window, UTC microseconds: nothing is generated after it."""
        return int(self.micros(np.array([self.length]), np.zeros(1))[0])

    def micros(self, day: NDArray[np.integer], hour: Floats) -> Ints:
        """UTC microseconds of a local day number and hour (24.0 a day), cut to whole minutes."""
        start = (
            np.datetime64(self.first, "D").astype(np.int64) + np.asarray(day, np.int64)
        ) * 24 - UTC_OFFSET
        return start * HOUR + np.floor(np.asarray(hour) * 60 + 1e-6).astype(np.int64) * MINUTE

    def day_of(self, micros: Ints) -> Ints:
        """The local day number of UTC microseconds."""
        local = np.asarray(micros) + UTC_OFFSET * HOUR
        return local // (24 * HOUR) - int(np.datetime64(self.first, "D").astype(np.int64))


def today() -> date:
    """Today in Vietnam, wherever the machine stands."""
    return datetime.now(ZoneInfo("Asia/Ho_Chi_Minh")).date()


def window(until: date) -> Window:
    """Three years up to ``until``, which is not in it any more."""
    if not TET[0].year + YEARS < until.year < TET[-1].year - 1:
        raise LeadkeepError(
            "the sample company has no calendar for that year",
            value=until.isoformat(),
            todo=f"choose a date from {TET[0].year + YEARS + 1} to {TET[-1].year - 2}",
        )
    first = until - timedelta(days=365 * YEARS)
    return Window(first, (until - first).days)


def tet_distance(span: Window) -> NDArray[np.int64]:
    """Days since the nearest Tết, negative before it, for every day of the window."""
    days = span.days
    gaps = np.stack([(days - np.datetime64(tet, "D")).astype(np.int64) for tet in TET])
    return np.asarray(gaps[np.abs(gaps).argmin(axis=0), np.arange(len(days))], np.int64)


def work(span: Window) -> Floats:
    """How much of a day's work is done each day: 1 on weekdays, less on Saturdays, none on holidays."""
    days = span.days
    weekday = (days.astype(np.int64) + 3) % 7
    factor = np.choose(weekday, [1.0, 1.0, 1.0, 1.0, 1.0, 0.45, 0.0])
    tet = tet_distance(span)
    factor = np.where((tet >= -12) & (tet < -3), factor * 0.7, factor)
    factor = np.where((tet >= -3) & (tet <= 6), 0.0, factor)
    month, day = _month_and_day(days)
    for holiday in ((1, 1), (4, 30), (5, 1), (9, 2)):
        factor = np.where((month == holiday[0]) & (day == holiday[1]), 0.0, factor)
    return np.asarray(factor, np.float64)


def traffic(span: Window) -> Floats:
    """How many people look for software and equipment each day, relative to an ordinary one."""
    days = span.days
    weekday = (days.astype(np.int64) + 3) % 7
    month, _ = _month_and_day(days)
    factor = np.where(weekday == 6, 0.6, np.where(weekday == 5, 0.8, 1.0))
    factor = factor * np.where(month >= 10, 1.2, np.where((month == 6) | (month == 7), 0.9, 1.0))
    tet = tet_distance(span)
    factor = np.where((tet >= -7) & (tet <= 7), factor * 0.15, factor)
    factor = np.where((tet > 7) & (tet <= 40), factor * 1.25, factor)
    return np.asarray(factor * (1 + 0.15 * np.arange(len(days)) / 365), np.float64)


def _month_and_day(days: NDArray[np.datetime64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    months = days.astype("datetime64[M]")
    return months.astype(np.int64) % 12 + 1, (days - months.astype("datetime64[D]")).astype(np.int64) + 1

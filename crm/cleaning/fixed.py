"""Reads all times written ``dd/mm/yyyy HH:MM[:SS]`` or ``yyyy-mm-dd HH:MM[:SS]`` at once.

The forms nearly every export uses; :mod:`crm.cleaning.dates` reads the others one by one and says why it cannot.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, HOUR, MINUTE, SECOND

Int64 = NDArray[np.int64]
LENGTHS: Final = (16, 19)
FROM_YEAR: Final = 1980
"""Since then clocks everywhere have changed on the hour or the half hour."""


def read(values: Sequence[Any], order: str, zone: str) -> dict[int, int]:
    """UTC microseconds of the values in a fixed form, by their position; ``order`` is dmy, mdy or ymd.

    >>> read(["05/03/2024 14:30", "?", "2024-03-05 14:30:00"], "dmy", "Asia/Ho_Chi_Minh")
    {0: 1709623800000000, 2: 1709623800000000}
    """
    found: dict[int, int] = {}
    for length in LENGTHS:
        at = [i for i, value in enumerate(values) if isinstance(value, str) and len(value) == length]
        if at:
            letters = np.array([values[i] for i in at], f"<U{length}").view(np.uint32).reshape(-1, length)
            good, local = _local(letters.astype(np.int64), order)
            times = local[good] - _offsets(local[good], ZoneInfo(zone))
            found.update(zip(np.array(at)[good].tolist(), times.tolist(), strict=True))
    return found


def _local(letters: Int64, order: str) -> tuple[NDArray[np.bool_], Int64]:
    """Which rows of letters are times, and what their clock on the wall showed, in microseconds."""
    slashed = np.isin(letters[:, 2], [ord(mark) for mark in "/-."]) & (letters[:, 5] == letters[:, 2])
    slashed &= order != "ymd"
    dashed = (letters[:, 4] == ord("-")) & (letters[:, 7] == ord("-"))
    good = (slashed | dashed) & np.isin(letters[:, 10], [ord(" "), ord("T")]) & (letters[:, 13] == ord(":"))
    if letters.shape[1] == 19:
        good &= letters[:, 16] == ord(":")
    first, second = (_number(letters, start, 2) for start in (0, 3))
    day, month = (first, second) if order == "dmy" else (second, first)
    year = np.where(dashed, _number(letters, 0, 4), _number(letters, 6, 4))
    month = np.where(dashed, _number(letters, 5, 2), month)
    day = np.where(dashed, _number(letters, 8, 2), day)
    good &= (year >= FROM_YEAR) & (year < 2200) & (month >= 1) & (month <= 12) & (day >= 1)
    starts = np.where(good, (year - 1970) * 12 + month - 1, 0).astype("datetime64[M]")
    days = starts.astype("datetime64[D]").astype(np.int64)
    good &= day <= (starts + 1).astype("datetime64[D]").astype(np.int64) - days
    hour, minute = _number(letters, 11, 2), _number(letters, 14, 2)
    seconds = _number(letters, 17, 2) if letters.shape[1] == 19 else np.zeros(len(letters), np.int64)
    good &= (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (seconds >= 0) & (seconds < 60)
    return good, (days + day - 1) * DAY + hour * HOUR + minute * MINUTE + seconds * SECOND


def _number(letters: Int64, start: int, width: int) -> Int64:
    """A number of ``width`` digits; far below zero where a letter is no digit."""
    digits = letters[:, start : start + width] - ord("0")
    value: Int64 = (digits * 10 ** np.arange(width - 1, -1, -1)).sum(axis=1)
    return np.where(((digits >= 0) & (digits <= 9)).all(axis=1), value, -(10**9))


def _offsets(local: Int64, zone: ZoneInfo) -> Int64:
    """Offsets from UTC in microseconds, looked up once for each half hour on the wall."""
    halves, back = np.unique(local // (HOUR // 2), return_inverse=True)
    start = datetime(1970, 1, 1, tzinfo=zone)
    offsets = [(start + timedelta(hours=half / 2)).utcoffset() or timedelta(0) for half in halves.tolist()]
    return np.array([offset // timedelta(microseconds=1) for offset in offsets], np.int64)[back]

"""Local day numbers of many moments at once, in any time zone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, SECOND

EARLIEST, LATEST = -25_567 * DAY, 84_006 * DAY  # 1900 to 2200: outside, the nearest offset holds


def local_day(micros: NDArray[np.int64], zone: str) -> NDArray[np.int32]:
    """Days since 1970-01-01 on the wall calendar of ``zone``, one for each UTC microsecond given.

    >>> local_day(np.array([0, 17 * 3600 * SECOND], dtype=np.int64), "Asia/Ho_Chi_Minh").tolist()
    [0, 1]
    """
    if not len(micros):
        return np.zeros(0, dtype=np.int32)
    starts, offsets = _offsets(int(micros.min()), int(micros.max()), zone)
    shift = offsets[0] if len(offsets) == 1 else offsets[np.searchsorted(starts, micros, side="right") - 1]
    return ((micros + shift) // DAY).astype(np.int32)


def _offsets(first: int, last: int, zone: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The stretches of constant UTC offset from ``first`` to ``last``: their starts and offsets."""
    low, high = (min(max(moment, EARLIEST), LATEST) // DAY for moment in (first, last))
    info = ZoneInfo(zone)
    days = [day * DAY for day in range(low, high + 2)]
    found = [(np.iinfo(np.int64).min, _offset(days[0], info))]
    for day, following in pairwise(days):
        offset = _offset(following, info)
        if offset != found[-1][1]:
            found.append((_transition(day, following, info), offset))
    return np.array([s for s, _ in found], dtype=np.int64), np.array([o for _, o in found], dtype=np.int64)


def _transition(low: int, high: int, info: ZoneInfo) -> int:
    """The second at which the offset becomes what it is at ``high``."""
    after = _offset(high, info)
    while high - low > SECOND:
        middle = (low + high) // 2 // SECOND * SECOND
        low, high = (low, middle) if _offset(middle, info) == after else (middle, high)
    return high


def _offset(micros: int, info: ZoneInfo) -> int:
    moment = datetime.fromtimestamp(micros // SECOND, UTC).astimezone(info)
    return (moment.utcoffset() or timedelta()) // timedelta(seconds=1) * SECOND

"""When a job is due: ``every 15 minutes``, ``01:30`` for each day, ``sunday 03:00`` for each week, or nothing."""

import re
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crm.clock import DAY, HOUR, MINUTE, SECOND
from crm.errors import SettingsError

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EVERY: Final = re.compile(r"every (\d{1,4}) minutes?")
AT: Final = re.compile(rf"(?:({'|'.join(DAYS)}) )?([01]\d|2[0-3]):([0-5]\d)")


def newest(schedule: str, moment: int, zone: str) -> int | None:
    """The newest time up to ``moment`` at which a schedule is due (UTC microseconds); None for the empty one.

    Raises SettingsError for what is no schedule.

    >>> newest("every 15 minutes", 1_772_325_000_000_000, "UTC") == 1_772_324_100_000_000 + 15 * MINUTE
    True
    >>> newest("", 0, "UTC")
    """
    if not schedule:
        return None
    if found := EVERY.fullmatch(schedule):
        step = max(1, int(found[1])) * MINUTE
        return moment // step * step
    if found := AT.fullmatch(schedule):
        return _at(found[1], time(int(found[2]), int(found[3])), moment, ZoneInfo(zone))
    todo = 'write "01:30", "sunday 03:00", "every 15 minutes", or "" for never'
    raise SettingsError("not a schedule", value=schedule, where="settings.toml: jobs", todo=todo)


def coming(schedule: str, moment: int, zone: str) -> int | None:
    """The first time after a moment at which a schedule is due; else as :func:`newest`.

    >>> coming("every 15 minutes", 1_772_325_000_000_000, "UTC") == 1_772_325_900_000_000
    True
    """
    before = newest(schedule, moment, zone)
    if before is None:
        return None
    if found := EVERY.fullmatch(schedule):
        return before + max(1, int(found[1])) * MINUTE
    # A week and the hour that a clock may have been put back.
    return next(at for days in (1, 7) if (at := newest(schedule, before + days * DAY + HOUR, zone)) != before)


def _at(day: str | None, clock: time, moment: int, zone: ZoneInfo) -> int:
    today = datetime.fromtimestamp(moment / SECOND, zone).date()
    for back in range(8):
        at = datetime.combine(today - timedelta(days=back), clock, zone)
        found = round(at.timestamp()) * SECOND
        if found <= moment and (day is None or DAYS[at.weekday()] == day):
            return found
    raise AssertionError("a week has every day")

"""Dates and times: one order of day and month for a whole column, ISO and Excel serials beside it."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from crm.cleaning import fixed
from crm.cleaning.result import Context, Refusal
from crm.cleaning.text import plain
from crm.clock import to_micros

EXCEL_ZERO: Final = datetime(1899, 12, 30)
SERIAL: Final = re.compile(r"[1-9]\d{4}([.,]\d+)?")
CLOCK: Final = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,6})\d*)?)?"
HALF: Final = r"(?:\s*(?P<half>am|pm|sa|ch))?"
DAY: Final = r"(?P<a>\d{1,4})[/.\-](?P<b>\d{1,2})[/.\-](?P<c>\d{2,4})"
DATE_FIRST: Final = re.compile(rf"{DAY}(?:[\s,T]+{CLOCK}{HALF})?", re.IGNORECASE)
CLOCK_FIRST: Final = re.compile(rf"{CLOCK}{HALF}[\s,]+(?:ngày\s+)?{DAY}", re.IGNORECASE)
ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ].*)?|\d{8}T.*")
EARLIEST, LATEST = 1900, 2200


class Moment(NamedTuple):
    """A time in UTC microseconds; of a ``day`` alone, its first moment, with the ``end`` a day later."""

    at: int
    end: int
    day: bool


class Moments(NamedTuple):
    """A cleaned column of times, as :class:`crm.cleaning.Cleaned`."""

    values: list[Moment | None]
    reasons: list[str]
    swapped: bool
    """Whether day and month seem exchanged: some cells cannot be read in this order, all can in the other."""


def moments(values: Sequence[Any], context: Context) -> Moments:
    """A column's distinct values as moments; the order of day and month is never guessed per cell."""
    at_once = fixed.read(values, context.date_order, context.zone)
    found = [
        Moment(at_once[i], at_once[i], False) if i in at_once else _read(value, context, context.date_order)
        for i, value in enumerate(values)
    ]
    reasons = [moment if isinstance(moment, str) else "" for moment in found]
    return Moments(
        [None if isinstance(moment, str) else moment for moment in found],
        reasons,
        _swapped(values, reasons, context),
    )


def _swapped(values: Sequence[Any], reasons: list[str], context: Context) -> bool:
    other = {"dmy": "mdy", "mdy": "dmy"}.get(context.date_order)
    bad = [value for value, reason in zip(values, reasons, strict=True) if reason == NO_SUCH_DAY]
    if other is None or not bad:
        return False
    return not any(isinstance(_read(value, context, other), str) for value in values)


NO_SUCH_DAY: Final = "no such day in this order of day and month"


def _read(value: Any, context: Context, order: str) -> Moment | str | None:
    """A moment, None for a blank, or the reason why it is neither."""
    try:
        return moment(value, context, order)
    except Refusal as refusal:
        return str(refusal)


def moment(value: Any, context: Context, order: str = "dmy") -> Moment | None:
    """One cell as a moment; raises Refusal.

    >>> moment("05/03/2024 14:30", Context()).at == moment("2024-03-05T07:30:00Z", Context()).at
    True
    >>> moment("05/03/2024", Context()).day
    True
    """
    zone = ZoneInfo(context.zone)
    if isinstance(value, datetime):
        return _at(value, zone)
    if isinstance(value, date):
        return _on(value, zone)
    if isinstance(value, str) and value[4:5] == "-" and value[10:11] in ("T", " "):
        return _iso(value.strip(), zone)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _serial(float(value), zone)
    shown = plain(value, context)
    if shown is None:
        return None
    if SERIAL.fullmatch(shown):
        return _serial(float(shown.replace(",", ".")), zone)
    if ISO.fullmatch(shown):
        return _iso(shown, zone)
    found = DATE_FIRST.fullmatch(shown) or CLOCK_FIRST.fullmatch(shown)
    if not found:
        raise Refusal("not a date or time")
    return _written(found.groupdict(), order, zone)


def _at(local: datetime, zone: ZoneInfo) -> Moment:
    """A moment by the clock; a time of a wall clock is in ``zone``."""
    _check_year(local.year)
    at = to_micros(local if local.tzinfo else local.replace(tzinfo=zone))
    return Moment(at, at, False)


def _on(day: date, zone: ZoneInfo) -> Moment:
    _check_year(day.year)
    start = datetime(day.year, day.month, day.day, tzinfo=zone)
    end = datetime.combine(day + timedelta(days=1), start.timetz())
    return Moment(to_micros(start), to_micros(end), True)


def _check_year(year: int) -> None:
    if not EARLIEST <= year < LATEST:
        raise Refusal("a year that cannot be meant")


def _serial(days: float, zone: ZoneInfo) -> Moment:
    """Excel counts days from 1899-12-30."""
    if not 1 <= days < 110_000:
        raise Refusal("a number that is no Excel date")
    local = EXCEL_ZERO + timedelta(seconds=round(days * 86_400))
    return _on(local.date(), zone) if float(days).is_integer() else _at(local, zone)


def _iso(shown: str, zone: ZoneInfo) -> Moment:
    try:
        local = datetime.fromisoformat(shown)
    except ValueError as error:
        raise Refusal("not a date or time") from error
    return _on(local.date(), zone) if len(shown) == 10 else _at(local, zone)


def _written(parts: dict[str, str | None], order: str, zone: ZoneInfo) -> Moment:
    """A date in figures, perhaps with a time of day."""
    a, b, c = (str(parts[key]) for key in "abc")
    year_first = len(a) == 4
    year, month, day = (
        (a, b, c) if year_first or order == "ymd" else (c, b, a) if order == "dmy" else (c, a, b)
    )
    full = int(year) + (2000 if int(year) < 70 else 1900) if len(year) == 2 else int(year)
    _check_year(full)
    try:
        on = date(full, int(month), int(day))
    except ValueError as error:
        raise Refusal(NO_SUCH_DAY) from error
    return _on(on, zone) if parts["hour"] is None else _at(_clock(on, parts), zone)


def _clock(on: date, parts: dict[str, str | None]) -> datetime:
    hour = int(parts["hour"] or 0)
    half = (parts["half"] or "").casefold()
    if half and not 1 <= hour <= 12:
        raise Refusal("not a time of day")
    hour = hour % 12 + 12 * (half in ("pm", "ch")) if half else hour
    try:
        return datetime(
            on.year, on.month, on.day, hour, int(parts["minute"] or 0), int(parts["second"] or 0),
            int((parts["part"] or "").ljust(6, "0")),
        )  # fmt: skip
    except ValueError as error:
        raise Refusal("not a time of day") from error


__all__ = ["Moment", "Moments", "moment", "moments"]

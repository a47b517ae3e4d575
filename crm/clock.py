"""Times as Leadkeep keeps them: int64 microseconds since 1970 in UTC."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.errors import SettingsError

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
FOREVER = 2**63 - 1
"""``known_until`` of knowledge that still stands."""

UNKNOWN = -(2**63)
"""A time, value or duration that was not recorded."""


def now() -> int:
    """This moment."""
    return to_micros(datetime.now(UTC))


def to_micros(moment: datetime) -> int:
    """Microseconds of an aware datetime; raises ValueError for a naive one.

    >>> to_micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds


def parse(text: str, zone: str) -> int:
    """An ISO 8601 date or time from the command line or a request; without an offset it is in ``zone``.

    A bare date means the start of that local day.

    >>> parse("2026-03-01", "Asia/Ho_Chi_Minh") == parse("2026-02-28T17:00:00Z", "UTC")
    True
    """
    if text.strip().lower() == "now":
        return now()
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise SettingsError(
            "not a date or time", value=text, todo="write it as 2026-03-01 or 2026-03-01T09:30+07:00"
        ) from error
    return to_micros(moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone)))


def show(micros: int, zone: str) -> str:
    """``dd/mm/yyyy HH:MM`` in ``zone``, as Vietnamese staff read it."""
    return to_datetime(micros, zone).strftime("%d/%m/%Y %H:%M")


def iso(micros: int, zone: str = "UTC") -> str:
    """ISO 8601 with offset.

    >>> iso(0)
    '1970-01-01T00:00:00+00:00'
    """
    return to_datetime(micros, zone).isoformat()


def known_zone(name: str) -> str:
    """The name of a time zone there is; raises ValueError.

    >>> known_zone("Asia/Ho_Chi_Minh")
    'Asia/Ho_Chi_Minh'
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("no such time zone, e.g. Asia/Ho_Chi_Minh") from error
    return name


def to_datetime(micros: int, zone: str = "UTC") -> datetime:
    """An aware datetime in ``zone``."""
    seconds, rest = divmod(micros, SECOND)
    return datetime.fromtimestamp(seconds, ZoneInfo(zone)).replace(microsecond=rest)

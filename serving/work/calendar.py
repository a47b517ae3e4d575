"""The working calendar: when people work, when they may call, and how much working time has passed."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import holidays
from crm.clock import to_datetime, to_micros
from crm.settings import Settings
from crm.tables.people import Absence

EPOCH: Final = date(1970, 1, 1)
FARTHEST: Final = 400
"""Days looked ahead for working time: nobody is away for longer."""

Micros = tuple[int, int]


class Calendar:
    """The company's hours, less the days somebody is away. Moments and lengths are UTC microseconds."""

    def __init__(self, settings: Settings, away: frozenset[date] = frozenset()) -> None:
        self.zone, self._hours, self._away = settings.zone, settings.hours, away
        self._calling = _times(settings.hours.calling)

    @classmethod
    def of(cls, session: Session, settings: Settings, person: int | None) -> "Calendar":
        """The calendar of one person, their leave included."""
        absent = session.execute(
            select(Absence.first_day, Absence.last_day).where(Absence.person == person)
        ).all()
        days = {day_of(number) for first, last in absent for number in range(first, last + 1)}
        return cls(settings, frozenset(days))

    def spans(self, day: date) -> list[Micros]:
        """The stretches of work of one local day, in order; empty on a day off."""
        if day in self._away or day in self._hours.closed or day in _public(day.year):
            return []
        said = (self._hours.week, self._hours.saturday, self._hours.sunday)[max(day.weekday() - 4, 0)]
        return sorted(self._at(day, *_times(span)) for span in said)

    def works(self, moment: int) -> bool:
        """Whether it is working time."""
        return any(first <= moment < last for first, last in self.spans(self.day(moment)))

    def worked(self, since: int, until: int) -> int:
        """Working time from ``since`` to ``until``; a lead of 22:00 has waited nothing at 8:00."""
        stretches = (span for day in self._days(since, until) for span in self.spans(day))
        return sum(max(0, min(last, until) - max(first, since)) for first, last in stretches)

    def after(self, since: int, length: int) -> int:
        """The moment at which ``length`` of working time has passed since ``since``.

        Where nobody works for over a year, ``since + length``.
        """
        left = length
        for day in self._days(since, since + FARTHEST * 86_400_000_000):
            for first, last in self.spans(day):
                begins = max(first, since)
                if last > begins and last - begins >= left:
                    return begins + left
                left -= max(0, last - begins)
        return since + length

    def share(self, moment: int) -> float:
        """How much of a usual day's work this local day holds: 0 on a day off, about a half on a Saturday."""
        day = sum(last - first for first, last in self.spans(self.day(moment)))
        return day / self.usual if self.usual else 0.0

    @property
    def usual(self) -> int:
        """Working time of a usual day."""
        return 1_000_000 * sum(_length(span) for span in self._hours.week)

    def may_call(self, moment: int) -> bool:
        """Whether people who did not ask for it may be called now (Decree 91/2020), on any day of the week."""
        first, last = self._at(self.day(moment), *self._calling)
        return first <= moment < last

    def may_call_from(self, moment: int) -> int:
        """The moment itself where people may be called then, else when they may next."""
        for day in (self.day(moment), self.day(moment) + timedelta(days=1)):
            first, last = self._at(day, *self._calling)
            if moment < last:
                return max(moment, first)
        raise AssertionError("the next day ends after every moment of this one")

    def day(self, moment: int) -> date:
        """The local day of a moment."""
        return to_datetime(moment, self.zone).date()

    def begins(self, day: date) -> int:
        """The first moment of a local day."""
        return to_micros(datetime.combine(day, time(), ZoneInfo(self.zone)))

    def _days(self, since: int, until: int) -> Iterator[date]:
        day, last = self.day(since), self.day(max(since, until))
        while day <= last:
            yield day
            day += timedelta(days=1)

    def _at(self, day: date, first: time, last: time) -> Micros:
        zone = ZoneInfo(self.zone)
        return to_micros(datetime.combine(day, first, zone)), to_micros(datetime.combine(day, last, zone))


def day_number(day: date) -> int:
    """Days since 1970, as the database keeps local days."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    """The local day of a day number."""
    return EPOCH + timedelta(days=number)


@lru_cache(maxsize=16)
def _public(year: int) -> frozenset[date]:
    return holidays.public(year)


def _times(span: str) -> tuple[time, time]:
    first, _, last = span.partition("-")
    return time.fromisoformat(first), time.fromisoformat(last)


def _length(span: str) -> int:
    first, last = _times(span)
    return (last.hour - first.hour) * 3600 + (last.minute - first.minute) * 60

"""The next task that an outcome leaves in the CRM: the call agreed, the question about a quote, another try."""

from datetime import timedelta
from typing import NamedTuple

from crm.clock import HOUR, show
from crm.glance import MISSED
from crm.settings import Settings
from crm.tables.work import Tap
from serving import say
from serving.work import outcomes, steps
from serving.work.calendar import FARTHEST, Calendar


class Task(NamedTuple):
    """When (UTC microseconds), and what to do then in the company's language."""

    due: int
    said: str


def following(tap: Tap, settings: Settings, calendar: Calendar) -> Task | None:
    """What to do next after ``tap``, in its person's working time; None for an outcome that leaves nothing to do.

    A missed call is tried again when the lists bring the subject back and the hour allows it; a quote is asked about
    some working days later.
    """
    outcome = outcomes.BY_CODE[tap.code]
    if tap.due_at is not None:
        return Task(tap.due_at, _said("agreed", tap.due_at, settings))
    if outcome.outcome in MISSED:
        rest = settings.hours.rest_hours * HOUR if outcome.rest is None else outcome.rest
        return Task(_next_call(tap.at + rest, calendar), _said("missed", None, settings))
    if tap.code == outcomes.QUOTED.code:
        return Task(_days_on(tap.at, settings.hours.quote_days, calendar), _said("quoted", tap.at, settings))
    return None


def _next_call(since: int, calendar: Calendar) -> int:
    """The first working moment from ``since`` on at which people may be called."""
    return calendar.after(calendar.may_call_from(calendar.after(since, 0)), 0)


def _days_on(moment: int, days: int, calendar: Calendar) -> int:
    """The first working hour of the working day so many working days after a moment."""
    day, left = calendar.day(moment), days
    for _ in range(FARTHEST):
        day += timedelta(days=1)
        spans = calendar.spans(day)
        left -= bool(spans)
        if not left:
            return spans[0][0] + HOUR
    return moment


def _said(step: str, at: int | None, settings: Settings) -> str:
    words = steps.SAID[step][settings.language != "vi"]
    if at is None:
        return words
    return words.replace("{at}", show(at, settings.zone)).replace("{day}", say.day(at, settings.zone))

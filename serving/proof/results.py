"""What the company achieves, from the records as the newest import left them, each figure beside its goal.

Every figure says of whom it speaks: leads that had their thirty days, customers who had their quarter. What came
live since the import is not in them yet.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from duckdb import DuckDBPyConnection
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import DAY, FOREVER, now, to_datetime, to_micros
from crm.directory import newest
from crm.errors import HistoryError
from crm.history import History
from crm.settings import Home
from crm.tables.work import Goal
from serving.proof.queries import DUE, FIGURES, FORECAST, FUNNEL, MONTHS, OPENED, OVERALL, READ, VIEWS

QUARTER: Final = 90 * DAY
MONTH: Final = 30 * DAY
YEAR: Final = 365 * DAY

AHEAD: Final = 20
"""Quarters a customer's remaining value looks ahead: nobody knows who stays for longer than five years."""

PRIOR: Final = 20
"""Average deals' worth of the share won overall that each stage's own share is drawn to: few deals say little."""

UNITS: Final = {
    "conversion": "share", "retention": "share", "lifetime_value": "money", "remaining_value": "money",
    "old_revenue": "money", "csat": "rating", "response": "hours", "resolution": "hours",
}  # fmt: skip
"""What each figure and its goal count: a share of 1, money in the smallest unit, a rating, hours."""

SMALLER_IS_BETTER: Final = frozenset({"response", "resolution"})

STEPS: Final = ("came", "touched", "converted", "dealt", "won")

DUES: Final = ("overdue", "this_month", "later", "undated")


class Figure(NamedTuple):
    """``value`` in the unit of ``UNITS`` (None: nobody to speak of), over ``people`` leads, customers or tickets.

    ``waiting`` tickets have no answer, or no end, yet: the value cannot count them.
    """

    name: str
    value: float | None
    people: int
    goal: float | None
    waiting: int = 0

    @property
    def reached(self) -> bool | None:
        """Whether the goal is met; None without a goal or a value."""
        if self.goal is None or self.value is None:
            return None
        return self.value <= self.goal if self.name in SMALLER_IS_BETTER else self.value >= self.goal


class Step(NamedTuple):
    """A step of the funnel: how many leads came that far, and the usual days since the step before."""

    name: str
    leads: int
    days: float | None


class Open(NamedTuple):
    """Open deals of one stage; ``expected`` is their amount times the ``rate`` of the amount won.

    The rate is that of the ``past`` deals that ended in the last year and were once in this stage, drawn to that of
    all; None where none ended.
    """

    stage: str
    deals: int
    amount: int
    rate: float | None
    past: int

    @property
    def expected(self) -> int:
        """In the smallest unit."""
        return round(self.amount * (self.rate or 0))


class Due(NamedTuple):
    """Open deals by ``when`` they should close, one of ``DUES``; ``expected`` to be won in the smallest unit."""

    when: str
    deals: int
    amount: int
    expected: int


class Month(NamedTuple):
    """Revenue of one month, of customers of more than a quarter and of all; ``running`` where more is to come."""

    month: str
    old: int
    everybody: int
    running: bool


@dataclass(frozen=True, slots=True)
class Results:
    """Everything the page shows beside the proof; ``end`` is when its data ends, UTC microseconds.

    ``foreign`` open deals are in another currency and not in the forecast; ``complaints`` says whether the settings
    tell complaints from other tickets.
    """

    end: int
    figures: list[Figure]
    funnel: list[Step]
    months: list[Month]
    forecast: list[Open]
    due: list[Due]
    win_rate: float | None
    foreign: int
    complaints: bool


def results(home: Home, session: Session) -> Results:
    """As of the newest import, with the goals of now; raises HistoryError where nothing was imported."""
    load = History(home).load_number
    if not load:
        todo = "import an export: leadkeep import"
        raise HistoryError("the history is empty", where=str(home.history), todo=todo)
    complaints = home.settings.tickets.named
    found = _counted(home.path, load, home.settings.currency, complaints)
    goals = {row.metric: row.value for row in session.scalars(select(Goal))}
    figures = [
        Figure(name, value, people, goals.get(name), waiting)
        for name, (value, people, waiting) in found.figures.items()
    ]
    return Results(
        found.end, figures, found.funnel, found.months, found.forecast, found.due, found.win_rate, found.foreign,
        bool(complaints),
    )  # fmt: skip


class _Counted(NamedTuple):
    end: int
    figures: Mapping[str, tuple[float | None, int, int]]
    funnel: list[Step]
    months: list[Month]
    forecast: list[Open]
    due: list[Due]
    win_rate: float | None
    foreign: int


@lru_cache(maxsize=2)
def _counted(path: Path, load: int, currency: str, complaints: tuple[str, ...]) -> _Counted:
    """All of it for one load: an import is counted once."""
    with newest(History(Home(path), load), READ) as connection:
        end, zone = _end(connection), Home(path).settings.zone
        given = {
            "end": end, "quarter": QUARTER, "month": MONTH, "year": YEAR, "ahead": AHEAD, "prior": PRIOR,
            "forever": FOREVER, "currency": currency, "complaints": list(complaints),
            "today": to_micros(_midnight(end, zone)), "following": _first_of_month(end, zone, 1),
        }  # fmt: skip
        for view in f"{VIEWS}{OPENED}".strip().split(";\n"):
            _ask(connection, view, given)
        figures = {name: _figure(name, _ask(connection, asked, given)[0]) for name, asked in FIGURES.items()}
        reached = _ask(connection, FUNNEL, given)[0]
        given |= {"shift": _offset(end, zone), "first": _first_of_month(end, zone, -11)}
        running = f"{to_datetime(end, zone):%Y-%m}"
        months = [Month(month, int(old or 0), int(all_ or 0), month == running) for month, old, all_ in
                  _ask(connection, MONTHS, given)]  # fmt: skip
        forecast = [Open(*row) for row in _ask(connection, FORECAST, given)]
        due = {
            row[0]: Due(row[0], row[1], row[2], round(row[3] or 0)) for row in _ask(connection, DUE, given)
        }
        win_rate, foreign = _ask(connection, OVERALL, given)[0]
    funnel = [
        Step(
            name, reached[2 * place], None if reached[2 * place + 1] is None else reached[2 * place + 1] / DAY
        )
        for place, name in enumerate(STEPS)
    ]
    dues = [due[when] for when in DUES if when in due]
    return _Counted(end, figures, funnel, months, forecast, dues, win_rate, foreign)


def _end(connection: DuckDBPyConnection) -> int:
    """When the records end: nothing later than now, and no more than a minute after the newest that people made."""
    asked = """SELECT max(happened) FROM (
        SELECT created_at AS happened FROM lead UNION ALL SELECT occurred_at FROM activity
        UNION ALL SELECT occurred_at FROM transaction UNION ALL SELECT created_at FROM ticket
    ) WHERE happened < $now"""
    moment = now()
    found = connection.execute(asked, {"now": moment}).fetchall()[0][0]
    return moment if found is None else min(int(found) + 60_000_000, moment)


def _offset(moment: int, zone: str) -> int:
    """Seconds the company's clocks are ahead of UTC."""
    return round((to_datetime(moment, zone).utcoffset() or timedelta()).total_seconds())


def _midnight(moment: int, zone: str) -> datetime:
    """When the local day began."""
    return to_datetime(moment, zone).replace(hour=0, minute=0, second=0, microsecond=0)


def _first_of_month(moment: int, zone: str, months: int) -> int:
    """When the month began, or begins, that is so many after that of ``moment``."""
    day = _midnight(moment, zone)
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return to_micros(day.replace(year=year, month=month + 1, day=1))


def _ask(connection: DuckDBPyConnection, asked: str, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The rows; DuckDB wants exactly the parameters a query names."""
    used = {name: value for name, value in given.items() if f"${name}" in asked}
    rows: list[tuple[Any, ...]] = connection.execute(asked, used).fetchall()
    return rows


def _figure(name: str, row: tuple[Any, ...]) -> tuple[float | None, int, int]:
    value, people, waiting = (*row, 0)[:3]
    if value is None or not people:
        return None, 0, int(waiting)
    return float(value) / (3600 * 1_000_000 if UNITS[name] == "hours" else 1), int(people), int(waiting)

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

QUARTER: Final = 90 * DAY
MONTH: Final = 30 * DAY
YEAR: Final = 365 * DAY

AHEAD: Final = 20
"""Quarters a customer's remaining value looks ahead: nobody knows who stays for longer than five years."""

PRIOR: Final = 20
"""Average deals' worth of the share won overall that each stage's own share is drawn to: few deals say little."""

READ: Final = {
    "lead": ("created_at", "converted_at", "converted_party"),
    "party": ("organisation",),
    "deal": ("lead", "party", "stage", "amount", "currency", "created_at", "expected_close", "won_at", "lost_at"),
    "transaction": ("kind", "reference", "party", "amount", "currency", "occurred_at", "starts_at", "ends_at",
                    "cancelled_at"),
    "ticket": ("category", "created_at", "first_reply_at", "resolved_at", "csat", "rated_at"),
    "activity": ("lead", "party", "occurred_at", "direction"),
    "change": ("object", "record", "field", "old", "new"),
}  # fmt: skip

VIEWS: Final = """
CREATE TEMP TABLE trade AS
SELECT t.source, coalesce(p.organisation, t.party) AS customer, t.kind, coalesce(t.reference, t.source_id) AS reference,
    coalesce(t.amount, 0) AS amount, coalesce(t.occurred_at, t.starts_at) AS happened,
    CASE WHEN t.kind <> 'order' THEN coalesce(least(t.ends_at, t.cancelled_at), $forever) END AS until
FROM transaction t LEFT JOIN party p ON p.source = t.source AND p.source_id = t.party
WHERE t.party IS NOT NULL AND (t.currency IS NULL OR t.currency = $currency)
    AND coalesce(t.occurred_at, t.starts_at) < $end;
CREATE TEMP TABLE sale AS SELECT * FROM trade WHERE kind IN ('order', 'subscription', 'renewal');
CREATE TEMP TABLE revenue AS
WITH returned AS (
    SELECT source, reference, kind, sum(abs(amount)) AS amount FROM trade WHERE kind IN ('return', 'refund')
    GROUP BY source, reference, kind
    QUALIFY row_number() OVER (PARTITION BY source, reference ORDER BY sum(abs(amount)) DESC, kind DESC) = 1
)
SELECT source, customer, happened, amount, true AS bought FROM sale
UNION ALL
SELECT t.source, t.customer, t.happened, -abs(t.amount), false
FROM trade t JOIN returned r ON r.source = t.source AND r.reference = t.reference AND r.kind = t.kind;
CREATE TEMP TABLE customer AS
SELECT source, customer, min(happened) AS since,
    coalesce(bool_or(happened >= $end - 2 * $quarter AND happened < $end - $quarter
        OR happened < $end - $quarter AND until >= $end - $quarter), false) AS before,
    coalesce(bool_or(happened >= $end - $quarter OR until >= $end), false) AS kept
FROM sale GROUP BY source, customer;
CREATE TEMP TABLE complaint AS
SELECT created_at, first_reply_at, resolved_at FROM ticket
WHERE created_at >= $end - $quarter AND created_at < $end
    AND (len($complaints) = 0 OR list_contains($complaints, lower(category)));
"""
"""Goods that came back and the money paid back for them are often two records of one reference: of the two kinds the
larger is taken off, on its days."""

FIGURES: Final = {
    "conversion": """
        SELECT avg((converted_at < created_at + $month)::INT), count(*) FROM (
            SELECT created_at, coalesce(converted_at, $end * 2) AS converted_at FROM lead
            WHERE created_at >= $end - $quarter - $month AND created_at < $end - $month)""",
    "retention": "SELECT avg(kept::INT), count(*) FROM customer WHERE before",
    "lifetime_value": """
        WITH each AS (
            SELECT sum(r.amount) AS spent FROM customer c JOIN revenue r USING (source, customer)
            WHERE c.since < $end - $year GROUP BY source, customer
        )
        SELECT avg(spent), count(*) FROM each""",
    "remaining_value": """
        WITH each AS (
            SELECT coalesce(sum(r.amount) FILTER (r.happened >= $end - $year), 0) / 4 AS quarterly
            FROM customer c JOIN revenue r USING (source, customer)
            WHERE c.kept AND c.since < $end - $year GROUP BY source, customer
        ),
        staying AS (SELECT avg(kept::INT) AS rate FROM customer WHERE before)
        SELECT avg(quarterly) * any_value(list_sum([rate ** ahead FOR ahead IN range(1, $ahead + 1)])), count(*)
        FROM each, staying""",
    "old_revenue": """
        SELECT sum(r.amount), count(DISTINCT r.customer) FILTER (r.bought)
        FROM revenue r JOIN customer c USING (source, customer)
        WHERE r.happened >= $end - $quarter AND c.since < $end - $quarter""",
    "csat": """
        SELECT avg(csat), count(csat) FROM ticket
        WHERE coalesce(rated_at, resolved_at, created_at) >= $end - $quarter""",
    "response": """
        SELECT median(first_reply_at - created_at) FILTER (first_reply_at >= created_at),
            count(*) FILTER (first_reply_at >= created_at),
            count(*) FILTER (first_reply_at IS NULL AND resolved_at IS NULL)
        FROM complaint""",
    "resolution": """
        SELECT median(resolved_at - created_at) FILTER (resolved_at >= created_at),
            count(*) FILTER (resolved_at >= created_at), count(*) FILTER (resolved_at IS NULL)
        FROM complaint""",
}  # fmt: skip

UNITS: Final = {
    "conversion": "share", "retention": "share", "lifetime_value": "money", "remaining_value": "money",
    "old_revenue": "money", "csat": "rating", "response": "hours", "resolution": "hours",
}  # fmt: skip
"""What each figure and its goal count: a share of 1, money in the smallest unit, a rating, hours."""

SMALLER_IS_BETTER: Final = frozenset({"response", "resolution"})

FUNNEL: Final = """
WITH ours AS (SELECT * FROM activity WHERE coalesce(direction, 'out') = 'out'),
contact AS (
    SELECT source, lead, occurred_at AS happened FROM ours WHERE lead IS NOT NULL
    UNION ALL
    SELECT l.source, l.source_id, a.occurred_at FROM lead l
    JOIN ours a ON a.source = l.source AND a.party = l.converted_party AND a.occurred_at >= l.created_at
    WHERE a.lead IS NULL
),
touched AS (SELECT source, lead, min(happened) AS happened FROM contact GROUP BY source, lead),
dealt AS (
    SELECT source, lead, min(created_at) AS happened, min(won_at) AS won FROM deal WHERE lead IS NOT NULL
    GROUP BY source, lead
    UNION ALL
    SELECT l.source, l.source_id, min(d.created_at), min(d.won_at) FROM lead l
    JOIN deal d ON d.source = l.source AND d.party = l.converted_party AND d.created_at >= l.created_at
    WHERE d.lead IS NULL GROUP BY l.source, l.source_id
),
one AS (
    SELECT l.created_at, least(t.happened, l.converted_at, d.happened, d.won) AS touched,
        least(l.converted_at, d.happened, d.won) AS converted, least(d.happened, d.won) AS dealt, d.won
    FROM lead l LEFT JOIN touched t ON t.source = l.source AND t.lead = l.source_id
    LEFT JOIN (SELECT source, lead, min(happened) AS happened, min(won) AS won FROM dealt GROUP BY source, lead) d
        ON d.source = l.source AND d.lead = l.source_id
    WHERE l.created_at >= $end - $month - 2 * $quarter AND l.created_at < $end - $month
)
SELECT count(*), NULL, count(touched), median(touched - created_at), count(converted),
    median(converted - touched), count(dealt), median(dealt - converted), count(won), median(won - dealt)
FROM one
"""
"""How many came to each step or past it, and the time since the step before. Contacts of ours count, also those a CRM
moved to the customer when the lead was converted."""

STEPS: Final = ("came", "touched", "converted", "dealt", "won")

MONTHS: Final = """
SELECT strftime(to_timestamp(r.happened // 1000000 + $shift) AT TIME ZONE 'UTC', '%Y-%m') AS month,
    sum(r.amount) FILTER (c.since < r.happened - $quarter) AS old, sum(r.amount) AS everybody
FROM revenue r JOIN customer c USING (source, customer) WHERE r.happened >= $first
GROUP BY month ORDER BY month
"""

OPENED: Final = """
CREATE TEMP TABLE ours AS SELECT * FROM deal WHERE currency IS NULL OR currency = $currency;
CREATE TEMP TABLE closed AS
SELECT source, source_id, coalesce(amount, 0)::DOUBLE AS amount, won_at IS NOT NULL AS won FROM ours
WHERE coalesce(won_at, lost_at) >= $end - $year;
CREATE TEMP TABLE overall AS
SELECT coalesce(sum(amount) FILTER (won), 0) / nullif(sum(amount), 0) AS rate, avg(amount) AS usual FROM closed;
CREATE TEMP TABLE opened AS
WITH passed AS (
    SELECT DISTINCT source, record, unnest([old, new]) AS stage FROM change
    WHERE object = 'deal' AND field = 'stage'
),
past AS (
    SELECT p.stage, count(*) AS deals, sum(c.amount) AS amount, coalesce(sum(c.amount) FILTER (c.won), 0) AS won
    FROM closed c JOIN passed p ON p.source = c.source AND p.record = c.source_id
    WHERE p.stage IS NOT NULL GROUP BY p.stage
)
SELECT coalesce(o.stage, '') AS stage, coalesce(o.amount, 0) AS amount, coalesce(p.deals, 0) AS past,
    (coalesce(p.won, 0) + $prior * a.usual * a.rate) / (coalesce(p.amount, 0) + $prior * a.usual) AS share,
    CASE WHEN expected_close IS NULL THEN 'undated' WHEN expected_close < $today THEN 'overdue'
        WHEN expected_close < $following THEN 'this_month' ELSE 'later' END AS due
FROM ours o LEFT JOIN past p USING (stage) CROSS JOIN overall a WHERE o.won_at IS NULL AND o.lost_at IS NULL;
"""
"""Open deals in the company's own currency, each with the share won of its stage and when it is expected to close."""

FORECAST: Final = """
SELECT stage, count(*), sum(amount)::BIGINT, any_value(share), any_value(past) FROM opened
GROUP BY stage ORDER BY sum(amount) DESC, stage
"""

DUE: Final = "SELECT due, count(*), sum(amount)::BIGINT, sum(amount * share) FROM opened GROUP BY due"

DUES: Final = ("overdue", "this_month", "later", "undated")

OVERALL: Final = """
SELECT (SELECT rate FROM overall), count(*) FROM deal
WHERE won_at IS NULL AND lost_at IS NULL AND currency <> $currency
"""
"""The share won of all, and how many open deals are in another currency: their amounts cannot be added up."""


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

"""Proof of value, the outcome: what the parties drawn for the score earned or kept more than those for the rule.

Everybody drawn counts in the arm they were drawn for, contacted or not, exempt later or not, from the day of the draw
for as many days as the target needs. Who was drawn too lately to have had them waits, and as long more as an outcome
may still be taken back: a customer whose term ended may renew it. Who was exempt whenever they were seen counts
nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.clock import DAY, UNKNOWN, now
from crm.days import local_day
from crm.events import Events, EventStore
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.trial import Enrolment
from models.snapshots import history_end, label_delay
from models.spans import Happenings
from models.target import UNKNOWN_OUTCOME, Target, find
from serving.proof.effect import Effect, difference
from serving.proof.trial import RULE
from serving.runs import newest

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

HORIZONS: Final = {"lead": 2, "deal": 2, "customer": 1}
"""Horizons each party is followed for: a lead that buys takes as long again to pay."""

WEEK: Final = 7 * DAY


class Drawn(NamedTuple):
    """One party that counts: since when, in which arm, and who looked after it then."""

    subject: str
    arm: str
    at: int
    owner: int | None


class Slice(NamedTuple):
    """One week or one person: the local day number the week begins, or the name, and the effect on money."""

    of: int | str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Proof:
    """``money`` in the smallest unit and ``hits`` (sales, or customers kept), both for each 100 parties.

    ``drawn`` counts parties by the score's arm, the rule's and those never drawn, exempt to this day; ``days`` is how
    long each is followed; ``weeks_left`` until it can tell, None where no end is in sight.
    """

    target: str
    drawn: tuple[int, int, int]
    days: int
    money: Effect
    hits: Effect
    weeks_left: int | None
    by_week: list[Slice]
    by_owner: list[Slice]

    @property
    def started(self) -> bool:
        """Whether the first of them were followed to the end."""
        return sum(self.hits.parties) > 0


def proof(home: Home, target: str, as_of: int | None = None) -> Proof:
    """What is proved by ``as_of`` (default now); raises NotFound before the first scoring, HistoryError."""
    declared, moment = find(target), now() if as_of is None else as_of
    with reading(home) as session:
        horizon = newest(session, target).horizon_days * DAY
        counted = _drawn(session, target, moment)
        never = select(func.count()).where(Enrolment.target == target, Enrolment.at.is_(None))
        exempt = session.scalar(never) or 0
        names = {number: name for number, name in session.execute(select(Person.id, Person.name))}
    drawn = (sum(row.arm != RULE for row in counted), sum(row.arm == RULE for row in counted), exempt)
    events = EventStore.open(home).read(declared.subject)
    follow = HORIZONS[declared.subject] * horizon
    known = history_end(events, moment)
    end = known - label_delay(events, declared.outcomes, known) - declared.grace(events, known)
    told, money, hits = _outcomes(declared, events, counted, horizon, follow, end, known + 1)
    ruled = np.array([row.arm == RULE for row in told], dtype=bool)
    found = difference(money[~ruled], money[ruled])
    won = difference(hits[~ruled], hits[ruled])
    week = np.array([_week(row.at, home.settings.zone) for row in told])
    owner = np.array([names.get(row.owner, "") if row.owner else "" for row in told])
    return Proof(
        target, drawn, follow // DAY, found, won, _weeks_left(found, counted, told, follow, end),
        _slices(week, money, ruled), _slices(owner, money, ruled),
    )  # fmt: skip


def _drawn(session: Session, target: str, moment: int) -> list[Drawn]:
    asked = select(Enrolment.subject, Enrolment.arm, Enrolment.at, Enrolment.owner)
    rows = session.execute(asked.where(Enrolment.target == target, Enrolment.at < moment))
    return [Drawn._make(row) for row in rows]


def _outcomes(
    target: Target, events: Events, counted: Sequence[Drawn], horizon: int, follow: int, end: int, as_of: int
) -> tuple[list[Drawn], Float, Float]:
    """Who was followed by ``end``, what each spent meanwhile, and whether the outcome we want came.

    Both as known at ``as_of``, which is later: a renewal may be entered weeks after the term it follows.
    """
    place = {subject: number for number, subject in enumerate(events.subjects)}
    told = [row for row in counted if row.at + follow <= end and row.subject in place]
    subject = np.array([place[row.subject] for row in told], dtype=np.int32)
    at = np.array([row.at for row in told], dtype=np.int64)
    if not told:
        return [], np.zeros(0), np.zeros(0)
    label = target.labels(events, subject, at, horizon, as_of)
    known = label != UNKNOWN_OUTCOME  # decided before the draw, and only found out later: in neither arm
    hits = (label == (1 if target.wished else 0)).astype(np.float64)
    money = _spent(events, subject, at, at + follow, as_of)
    return [row for row, keep in zip(told, known, strict=True) if keep], money[known], hits[known]


def _spent(
    events: Events, subject: NDArray[np.int32], start: NDArray[np.int64], stop: NDArray[np.int64], as_of: int
) -> Float:
    """What ``subject[k]`` bought in ``[start[k], stop[k])``, less what came back in it, never below 0.

    Orders and subscription terms; deals won where there are neither. Returns and refunds are often two records of one
    thing, so the larger of both is taken off.
    """
    for kinds in (("order", "subscription"), ("deal_won",), ("payment",)):
        bought = Happenings.of(events, *kinds).as_known(as_of)
        bought = bought.where((bought.value != UNKNOWN) & (bought.value > 0))
        if len(bought.rows):
            break
    row = np.full(len(events.subjects), -1)
    row[subject] = np.arange(len(subject))

    def added(some: Happenings) -> Float:
        mine = row[some.subject]
        inside = (mine >= 0) & (some.occurred_at >= start[mine]) & (some.occurred_at < stop[mine])
        amount = some.value[inside].astype(np.float64)
        return np.asarray(np.bincount(mine[inside], weights=amount, minlength=len(subject)), dtype=np.float64)

    back = (Happenings.of(events, kind).as_known(as_of) for kind in ("return", "refund"))
    returned, refunded = (added(some.where(some.value != UNKNOWN)) for some in back)
    return np.maximum(added(bought) - np.maximum(returned, refunded), 0.0)


def _weeks_left(
    found: Effect, counted: Sequence[Drawn], told: Sequence[Drawn], follow: int, end: int
) -> int | None:
    if not counted:
        return None
    first = min(row.at for row in counted)
    if not told:
        return max(ceil((first + follow - end) / WEEK), 1)
    return found.weeks_left((max(row.at for row in told) - first) / WEEK + 1)


def _week(moment: int, zone: str) -> int:
    """The local day number of the Monday before."""
    day = int(local_day(np.array([moment]), zone)[0])
    return day - (day + 3) % 7


def _slices(of: NDArray[np.generic], money: Float, ruled: Bool) -> list[Slice]:
    found = []
    for one in np.unique(of).tolist():
        mine = of == one
        found.append(Slice(one, difference(money[mine & ~ruled], money[mine & ruled])))
    return found

"""How customers stay or drift away, day by day: the chances, the simulation, and the exact truth.

A customer is on one of four levels: 0 has gone quiet, 1 unhappy, 2 content, 3 happy. Each working day, in
this order,

1. the level moves down or up by one (a badly resolved ticket, a rise in price, a champion who left, a
   competitor's offer; a good visit). The causes of a move are drawn afterwards and leave their own traces.
2. Who buys goods orders with a chance that grows with the days since the last order, relative to the
   customer's own rhythm, and that depends on the level.
3. A running subscription may be cancelled; some days before its end the customer decides whether to renew.

Level, days since the last order and days to the subscription's end are the whole state, so the chance of
churn within a horizon follows exactly by carrying the distribution over levels forward (:func:`no_order`,
:func:`no_renewal`).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.sample.days import Floats, Ints

DOWN = np.array([0.0, 0.0100, 0.0050, 0.0060])
UP = np.array([0.0020, 0.0090, 0.0060, 0.0])
"""Chances a day of leaving each level downwards and upwards, before the customer's own factors."""
ORDERS = np.array([0.10, 0.65, 1.0, 1.15])
"""What the level does to ordering."""
CANCELS = np.array([0.0030, 0.0008, 0.0002, 0.0001])
RENEWS = np.array([0.30, 1.6, 8.0, 20.0])
"""Chance a day to cancel, and odds to renew, by level."""
BUYS_GOODS, SUBSCRIBES = 1, 2
NEVER = 99_999


@dataclass(frozen=True, slots=True)
class Customers:
    """One entry a customer. ``start`` is the day of the first purchase (0 for old ones, who came before).

    ``kind`` adds up BUYS_GOODS and SUBSCRIBES. ``down``, ``up`` and ``loyal`` are factors on the chances of moving
    down and up and on the odds of renewing; ``rhythm`` is days between orders, ``term`` the days of a subscription.
    """

    kind: Ints
    start: Ints
    old: NDArray[np.bool_]
    down: Floats
    up: Floats
    loyal: Floats
    rhythm: Floats
    term: Ints

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True)
class Lives:
    """What happened. ``level`` is ``[customer, day]`` after the day (-1 before the start); ``ordered`` alike.

    ``since`` is days since the last order at the start of each day (NEVER before the first). ``terms`` has
    one row for each subscription term: customer, first day, day it was signed, first day after it, day of
    cancelling (NEVER); ``ends``, ``decides`` and ``declined`` are ``[customer, day]``: the running term's
    first day after it (-1: none), the day of its renewal decision, and whether that was no.
    """

    level: NDArray[np.int8]
    ordered: NDArray[np.bool_]
    since: NDArray[np.int32]
    ends: NDArray[np.int32]
    decides: NDArray[np.int32]
    declined: NDArray[np.bool_]
    terms: Ints


def befriend(rng: Generator, start: Ints, old: NDArray[np.bool_], software: NDArray[np.bool_]) -> Customers:
    """Customers with their hidden dispositions; those who came for software subscribe."""
    count = len(start)
    also = rng.random(count) < np.where(software, 0.30, 0.12)
    kind = np.where(also, BUYS_GOODS | SUBSCRIBES, np.where(software, SUBSCRIBES, BUYS_GOODS)).astype(
        np.int64
    )
    price_pressure, care = rng.normal(0, 1, count), rng.normal(0, 1, count)
    return Customers(
        kind=kind, start=start, old=old, down=np.exp(0.55 * price_pressure - 0.1),
        up=np.exp(0.45 * care - 0.1),
        loyal=np.exp(-0.45 * price_pressure + 0.2 * care),
        rhythm=np.clip(np.exp(rng.normal(np.log(33), 0.38, count)), 16, 75),
        term=rng.choice([91, 182, 365], count, p=[0.35, 0.30, 0.35]),
    )  # fmt: skip


def order_chance(
    who_rhythm: Floats, level: NDArray[np.integer], since: NDArray[np.integer], working: Floats
) -> Floats:
    """Chance of an order on a day; ``since`` counts from the last one. Arguments broadcast."""
    due = np.clip((since / who_rhythm - 0.25) / 0.75, 0.03, 1.8)
    return np.asarray(np.minimum(2.0 / who_rhythm * due * ORDERS[level] * working, 0.9))


def renew_chance(loyal: Floats, level: NDArray[np.integer]) -> Floats:
    """Chance of a yes on the day of decision."""
    odds = RENEWS[level] * loyal
    return np.asarray(odds / (1 + odds))


def take(who: Customers, rows: Ints) -> Customers:
    """Some customers, one entry a row."""
    return Customers(**{field.name: getattr(who, field.name)[rows] for field in fields(who)})


def level_chances(who: Customers, level: NDArray[np.integer], working: Floats) -> tuple[Floats, Floats]:
    """Chances of moving down and up on a day."""
    return np.asarray(DOWN[level] * who.down * working), np.asarray(UP[level] * who.up * working)


def live(rng: Generator, who: Customers, work: Floats, length: int) -> Lives:
    """Runs every customer through the window."""
    count = len(who)
    lives = Lives(
        np.full((count, length), -1, np.int8), np.zeros((count, length), bool),
        np.full((count, length), NEVER, np.int32), np.full((count, length), -1, np.int32),
        np.full((count, length), -1, np.int32), np.zeros((count, length), bool), np.zeros((0, 5), np.int64),
    )  # fmt: skip
    goods, subscribes = (who.kind & BUYS_GOODS) > 0, (who.kind & SUBSCRIBES) > 0
    level = rng.choice(4, count, p=[0.0, 0.12, 0.53, 0.35])
    since = np.where(who.old & goods, rng.integers(1, 45, count), NEVER)
    contracts = Contracts(rng, who, subscribes)
    for day in range(length):
        here, working = who.start <= day, work[day]
        drawn = rng.random((4, count))
        down, up = level_chances(who, level, working)
        level = level + here * ((drawn[0] > 1 - up) * 1 - (drawn[0] < down) * 1)
        lives.since[:, day] = since
        first = goods & (who.start == day) & ~who.old
        ordered = first | (
            here & goods & (since < NEVER) & (drawn[1] < order_chance(who.rhythm, level, since, working))
        )
        since = np.where(ordered, 1, np.where(since < NEVER, since + 1, since))
        lives.level[:, day], lives.ordered[:, day] = np.where(here, level, -1), ordered
        lives.ends[:, day], lives.decides[:, day], lives.declined[:, day] = contracts.state(day)
        contracts.pass_day(day, level, drawn[2], drawn[3])
    return Lives(
        lives.level, lives.ordered, lives.since, lives.ends, lives.decides, lives.declined, contracts.rows()
    )


class Contracts:
    """The running subscriptions during the simulation."""

    def __init__(self, rng: Generator, who: Customers, subscribes: NDArray[np.bool_]) -> None:
        count = len(who)
        self.rng, self.who, self.subscribes = rng, who, subscribes
        self.signed: list[Ints] = []
        self.ends = np.full(count, -1, np.int64)
        self.decides = np.full(count, -1, np.int64)
        self.declined = np.zeros(count, bool)
        self.cancelled_at: dict[int, int] = {}
        running = np.flatnonzero(subscribes & who.old)
        begun = -rng.integers(1, who.term[running])
        self._sign(running, begun, begun)

    def _sign(self, rows: Ints, begins: Ints, day: Ints) -> None:
        self.ends[rows] = begins + self.who.term[rows]
        self.decides[rows] = self.ends[rows] - self.rng.integers(1, 21, len(rows))
        self.declined[rows] = False
        # Who decides before day 0 has decided on day 0 at the earliest: nothing before it is simulated.
        self.decides[rows] = np.maximum(self.decides[rows], np.minimum(0, self.ends[rows] - 1))
        never = np.full(len(rows), NEVER)
        self.signed.append(np.stack([rows, begins, day, self.ends[rows], never], axis=1))

    def state(self, day: int) -> tuple[Ints, Ints, NDArray[np.bool_]]:
        """Ends, decisions and refusals at the start of ``day``; the term that ended yesterday is none."""
        over = (self.ends >= 0) & (self.ends <= day)
        self.ends[over] = -1
        return self.ends, self.decides, self.declined

    def pass_day(self, day: int, level: Ints, cancels: Floats, renews: Floats) -> None:
        """New customers sign; running terms are cancelled, renewed or declined."""
        fresh = np.flatnonzero(self.subscribes & (self.who.start == day) & ~self.who.old)
        self._sign(fresh, np.full(len(fresh), day), np.full(len(fresh), day))
        running = (self.ends > day) & (self.who.start <= day)
        running[fresh] = False
        leaves = running & ~self.declined & (cancels < CANCELS[level] * self.who.down)
        for row in np.flatnonzero(leaves):
            self.cancelled_at[int(row)] = day
        self.ends[leaves] = -1
        asked = running & ~leaves & (self.decides == day) & ~self.declined
        yes = asked & (renews < renew_chance(self.who.loyal, level))
        self.declined |= asked & ~yes
        rows = np.flatnonzero(yes)
        self._sign(rows, self.ends[rows].copy(), np.full(len(rows), day))

    def rows(self) -> Ints:
        """Every term signed, with its day of cancelling."""
        terms = np.concatenate(self.signed)
        for row, day in self.cancelled_at.items():
            mine = np.flatnonzero((terms[:, 0] == row) & (terms[:, 3] > day))
            terms[mine, 4] = day
        return terms


def no_order(who: Customers, work: Floats, day: Ints, level: Ints, since: Ints, horizon: int) -> Floats:
    """Chance of no order in the ``horizon`` days from ``day`` on; one entry a row."""
    state = _levels(level)
    for ahead in range(horizon):
        working = work[day + ahead]
        state = _drift(who, state, working)
        state = state * (1 - order_chance(who.rhythm, np.arange(4)[:, None], since + ahead, working))
    return np.asarray(state.sum(axis=0))


def no_renewal(
    who: Customers,
    work: Floats,
    day: Ints,
    level: Ints,
    ends: Ints,
    decides: Ints,
    declined: NDArray[np.bool_],
    horizon: int,
) -> Floats:
    """Chance that the subscription ends in ``[day, day + horizon)`` and none begins in it; one entry a row."""
    state, gone, over = _levels(level), np.zeros(len(day)), day + horizon
    for ahead in range(horizon):
        today = day + ahead
        state = _drift(who, state, work[today])
        leaves = state * np.minimum(CANCELS[:, None] * who.down, 1)
        gone += leaves.sum(axis=0)
        state = state - leaves
        asked = (decides == today) & (ends < over)
        gone += (state * asked * (1 - renew_chance(who.loyal, np.arange(4)[:, None]))).sum(axis=0)
        # Who says yes begins a new term within the horizon; nothing after that counts.
        state = state * ~asked
    renewed = ends - who.term >= day
    return np.where(renewed, 0.0, np.where(declined, (ends < over) * 1.0, gone))


def _levels(level: Ints) -> Floats:
    state = np.zeros((4, len(level)))
    state[level, np.arange(len(level))] = 1.0
    return state


def _drift(who: Customers, state: Floats, working: Floats) -> Floats:
    down, up = level_chances(who, np.arange(4)[:, None], working)
    moved = state * (1 - down - up)
    moved[:-1] += (state * down)[1:]
    moved[1:] += (state * up)[:-1]
    return moved

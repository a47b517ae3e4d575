"""How customers stay or drift away, day by day: the chances, the simulation, and the exact truth.

A customer is on one of four levels: 0 has gone quiet, 1 unhappy, 2 content, 3 happy. Each working day, in
this order,

1. the level moves down or up by one (a badly resolved ticket, a rise in price, a champion who left, a
   competitor's offer; a good visit). The causes of a move are drawn afterwards and leave their own traces.
2. Who buys goods orders with a chance that grows with the days since the last order, relative to the
   customer's own rhythm, and that depends on the level.
3. A running subscription may be cancelled; some days before its end the customer decides whether to renew.
   Who let it run out may still come back in the weeks after.

Level, days since the last order and days to or from the subscription's end are the whole state, so the chance
of churn within a horizon follows exactly by carrying the distribution over levels forward (:func:`no_order`,
:func:`no_renewal`, :func:`no_return`).
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
RENEWS = np.array([0.20, 1.2, 6.0, 14.0])
"""Chance a day to cancel, and odds to renew, by level."""
RETURNS, RETURN_DAYS = 0.005, 45
"""Chance a day to renew after all, on each of the days after a subscription ran out."""
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
    """Chance that the subscription ends in ``[day, day + horizon)``, none begins in it and nobody comes back later.

    One entry a row.
    """
    state, gone, over = _levels(level), np.zeros(len(day)), day + horizon
    stays_away = (1 - RETURNS) ** RETURN_DAYS
    for ahead in range(horizon):
        today = day + ahead
        state = _drift(who, state, work[today])
        leaves = state * np.minimum(CANCELS[:, None] * who.down, 1)
        gone += leaves.sum(axis=0)
        state = state - leaves
        asked = (decides == today) & (ends < over)
        declines = state * asked * (1 - renew_chance(who.loyal, np.arange(4)[:, None]))
        gone += stays_away * declines.sum(axis=0)
        # Who says yes begins a new term within the horizon; nothing after that counts.
        state = state * ~asked
    renewed = ends - who.term >= day
    return np.where(renewed, 0.0, np.where(declined, (ends < over) * stays_away, gone))


def no_return(day: Ints, lapsed: Ints, horizon: int) -> Floats:
    """Chance that nobody comes back in ``[day, day + horizon)``; ``lapsed`` is when it ran out (-1: never)."""
    last = np.minimum(day + horizon - 1, lapsed + RETURN_DAYS)
    left = np.clip(last - np.maximum(day, lapsed + 1) + 1, 0, None)
    return np.asarray(np.where(lapsed >= 0, (1 - RETURNS) ** left, 1.0))


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

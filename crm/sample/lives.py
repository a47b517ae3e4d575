"""Customers' lives day by day: levels, orders and subscription terms, simulated through the window."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.sample.customers import (
    BUYS_GOODS,
    CANCELS,
    NEVER,
    RETURN_DAYS,
    RETURNS,
    SUBSCRIBES,
    Customers,
    level_chances,
    order_chance,
    renew_chance,
)
from crm.sample.days import Floats, Ints


@dataclass(frozen=True, slots=True)
class Lives:
    """What happened. ``level`` is ``[customer, day]`` after the day (-1 before the start); ``ordered`` alike.

    ``since`` is days since the last order at the start of each day (NEVER before the first). ``terms`` has
    one row for each subscription term: customer, first day, day it was signed, first day after it, day of
    cancelling (NEVER); ``ends``, ``decides`` and ``declined`` are ``[customer, day]``: the running term's
    first day after it (-1: none), the day of its renewal decision, and whether that was no; ``lapsed`` is the
    first day without the last term, where it ran out (-1: it runs, was cancelled, or there was none).
    """

    level: NDArray[np.int8]
    ordered: NDArray[np.bool_]
    since: NDArray[np.int32]
    ends: NDArray[np.int32]
    decides: NDArray[np.int32]
    declined: NDArray[np.bool_]
    lapsed: NDArray[np.int32]
    terms: Ints


def live(rng: Generator, who: Customers, work: Floats, length: int) -> Lives:
    """Runs every customer through the window."""
    count = len(who)
    lives = Lives(
        np.full((count, length), -1, np.int8), np.zeros((count, length), bool),
        np.full((count, length), NEVER, np.int32), np.full((count, length), -1, np.int32),
        np.full((count, length), -1, np.int32), np.zeros((count, length), bool),
        np.full((count, length), -1, np.int32), np.zeros((0, 5), np.int64),
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
        contracts.run_out(day)
        lives.ends[:, day], lives.lapsed[:, day] = contracts.ends, contracts.lapsed
        lives.decides[:, day], lives.declined[:, day] = contracts.decides, contracts.declined
        contracts.pass_day(day, level, drawn[2], drawn[3])
    return Lives(
        lives.level, lives.ordered, lives.since, lives.ends, lives.decides, lives.declined, lives.lapsed,
        contracts.rows(),
    )  # fmt: skip


class Contracts:
    """The running subscriptions during the simulation."""

    def __init__(self, rng: Generator, who: Customers, subscribes: NDArray[np.bool_]) -> None:
        count = len(who)
        self.rng, self.who, self.subscribes = rng, who, subscribes
        self.signed: list[Ints] = []
        self.ends = np.full(count, -1, np.int64)
        self.decides = np.full(count, -1, np.int64)
        self.declined = np.zeros(count, bool)
        self.lapsed = np.full(count, -1, np.int64)
        self.cancelled_at: dict[int, int] = {}
        running = np.flatnonzero(subscribes & who.old)
        begun = -rng.integers(1, who.term[running])
        self._sign(running, begun, begun)

    def _sign(self, rows: Ints, begins: Ints, day: Ints) -> None:
        self.ends[rows] = begins + self.who.term[rows]
        self.decides[rows] = self.ends[rows] - self.rng.integers(1, 21, len(rows))
        self.declined[rows], self.lapsed[rows] = False, -1
        # Who decides before day 0 has decided on day 0 at the earliest: nothing before it is simulated.
        self.decides[rows] = np.maximum(self.decides[rows], np.minimum(0, self.ends[rows] - 1))
        never = np.full(len(rows), NEVER)
        self.signed.append(np.stack([rows, begins, day, self.ends[rows], never], axis=1))

    def run_out(self, day: int) -> None:
        """At the start of ``day``, the term that ended yesterday is none."""
        over = (self.ends >= 0) & (self.ends <= day)
        self.ends[over], self.lapsed[over] = -1, day

    def pass_day(self, day: int, level: Ints, cancels: Floats, renews: Floats) -> None:
        """New customers sign; running terms are cancelled, renewed or declined; some come back late."""
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
        late = (self.lapsed >= 0) & (self.lapsed < day) & (day <= self.lapsed + RETURN_DAYS)
        back = np.flatnonzero(late & (renews < RETURNS))
        self._sign(back, np.full(len(back), day), np.full(len(back), day))

    def rows(self) -> Ints:
        """Every term signed, with its day of cancelling."""
        terms = np.concatenate(self.signed)
        for row, day in self.cancelled_at.items():
            mine = np.flatnonzero((terms[:, 0] == row) & (terms[:, 3] > day))
            terms[mine, 4] = day
        return terms

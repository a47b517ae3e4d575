"""What customers buy and pay: order lines, returns, subscription terms, invoices and late payments."""

import numpy as np
import pandas as pd
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import DAY, HOUR, MINUTE, UNKNOWN
from crm.sample import catalog
from crm.sample.customers import NEVER, Customers
from crm.sample.days import Floats, Ints, Window
from crm.sample.lives import Lives

PRICES = np.array([product.price for product in catalog.PRODUCTS]) * 1_000
LATE = np.array([0.45, 0.34, 0.15, 0.08])
BASKET = np.array([0.6, 0.75, 1.0, 1.1])
"""By level: how often payments come late, and how much is ordered at once."""


def orders(
    rng: Generator, span: Window, who: Customers, lives: Lives, product: Ints, won_hour: Floats
) -> pd.DataFrame:
    """``customer, time, order, product, quantity, amount, level``, one row a line, in order of time.

    ``product`` is what each customer came for; ``won_hour`` the hour before which nothing is bought on the
    first day.
    """
    customer, day = np.nonzero(lives.ordered)
    first = (day == who.start[customer]) & ~who.old[customer]
    low = np.where(first, np.minimum(won_hour[customer] + 0.1, 17.4), 8.0)
    time = span.micros(day, low + (17.6 - low) * rng.random(len(day)))
    sequence = np.lexsort((customer, time))
    customer, day, time, first = customer[sequence], day[sequence], time[sequence], first[sequence]
    count = np.where(first, 1, 0) + 1 + rng.binomial(2, 0.3, len(customer))
    order = np.repeat(np.arange(len(customer)), count)
    leading = np.concatenate([[True], order[1:] != order[:-1]])
    bought = _products(rng, product[customer[order]], leading & first[order])
    level = lives.level[customer, day].astype(np.int64)[order]
    device = np.isin(bought, catalog.DEVICES)
    quantity = np.where(device, 1, 1 + rng.poisson(5 * BASKET[level]))
    unit = (
        (PRICES[bought] * rng.choice([1.0, 0.95, 0.9], len(bought), p=[0.7, 0.2, 0.1])).astype(np.int64)
        // 1_000
        * 1_000
    )
    return pd.DataFrame(
        {"customer": customer[order], "time": time[order], "order": order, "product": bought,
         "quantity": quantity,
         "amount": quantity * unit, "level": level}
    )  # fmt: skip


def _products(rng: Generator, came_for: Ints, device_first: NDArray[np.bool_]) -> Ints:
    supplies = np.array([catalog.CONSUMED_WITH[i][0] for i in range(9)])
    second = np.array([catalog.CONSUMED_WITH[i][-1] for i in range(9)])
    usual = np.where(rng.random(len(came_for)) < 0.7, supplies[came_for], second[came_for])
    other = rng.choice([*catalog.SUPPLIES, *catalog.DEVICES], len(came_for))
    bought = np.where(rng.random(len(came_for)) < 0.8, usual, other)
    return np.asarray(np.where(device_first & np.isin(came_for, catalog.DEVICES), came_for, bought), np.int64)


def returns(rng: Generator, span: Window, lines: pd.DataFrame) -> pd.DataFrame:
    """Lines sent back some days later, oftener by the unhappy: the columns of :func:`orders`."""
    share = np.array([0.03, 0.03, 0.012, 0.008])[lines["level"].to_numpy()]
    back = lines[rng.random(len(lines)) < share].copy()
    back["time"] += rng.integers(2, 11, len(back)) * DAY
    inside: pd.DataFrame = back[back["time"] < span.end]
    return inside


def terms(
    rng: Generator, span: Window, who: Customers, lives: Lives, product: Ints, won_hour: Floats
) -> pd.DataFrame:
    """Subscription terms in order of signing.

    ``customer, time, starts, ends, cancelled, product, amount, renewal``: ``starts`` and ``ends`` are days,
    ``cancelled`` is a time or UNKNOWN.
    """
    customer, starts, signed, ends, left = lives.terms.T
    first = (signed == who.start[customer]) & ~who.old[customer]
    low = np.where(first, np.minimum(won_hour[customer] + 0.1, 17.4), 8.0)
    time = span.micros(signed, low + (17.4 - low) * rng.random(len(signed)))
    software = np.where(product < 4, product, 1 + product % 3)
    seats = 1 + rng.poisson(1.2, len(who))
    amount = PRICES[software[customer]] * seats[customer] * who.term[customer] // 365 // 1_000 * 1_000
    leaves = span.micros(np.minimum(left, span.length), rng.uniform(8.5, 17, len(left)))
    rows = pd.DataFrame(
        {"customer": customer, "time": time, "starts": starts, "ends": ends, "product": software[customer],
         "amount": amount, "cancelled": np.where(left < NEVER, leaves, UNKNOWN)}
    ).sort_values(["time", "customer"], kind="stable", ignore_index=True)  # fmt: skip
    rows["renewal"] = rows.duplicated("customer")
    return rows


def invoices(rng: Generator, span: Window, bills: pd.DataFrame, level: Ints, slow: Floats) -> pd.DataFrame:
    """Adds ``issued, due, paid`` to ``bills`` (customer, time, amount, reference).

    ``level`` and ``slow`` (a factor on paying late) have one entry a bill.
    """
    count = len(bills)
    time = bills["time"].to_numpy(np.int64)
    issued = time + np.where(rng.random(count) < 0.7, 30 * MINUTE, 0) + (rng.random(count) < 0.2) * DAY
    days = rng.choice([0, 15, 30], count, p=[0.35, 0.35, 0.30])
    late = rng.random(count) < np.clip(LATE[level] * slow, 0, 0.9)
    waited = np.where(late, days + 1 + rng.exponential(9, count), days * rng.uniform(0.1, 1.0, count))
    day = span.day_of(issued) + waited.astype(np.int64)
    paid = np.maximum(span.micros(day, rng.uniform(8, 17.3, count)), issued + 2 * HOUR)
    due = span.micros(span.day_of(issued) + days, np.zeros(count))
    rows = bills.assign(issued=issued, due=due, paid=np.where(paid < span.end, paid, UNKNOWN))
    inside: pd.DataFrame = rows[rows["issued"] < span.end]
    return inside

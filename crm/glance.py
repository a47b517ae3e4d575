"""What a colleague wants to know of somebody before a call, told by their events as known at a moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np

from crm.clock import DAY, SECOND, UNKNOWN
from crm.events import Events, Signature

CONTACT: Final = frozenset({"call", "email", "meeting", "chat", "quote"})
MISSED: Final = frozenset({"no_answer", "busy", "unreachable"})
ORDERS: Final = 3
"""So many orders at least, before the next one can be expected at a time."""


@dataclass(frozen=True, slots=True)
class Touch:
    """One contact: what it was, in the history's words, and when."""

    at: int
    words: Signature


@dataclass(frozen=True, slots=True)
class Glance:
    """Times are UTC microseconds, money the smallest unit; None where nothing is recorded.

    ``ours`` and ``theirs`` are the last contact from us and from them; ``missed`` counts calls since somebody
    last answered; ``noted`` is the last note the CRM holds; ``ticket_at`` is when the newest open ticket was opened,
    ``csat_at`` when they rated us last;
    ``debt`` is what is overdue.
    """

    ours: Touch | None = None
    theirs: Touch | None = None
    noted: Touch | None = None
    missed: int = 0
    quoted_at: int | None = None
    appointment: int | None = None
    tickets: int = 0
    ticket_at: int | None = None
    csat: int | None = None
    csat_at: int | None = None
    ordered_at: int | None = None
    ordered: int | None = None
    expected_at: int | None = None
    renews_at: int | None = None
    debt: int = 0

    @property
    def last(self) -> Touch | None:
        """The last contact either way."""
        both = [touch for touch in (self.ours, self.theirs) if touch]
        return max(both, key=lambda touch: touch.at, default=None)


def glance(events: Events, moment: int) -> Glance:
    """The glance at one subject, from its events visible at ``moment``."""
    told = list(_told(events, moment))
    touches = [Touch(at, words) for at, words, _ in told if words.kind in CONTACT]
    orders = [(at, value) for at, words, value in told if words.kind == "order"]
    quotes = [at for at, words, _ in told if words.kind == "quote" or words.field == "quoted"]
    ratings = [(at, value) for at, words, value in told if words.kind == "csat" and value != UNKNOWN]
    tickets = [at for at, words, _ in told if words.kind == "ticket_open"]
    return Glance(
        ours=next((touch for touch in reversed(touches) if touch.words.direction != "in"), None),
        theirs=next((touch for touch in reversed(touches) if touch.words.direction == "in"), None),
        noted=next((Touch(at, words) for at, words, _ in reversed(told) if words.kind == "note"), None),
        missed=_missed(touches),
        quoted_at=quotes[-1] if quotes else None,
        appointment=_appointment(told),
        tickets=len(tickets),
        ticket_at=tickets[-1] if tickets else None,
        csat=ratings[-1][1] if ratings else None,
        csat_at=ratings[-1][0] if ratings else None,
        ordered_at=orders[-1][0] if orders else None,
        ordered=orders[-1][1] if orders and orders[-1][1] != UNKNOWN else None,
        expected_at=_expected([at for at, _ in orders]),
        renews_at=_renews(told, moment),
        debt=sum(value for _, words, value in told if words.kind == "invoice_overdue" and value != UNKNOWN),
    )


def _told(events: Events, moment: int) -> Iterator[tuple[int, Signature, int]]:
    """Time, words and value of what is visible, oldest first."""
    seen = (events.occurred_at < moment) & (events.known_at < moment) & (events.known_until >= moment)
    rows = np.flatnonzero(seen)
    columns = (
        events.occurred_at[rows].tolist(),
        events.signature[rows].tolist(),
        events.value[rows].tolist(),
    )
    for at, signature, value in zip(*columns, strict=True):
        yield at, events.signatures[signature], value


def _missed(touches: list[Touch]) -> int:
    count = 0
    for touch in reversed(touches):
        if touch.words.kind == "call" and touch.words.code in MISSED:
            count += 1
        elif touch.words.kind == "meeting" or touch.words.direction == "in" or touch.words.code == "answered":
            break
    return count


def _appointment(told: list[tuple[int, Signature, int]]) -> int | None:
    due = None
    for _, words, value in told:
        if words.kind == "callback_planned" and value != UNKNOWN:
            due = value * SECOND
        elif words.kind == "callback_done":
            due = None
    return due


def _expected(orders: list[int]) -> int | None:
    """The last order and the usual gap between days of orders."""
    days = sorted({at // DAY: at for at in orders}.values())
    if len(days) < ORDERS:
        return None
    return days[-1] + int(median(later - earlier for earlier, later in pairwise(days)))


def _renews(told: list[tuple[int, Signature, int]], moment: int) -> int | None:
    """The end of the running term that ends next."""
    if not any(words.kind == "subscription_active" for _, words, _ in told):
        return None
    ends = [
        value * SECOND for _, words, value in told if words.kind == "subscription_term" and value != UNKNOWN
    ]
    return min((end for end in ends if end > moment), default=None)

"""Proof of value, the exempt: customers nobody may experiment on, found before the draw counts."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, SECOND, UNKNOWN
from crm.events import Events
from models.spans import Happenings

VIP_SHARE: Final = 0.05
"""Of the customers who spent anything in a year, those who spent most are VIPs."""

NEAR: Final = 30 * DAY
"""A subscription that ends sooner is a near renewal."""

YEAR: Final = 365 * DAY


def parties(
    events: Events, of: Sequence[str], cutoff: int, complaints: Collection[str] = ()
) -> dict[str, str]:
    """Why parties are left out of the draw at ``cutoff``: vip, complaint (open) or renewal (near).

    ``events`` are the customers', ``of`` the party of each of ``events.subjects``; ``complaints`` the categories of
    tickets that are complaints, in small letters. None named: any ticket may be one.
    """
    everyone = np.arange(len(events.subjects), dtype=np.int32)
    moment = np.full(len(everyone), cutoff, dtype=np.int64)
    terms = Happenings.of(events, "subscription_term").as_known(cutoff)
    ends = terms.value * SECOND
    near = np.unique(terms.subject[(terms.value != UNKNOWN) & (ends >= cutoff) & (ends < cutoff + NEAR)])
    tickets = Happenings.of(events, "ticket_open")
    if complaints:
        told = np.array([words.code.lower() in complaints for words in events.signatures], dtype=bool)
        tickets = tickets.where(told[events.signature[tickets.rows]])
    complaint = np.flatnonzero(tickets.visible(everyone, moment) > 0)
    found: dict[str, str] = {}
    for why, chosen in (("renewal", near), ("complaint", complaint), ("vip", _vips(events, cutoff))):
        found |= {of[place]: why for place in chosen.tolist()}
    return found


def _vips(events: Events, cutoff: int) -> NDArray[np.int64]:
    bought = Happenings.of(events, "order", "subscription").as_known(cutoff)
    bought = bought.where((bought.occurred_at >= cutoff - YEAR) & (bought.value > 0))
    spent = np.bincount(bought.subject, weights=bought.value.astype(float), minlength=len(events.subjects))
    some = spent[spent > 0]
    return (
        np.flatnonzero(spent >= np.quantile(some, 1 - VIP_SHARE))
        if len(some)
        else np.zeros(0, dtype=np.int64)
    )

"""What only the generator knows: the exact chances of conversion and churn, doubles, leaks and broken rows."""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from crm.clock import DAY, MINUTE
from crm.sample import customers, funnel
from crm.sample.days import Ints
from crm.sample.identity import Doubles, Persons
from crm.sample.ids import Ids
from crm.sample.names import Objects
from crm.sample.world import World
from crm.sample.writing import Sheet

SOURCE: Final = "cloudgo"
AGES: Final = (0, 1, 3, 7, 14, 30, 60, 90)
"""Days; 0 stands for five minutes."""
LEAD_HORIZON: Final = 30
CHURN_HORIZONS: Final = (60, 90)
RECENT: Final = 180
BLOCK: Final = 4_096
"""Rows at once, so that the chain's state stays in the processor's cache."""


def leads(world: World, numbered: Ids) -> pd.DataFrame:
    """Open leads at each age: ``subject, lead_id, created_at, cutoff, age_days, horizon_days, probability,
    outcome``.

    ``outcome`` is 1 or 0, or -1 where the horizon reaches past the end of the export. Doubles are not in it.
    """
    return pd.concat([_leads_at(world, numbered, age) for age in AGES], ignore_index=True)


def _leads_at(world: World, numbered: Ids, age: int) -> pd.DataFrame:
    created, end = world.leads.created_at, world.span.end
    cutoff = created + (age * DAY if age else 5 * MINUTE)
    rows = np.flatnonzero((cutoff <= end) & ((world.ends.at >= cutoff) | (world.ends.how == 0)))
    if age:
        rows = rows[world.paths.stage[rows, age - 1] >= 0]
    stage = world.paths.stage[rows, age - 1].astype(np.int64) if age else np.zeros(len(rows), np.int64)
    warm = world.paths.warm[rows, age - 1] if age else np.ones(len(rows), bool)
    step = np.full(len(rows), age)
    parts = [slice(i, i + BLOCK) for i in range(0, len(rows), BLOCK)]
    chance = [
        funnel.chance(
            world.causes.take(rows[b]), world.work, step[b], stage[b], warm[b], LEAD_HORIZON, age == 0
        )
        for b in parts
    ]
    until = cutoff[rows] + LEAD_HORIZON * DAY
    hit = (world.ends.how[rows] > 0) & (world.ends.at[rows] < until)
    return pd.DataFrame(
        {
            "subject": f"lead:{SOURCE}:" + numbered.lead[rows], "lead_id": numbered.lead[rows],
            "created_at": created[rows], "cutoff": cutoff[rows],
            "age_days": cutoff[rows] / DAY - created[rows] / DAY,
            "horizon_days": LEAD_HORIZON, "probability": np.concatenate([*chance, np.zeros(0)]),
            "outcome": np.where(until <= end, hit * 1, -1).astype(np.int8),
        }
    )  # fmt: skip


def churn(world: World, subjects: Objects) -> pd.DataFrame:
    """Customers at month starts: ``subject, cutoff, horizon_days, basis, days_since_order, probability,
    outcome``.

    ``basis`` is contract where a subscription runs (churn: it ends within the horizon, none begins in it, and it is
    not renewed late), else purchase (churn: no order and no late renewal within the horizon) for those who ordered
    in the last 180 days. ``outcome`` as for leads; of contracts it is -1 also while a late renewal may follow.
    """
    months = world.span.days[: world.span.length].astype("datetime64[M]")
    firsts = np.flatnonzero(months[1:] != months[:-1]) + 1
    return pd.concat(
        [_churn_at(world, subjects, firsts, horizon) for horizon in CHURN_HORIZONS], ignore_index=True
    )


def _churn_at(world: World, subjects: Objects, days: Ints, horizon: int) -> pd.DataFrame:
    lives = world.lives
    level = lives.level[:, days - 1]
    contract = (lives.ends[:, days] >= 0) & (level >= 0)
    purchase = ~contract & (level >= 0) & (lives.since[:, days] <= np.minimum(RECENT, days))
    parts = []
    for basis, chosen in (("contract", contract), ("purchase", purchase)):
        who, place = np.nonzero(chosen)
        for start in range(0, len(who), BLOCK):
            parts.append(
                _chances(
                    world, who[start : start + BLOCK], days[place[start : start + BLOCK]], basis, horizon
                )
            )
    rows = pd.concat(parts, ignore_index=True)
    rows["subject"] = subjects[rows.pop("customer").to_numpy()]
    return rows[["subject", "cutoff", "horizon_days", "basis", "days_since_order", "probability", "outcome"]]


def _chances(world: World, who: Ints, day: Ints, basis: str, horizon: int) -> pd.DataFrame:
    lives, some = world.lives, customers.take(world.customers, who)
    level, since = lives.level[who, day - 1].astype(np.int64), lives.since[who, day].astype(np.int64)
    until = np.minimum(day + horizon, world.span.length)
    if basis == "purchase":
        lapsed = lives.lapsed[who, day].astype(np.int64)
        chance = customers.no_order(some, world.work, day, level, since, horizon)
        chance = chance * customers.no_return(day, lapsed, horizon)
        orders = np.cumsum(lives.ordered[who], axis=1)
        left = orders[np.arange(len(who)), until - 1] == orders[np.arange(len(who)), day - 1]
        left &= _begun(world, who, day, until) == 0
    else:
        ends, decides = (table[who, day].astype(np.int64) for table in (lives.ends, lives.decides))
        chance = customers.no_renewal(
            some, world.work, day, level, ends, decides, lives.declined[who, day], horizon
        )
        left = _left(world, who, day, until)
    settled = day + horizon + (customers.RETURN_DAYS if basis == "contract" else 0)
    return pd.DataFrame(
        {
            "customer": who, "cutoff": world.span.micros(day, np.zeros(len(day))), "horizon_days": horizon,
            "basis": basis, "days_since_order": np.where(since < customers.NEVER, since, -1),
            "probability": chance, "outcome": np.where(settled <= world.span.length, left * 1, -1).astype(np.int8),
        }
    )  # fmt: skip


def _left(world: World, who: Ints, day: Ints, until: Ints) -> Ints:
    """1 where a term ends for good or is cancelled, and none begins, in ``[day, until)``."""
    customer, starts, _, ends, cancelled = world.lives.terms.T
    order = np.lexsort((starts, customer))
    followed = np.zeros(len(order), bool)
    followed[order[:-1]] = customer[order[1:]] == customer[order[:-1]]
    last = np.minimum(ends, cancelled)[~followed]
    over = _between(customer[~followed], last, who, day, until, world.span.length)
    return np.asarray((over > 0) & (_begun(world, who, day, until) == 0), np.int64)


def _begun(world: World, who: Ints, day: Ints, until: Ints) -> Ints:
    """How many terms begin in ``[day, until)``."""
    customer, starts = world.lives.terms.T[:2]
    return _between(customer, starts, who, day, until, world.span.length)


def _between(customer: Ints, when: Ints, who: Ints, day: Ints, until: Ints, length: int) -> Ints:
    wide = 4 * length
    keys = np.sort(customer * wide + np.clip(when, -length, 2 * length) + length)
    low, high = (np.searchsorted(keys, who * wide + bound + length) for bound in (day, until))
    return np.asarray(high - low, np.int64)


def subjects(world: World, known: Persons, numbered: Ids) -> Objects:
    """Each customer's subject: the company of a contact that has one, else the contact."""
    contact = world.customer_contact
    company = known.company_id[numbered.person[contact]]
    return np.asarray(
        f"customer:{SOURCE}:" + np.where(company != "", company, numbered.contact[contact]), object
    )


def doubles(numbered: Ids, leads: Doubles, contacts: Doubles, world: World) -> Sheet:
    """``table, record, same_table, same_record``: records known to be the same person as an earlier one."""
    of_contact = {
        int(person): contact for person, contact in zip(numbered.person, numbered.contact, strict=True)
    }
    first = numbered.lead[leads.person]
    converted = world.ends.how[leads.person] > 0
    return {
        "table": np.concatenate([np.full(len(first), "lead", object),
                                 np.full(len(contacts.person), "party", object)]),
        "record": np.concatenate([numbered.lead_double, numbered.contact_double]),
        "same_table": np.concatenate([np.full(len(first), "lead", object),
                                      np.full(len(contacts.person), "party", object)]),
        "same_record": np.concatenate([first,
                                       np.array([of_contact[int(p)] for p in contacts.person], object)]),
        "converted": np.concatenate([np.where(converted, "1", "0"),
                                     np.full(len(contacts.person), "", object)]).astype(object),
    }  # fmt: skip


def hotlines(known: Persons, numbered: Ids, count: int) -> Sheet:
    """``phone, lead``: leads that gave a hotline they share with somebody else, who is not the same person."""
    sharing = np.flatnonzero(known.hotline[:count] >= 0)
    return {"phone": np.asarray("+84" + known.national[sharing]), "lead": numbered.lead[sharing]}


def parquet(path: Path, rows: pd.DataFrame) -> None:
    """Writes a table without pandas' own metadata."""
    pyarrow.parquet.write_table(
        pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(), path
    )

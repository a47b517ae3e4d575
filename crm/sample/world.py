"""The whole made-up company, simulated: leads, deals, customers and everything the CRM recorded of them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.random import PCG64, Generator, SeedSequence

from crm.clock import UNKNOWN
from crm.sample import (
    billing,
    customer_traces,
    customers,
    funnel,
    lead_changes,
    lead_days,
    lead_traces,
    leads,
    roster,
    sales,
)
from crm.sample.causes import Causes, causes
from crm.sample.customers import Customers
from crm.sample.days import Floats, Ints, Window, work
from crm.sample.lives import Lives, live

LEADS_EACH = 4.5
OLD_SHARE = 0.40


@dataclass(frozen=True, slots=True)
class World:
    """Everything that happened. Contacts are old customers first, then converted leads in order of conversion.

    ``contact_lead`` is the lead a contact came from (-1 for old customers), ``customer_contact`` the contact
    a customer is, ``won_at`` when a customer became one (UNKNOWN for old ones). Tables have a column
    ``contact`` where they concern a contact, ``lead`` where they concern a lead that did not convert.
    """

    span: Window
    work: Floats
    roster: roster.Roster
    leads: leads.Leads
    causes: Causes
    paths: funnel.Paths
    ends: lead_days.Ends
    deals: sales.Deals
    customers: Customers
    lives: Lives
    came_for: Ints
    contact_lead: Ints
    customer_contact: Ints
    contact_of_lead: Ints
    won_at: Ints
    touches: pd.DataFrame
    statuses: pd.DataFrame
    owners: pd.DataFrame
    stages: pd.DataFrame
    quotes: pd.DataFrame
    orders: pd.DataFrame
    returns: pd.DataFrame
    terms: pd.DataFrame
    invoices: pd.DataFrame
    tickets: pd.DataFrame


def simulate(span: Window, count: int, seed: int) -> World:
    """A company with about ``count`` customers at the end of the window."""
    streams = iter([Generator(PCG64(part)) for part in SeedSequence(seed).spawn(12)])
    daily = work(span)
    staff = roster.hire(next(streams), span, count)
    arrived = leads.arrive(next(streams), span, staff, round(count * LEADS_EACH))
    driven = causes(arrived, staff, daily)
    paths = funnel.simulate(next(streams), driven, arrived, daily)
    rng = next(streams)
    finished = lead_days.ends(rng, span, arrived, paths)
    seen = lead_days.cells(rng, span, arrived, paths)
    made = sales.deals(next(streams), span, arrived, finished, daily, staff)
    buyers, links, came_for = _customers(next(streams), span, arrived, made, round(count * OLD_SHARE))
    lives = live(next(streams), buyers, daily, span.length)
    rng = next(streams)
    statuses = lead_changes.status_changes(rng, span, arrived, paths, seen, finished)
    owners = lead_changes.owner_changes(rng, span, arrived, finished, staff)
    stages, quotes = sales.stage_changes(span, made), sales.quotes(rng, span, made)
    touches, tickets = _recorded(
        next(streams), span, daily, staff, arrived, paths, finished, seen, made, buyers, lives, links
    )
    bought = _billed(next(streams), span, buyers, lives, came_for, links["won_at"])
    return World(
        span=span, work=daily, roster=staff, leads=arrived, causes=driven, paths=paths, ends=finished, deals=made,
        customers=buyers, lives=lives, came_for=came_for, contact_lead=links["contact_lead"],
        customer_contact=links["customer_contact"], contact_of_lead=links["contact_of_lead"],
        won_at=links["won_at"], touches=touches, statuses=statuses, owners=owners, stages=stages, quotes=quotes,
        orders=bought["orders"], returns=bought["returns"], terms=bought["terms"], invoices=bought["invoices"],
        tickets=tickets,
    )  # fmt: skip


def _customers(
    rng: Generator, span: Window, arrived: leads.Leads, made: sales.Deals, old: int
) -> tuple[Customers, dict[str, Ints], Ints]:
    won = np.flatnonzero(made.wins & (made.moments[:, 3] < span.end))
    won = won[np.argsort(made.moments[won, 3], kind="stable")]
    came_for = np.concatenate([rng.choice(9, old, p=[0.2, 0.12, 0.08, 0.05, 0.2, 0.13, 0.08, 0.08, 0.06]),
                               arrived.product[made.lead[won]]])  # fmt: skip
    start = np.concatenate([np.zeros(old, np.int64), span.day_of(made.moments[won, 3])])
    is_old = np.arange(len(start)) < old
    contact_of_lead = np.full(len(arrived), -1)
    contact_of_lead[made.lead] = old + np.arange(len(made.lead))
    links = {
        "contact_lead": np.concatenate([np.full(old, -1), made.lead]),
        "customer_contact": np.concatenate([np.arange(old), old + won]),
        "contact_of_lead": contact_of_lead,
        "won_at": np.concatenate([np.full(old, UNKNOWN), made.moments[won, 3]]),
    }
    return customers.befriend(rng, start, is_old, came_for < 4), links, came_for


def _recorded(
    rng: Generator, span: Window, daily: Floats, staff: roster.Roster, arrived: leads.Leads,
    paths: funnel.Paths,
    finished: lead_days.Ends, seen: lead_days.Cells, made: sales.Deals, buyers: Customers,
    lives: Lives, links: dict[str, Ints],
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    of_leads = lead_traces.contacts(rng, span, arrived, paths, seen, daily, staff)
    lead = of_leads["lead"].to_numpy()
    of_leads = of_leads[
        (of_leads["time"] < finished.at[lead]) & (of_leads["time"] >= arrived.created_at[lead])
    ]
    of_deals = sales.contacts(rng, span, made)
    of_deals["contact"] += int((links["contact_lead"] < 0).sum())
    lived = customer_traces.days(rng, buyers, lives, staff)
    of_customers = customer_traces.contacts(rng, span, lived, lives, daily, staff)
    later = of_customers["time"].to_numpy() > links["won_at"][of_customers["contact"].to_numpy()]
    of_customers = of_customers[later]
    of_customers["contact"] = links["customer_contact"][of_customers["contact"].to_numpy()]
    rows = pd.concat([of_leads, of_deals, of_customers], ignore_index=True)
    moved = links["contact_of_lead"][rows["lead"].to_numpy()]
    # vtiger hands the activities of a converted lead over to its contact.
    rows["contact"] = np.where((rows["lead"] >= 0) & (moved >= 0), moved, rows["contact"])
    rows["lead"] = np.where(rows["contact"] >= 0, -1, rows["lead"])
    rows["done"] = rows["done"].where(rows["done"] < span.end, UNKNOWN)
    rows = rows[(rows["time"] < span.end) & (rows["entered"] < span.end)]
    tickets = customer_traces.tickets(rng, span, lived, daily)
    tickets = tickets[tickets["time"] > links["won_at"][tickets["customer"].to_numpy()]]
    for column in ("replied", "resolved", "rated"):
        tickets[column] = tickets[column].where(tickets[column] < span.end, UNKNOWN)
    rows = rows.sort_values(["time", "contact", "lead"], kind="stable", ignore_index=True)
    return rows, tickets.reset_index(drop=True)


def _billed(
    rng: Generator,
    span: Window,
    buyers: Customers,
    lives: Lives,
    came_for: Ints,
    won_at: Ints,
) -> dict[str, pd.DataFrame]:
    won_hour = np.where(won_at == UNKNOWN, 0.0, won_at // 60_000_000 % 1_440 / 60 + 7)
    lines = billing.orders(rng, span, buyers, lives, came_for, won_hour)
    terms = billing.terms(rng, span, buyers, lives, came_for, won_hour)
    bills = pd.concat([_order_bills(lines), _term_bills(terms)], ignore_index=True)
    bills = bills.sort_values(["time", "customer"], kind="stable", ignore_index=True)
    level = lives.level[bills["customer"], np.maximum(span.day_of(bills["time"].to_numpy()), 0)].astype(
        np.int64
    )
    slow = np.exp(rng.normal(0, 0.5, len(buyers)))[bills["customer"]]
    return {
        "orders": lines, "returns": billing.returns(rng, span, lines), "terms": terms,
        "invoices": billing.invoices(rng, span, bills, np.maximum(level, 0), slow),
    }  # fmt: skip


def _order_bills(lines: pd.DataFrame) -> pd.DataFrame:
    bills = lines.groupby("order", as_index=False).agg(customer=("customer", "first"), time=("time", "first"),
                                                       amount=("amount", "sum"))  # fmt: skip
    return bills.rename(columns={"order": "reference"}).assign(what="order")


def _term_bills(terms: pd.DataFrame) -> pd.DataFrame:
    bills = terms[["customer", "time", "amount"]]
    return bills.assign(reference=np.arange(len(terms)), what="term")

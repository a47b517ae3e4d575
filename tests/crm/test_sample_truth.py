"""The generator's own chances: exact, calibrated, and moved by the causes they name."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from scipy.stats import rankdata

from crm.clock import MINUTE
from crm.sample import customers, funnel
from crm.sample.causes import causes
from crm.sample.days import window, work
from crm.sample.leads import arrive
from crm.sample.roster import hire
from crm.sample.world import World, simulate

UNTIL = date(2026, 3, 10)


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(window(UNTIL), 1_500, 11)


def auc(chance, outcome) -> float:
    ranks, hits = rankdata(chance), outcome.sum()
    return float((ranks[outcome == 1].sum() - hits * (hits + 1) / 2) / (hits * (len(outcome) - hits)))


def assert_calibrated(chance, outcome, groups: int = 10) -> None:
    """Mean chance and rate within four standard errors in every group of like chances."""
    assert abs(chance.mean() - outcome.mean()) < 4 * np.sqrt((chance * (1 - chance)).sum()) / len(chance)
    for part in np.array_split(np.argsort(chance, kind="stable"), groups):
        error = np.sqrt((chance[part] * (1 - chance[part])).sum())
        assert abs(chance[part].sum() - outcome[part].sum()) < 4 * error + 1e-9


def open_at(world: World, age: int):
    """Rows, stage and warmth of leads open at ``age`` days, and whether they convert in the 30 steps after."""
    if age == 0:
        rows = np.arange(len(world.leads))
        stage, warm = np.zeros(len(rows), int), np.ones(len(rows), bool)
    else:
        paths = world.paths
        still = (paths.stage[:, age - 1] >= 0) & (paths.converted != age - 1) & (paths.lost != age - 1)
        rows = np.flatnonzero(still)
        stage, warm = paths.stage[rows, age - 1].astype(int), paths.warm[rows, age - 1]
    converted = world.paths.converted[rows]
    return rows, stage, warm, ((converted >= age) & (converted < age + 30)).astype(int)


def chance_at(world: World, age: int, **changed: np.ndarray):
    rows, stage, warm, hit = open_at(world, age)
    who = replace(world.causes.take(rows), **{name: values[rows] for name, values in changed.items()})
    return funnel.chance(who, world.work, np.full(len(rows), age), stage, warm, 30, age == 0), hit


@pytest.mark.parametrize("age", [0, 1, 7, 30, 60])
def test_chances_of_conversion_come_true(world, age):
    assert_calibrated(*chance_at(world, age))


def test_conversion_is_predictable_but_not_certain(world):
    found = [chance_at(world, age) for age in (0, 1, 3, 7, 14, 30)]
    chance, hit = (np.concatenate(part) for part in zip(*found, strict=True))
    assert 0.80 < auc(chance, hit) < 0.90
    assert 0.14 < (world.paths.converted >= 0).mean() < 0.22


def test_a_late_first_response_costs_conversions(world):
    usual, _ = chance_at(world, 0)
    late, _ = chance_at(world, 0, first_mean=world.causes.first_mean * 4)
    never, _ = chance_at(world, 0, first_work=world.causes.first_work * 0)
    tried = world.causes.first_work > 0
    assert (late <= usual + 1e-12).all()
    assert (never <= late + 1e-12).all()
    assert late[tried].mean() < 0.96 * usual[tried].mean()
    assert never[tried].mean() < 0.85 * usual[tried].mean()


def test_the_closed_form_of_the_first_response_agrees_with_drawing_it(world):
    rng = np.random.default_rng(5)
    draws = 100
    reached = np.stack([funnel.respond(rng, world.causes, world.leads)[1] for _ in range(draws)])
    for stage, expected in enumerate(funnel.first_answer(world.causes), start=1):
        error = np.sqrt((expected * (1 - expected)).sum() / draws)
        assert abs(expected.sum() - (reached == stage).mean(axis=0).sum()) < 4 * error


def test_no_colleague_touches_a_lead_in_its_first_five_minutes(world):
    touches = world.touches[(world.touches["lead"] >= 0) & (world.touches["direction"] == "out")]
    age = touches["time"].to_numpy() - world.leads.created_at[touches["lead"].to_numpy()]
    assert age.min() >= 5 * MINUTE


def test_everything_happens_after_the_lead_arrived_and_before_it_ended(world):
    touches = world.touches[world.touches["lead"] >= 0]
    lead = touches["lead"].to_numpy()
    assert (touches["time"].to_numpy() >= world.leads.created_at[lead]).all()
    assert (touches["time"].to_numpy() < world.ends.at[lead]).all()


@pytest.mark.parametrize("horizon", [60, 90])
def test_chances_of_no_order_come_true(world, horizon):
    lives, chances, outcomes = world.lives, [], []
    for day in range(100, world.span.length - horizon, 97):
        rows = np.flatnonzero(
            (lives.level[:, day - 1] >= 0) & (lives.ends[:, day] < 0) & (lives.since[:, day] <= 120)
        )
        some = customers.take(world.customers, rows)
        level, since = lives.level[rows, day - 1].astype(int), lives.since[rows, day].astype(int)
        chances.append(customers.no_order(some, world.work, np.full(len(rows), day), level, since, horizon))
        outcomes.append(~lives.ordered[rows, day : day + horizon].any(axis=1))
    chance, outcome = np.concatenate(chances), np.concatenate(outcomes).astype(int)
    assert_calibrated(chance, outcome, 6)
    assert 0.08 < outcome.mean() < 0.25


@pytest.mark.parametrize("horizon", [60, 90])
def test_chances_of_an_ending_subscription_come_true(world, horizon):
    lives, chances, outcomes = world.lives, [], []
    customer, starts, _, ends, cancelled = lives.terms.T
    for day in range(100, world.span.length - horizon - customers.RETURN_DAYS, 97):
        rows = np.flatnonzero((lives.level[:, day - 1] >= 0) & (lives.ends[:, day] >= 0))
        some = customers.take(world.customers, rows)
        state = [table[rows, day].astype(int) for table in (lives.ends, lives.decides)]
        level = lives.level[rows, day - 1].astype(int)
        chances.append(
            customers.no_renewal(
                some, world.work, np.full(len(rows), day), level, *state, lives.declined[rows, day], horizon
            )
        )
        last = np.minimum(ends, cancelled)
        over = (last >= day) & (last < day + horizon)
        latest = np.zeros(len(world.customers), int)
        np.maximum.at(latest, customer, starts)
        gone = set(customer[over & (latest[customer] <= starts)])
        begun = set(customer[(starts >= day) & (starts < day + horizon)])
        outcomes.append(np.array([row in gone and row not in begun for row in rows]))
    chance, outcome = np.concatenate(chances), np.concatenate(outcomes).astype(int)
    assert_calibrated(chance, outcome, 6)
    assert 0.04 < outcome.mean() < 0.25


def test_chances_of_no_late_renewal_come_true(world):
    lives, chances, outcomes = world.lives, [], []
    customer, starts = lives.terms.T[:2]
    for day in range(60, world.span.length - 30, 5):
        rows = np.flatnonzero((lives.lapsed[:, day] >= 0) & (lives.lapsed[:, day] > day - 60))
        lapsed = lives.lapsed[rows, day].astype(int)
        chances.append(customers.no_return(np.full(len(rows), day), lapsed, 30))
        begun = set(customer[(starts >= day) & (starts < day + 30)])
        outcomes.append(np.array([row not in begun for row in rows], int))
    chance, outcome = np.concatenate(chances), np.concatenate(outcomes)
    # A customer is looked at every five days of thirty: the errors of one are not independent.
    assert abs(chance.mean() - outcome.mean()) < 4 * np.sqrt(6 * (chance * (1 - chance)).sum()) / len(chance)
    assert 0.8 < outcome.mean() < 0.97


def test_the_unhappy_leave_a_trace(world):
    tickets = world.tickets
    level = world.lives.level[tickets["customer"], world.span.day_of(tickets["time"].to_numpy())]
    rated = tickets["rated"].to_numpy() > 0
    csat = tickets["csat"].to_numpy()
    assert csat[rated & (level <= 1)].mean() + 0.3 < csat[rated & (level == 3)].mean()
    bills = world.invoices
    late = bills["paid"].to_numpy() > bills["due"].to_numpy() + 86_400_000_000
    level = world.lives.level[bills["customer"], np.maximum(world.span.day_of(bills["time"].to_numpy()), 0)]
    assert late[level <= 1].mean() > 1.5 * late[level == 3].mean()


def test_nobody_works_leads_of_a_colleague_who_has_left(world):
    calls = world.touches[
        (world.touches["kind"] == "call")
        & (world.touches["direction"] == "out")
        & (world.touches["lead"] >= 0)
    ]
    day, actor = world.span.day_of(calls["time"].to_numpy()), calls["actor"].to_numpy()
    roster = world.roster
    assert ((day >= roster.joined[actor]) & (day < roster.left[actor])).mean() > 0.98


def test_a_busy_week_means_fewer_calls_and_later_ones():
    span = window(UNTIL)
    rng = np.random.default_rng(1)
    roster = hire(rng, span, 300)
    leads = arrive(rng, span, roster, 1_000)
    calm, busy = (
        causes(replace(leads, load=np.full(len(leads), load)), roster, work(span)) for load in (0.5, 2.0)
    )
    assert (busy.effort < calm.effort).all()
    assert (busy.first_mean > calm.first_mean).all()
    assert (sum(funnel.first_answer(busy)) <= sum(funnel.first_answer(calm))).all()

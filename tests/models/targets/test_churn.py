"""Who may leave, and who left: with a subscription and without."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from crm.clock import DAY
from crm.events import Events
from crm.settings import HorizonDays, Settings
from models import snapshots
from models.target import UNKNOWN_OUTCOME, find
from tests.crm import company as told

from ..histories import Event, day, history

CHURN = find("churn")
SETTINGS = Settings(horizon_days=HorizonDays(churn=90))
HORIZON = 90 * DAY


def subscriber(*more: Event, until: float | None = None, n: int = 1) -> list[Event]:
    begun = [Event("subscription", 0, field="new"), Event("subscription_active", 0, until=until)] * n
    return [Event("created", 0), *begun, *more]


CASES = {
    "stays": (subscriber(), 0),
    "cancels": (subscriber(Event("subscription_ended", 130, code="cancelled"), until=130), 1),
    "ends after the horizon": (subscriber(Event("subscription_ended", 195), until=195), 0),
    "ends and begins another": (
        subscriber(Event("subscription_ended", 130), Event("subscription", 150, field="new"), until=130), 0),
    "one of two ends": (subscriber(Event("subscription_ended", 130), n=2), 0),
    "both end": (
        subscriber(Event("subscription_ended", 130), Event("subscription_ended", 131), n=2, until=131), 1),
    "had ended, unknown": (subscriber(Event("subscription_ended", 95, 120), until=120), UNKNOWN_OUTCOME),
    "end known too late": (subscriber(Event("subscription_ended", 130, 900), until=900), 0),
    "buys again": ([Event("order", 50), Event("order", 150)], 0),
    "buys no more": ([Event("order", 50), Event("order", 191)], 1),
    "buys at the cutoff": ([Event("order", 50), Event("order", 100)], 0),
    "subscribes instead": ([Event("order", 50), Event("subscription", 150, field="new")], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_label_at_day_100(name: str) -> None:
    events, expected = CASES[name]
    made = history({name: events})
    who, cutoff = np.array([0], dtype=np.int32), np.array([day(100)])
    assert CHURN.standing(made, who, cutoff, HORIZON).tolist() == [0]
    assert CHURN.labels(made, who, cutoff, HORIZON, day(400)).tolist() == [expected]


def test_population() -> None:
    made = history({
        "subscriber": subscriber(),
        "buyer": [Event("created", 0), Event("order", 20)],
        "prospect": [Event("created", 0)],
        "gone": [Event("created", -400), Event("order", -90)],
        "ended": subscriber(Event("subscription_ended", 60), until=60),
        "later": [Event("created", 150), Event("order", 150)],
        "known later": [Event("created", 0), Event("order", 50, 150)],
    })  # fmt: skip
    found = snapshots.population(CHURN, made, day(100), SETTINGS)
    assert [made.subjects[i] for i in found.subject_index] == ["subscriber", "buyer"]
    assert found.counts == {"eligible": 2, "not created yet": 1, "never bought": 2, "gone already": 2}


def test_regular_cutoffs_back_from_the_newest_matured_one() -> None:
    events = history({"a": [Event("order", d) for d in range(0, 400, 20)]})
    made = snapshots.make(CHURN, events, day(400), SETTINGS)
    gaps = np.unique(np.diff(np.unique(made.cutoff)))
    assert gaps.tolist() == [7 * DAY]
    assert made.cutoff.min() >= day(90)


@pytest.mark.parametrize(("gap", "days"), [(3, 30), (45, 60), (80, 90), (120, 180), (300, 365), (500, 365)])
def test_the_horizon_covers_most_gaps(gap: int, days: int) -> None:
    made = history({f"{i}": [Event("order", i), Event("order", i + gap)] for i in range(40)})
    assert CHURN.horizon(made, day(2000), Settings()) == days


def test_gaps_not_completed_by_as_of_do_not_count() -> None:
    made = history({f"{i}": [Event("order", 0), Event("order", 10), Event("order", 500)] for i in range(40)})
    assert CHURN.horizon(made, day(400), Settings()) == 30
    assert CHURN.horizon(made, day(600), Settings()) == 365
    assert CHURN.horizon(made, day(5), Settings()) == 90


def test_value_is_what_those_alike_spend_who_stay() -> None:
    big = {f"big{i}": [Event("order", d, value=9_000_000) for d in (10, 60, 150)] for i in range(50)}
    small = {f"small{i}": [Event("order", d, value=100_000) for d in (10, 60, 150)] for i in range(50)}
    made = history({**big, **small})
    value = CHURN.values(made, np.arange(100, dtype=np.int32), day(200), HORIZON)
    assert value[:50].min() > 9 * value[50:].max()
    assert 7_000_000 < value[0] <= 9_000_000


@pytest.fixture(scope="module")
def renewing(tmp_path_factory: pytest.TempPathFactory) -> Events:
    """Four years of people who renew before a term's end, weeks after it, too late or never, and of buyers."""
    rng, company = np.random.default_rng(5), told.Company(Path(tmp_path_factory.mktemp("renewing")))
    for number in range(160):
        who = f"P{number}"
        at, sale = float(rng.uniform(0, 60)), {"kind": "order", "party": who, "amount": 9}
        company.tell("party", who, told.day(at), created_at=told.day(at))
        for place in range(40 * (number % 2)):
            known = at + float(rng.choice([0, 0, 0, 2]))
            company.tell("transaction", f"{who}-{place}", told.day(known), occurred_at=told.day(at), **sale)
            at += float(rng.exponential(50))
        for place in range(14 * (1 - number % 2)):
            ends = at + float(rng.choice([60, 91]))
            term = {"kind": "renewal" if place else "subscription", "party": who, "reference": who}
            cancelled = {"cancelled_at": told.day(ends - 9)} if rng.random() < 0.05 else {}
            company.tell(
                "transaction", f"{who}-{place}", told.day(at), occurred_at=told.day(at),
                starts_at=told.day(at), ends_at=told.day(ends), **term, **cancelled,
            )  # fmt: skip
            at = ends + float(rng.choice([-5, 0, 20, 55, 59.9, 61, 120]))
    return company.load().read("customer")


@effort(max_examples=40, deadline=None)
@given(st.integers(350, 1200), st.integers(1, 500))
def test_a_matured_label_never_changes(renewing: Events, at: int, later: int) -> None:
    as_of = told.day(at)
    made = snapshots.make(CHURN, renewing, as_of, SETTINGS)
    who = made.subject_index, made.cutoff, made.horizon
    np.testing.assert_array_equal(made.label, CHURN.labels(made.events, *who, as_of + later * DAY))


def test_only_where_there_are_subscriptions_labels_wait_for_their_renewal() -> None:
    buyer = {"a": [Event("order", float(d)) for d in range(0, 400, 20)]}
    waits = history({**buyer, "b": subscriber(), "c": [Event("order", 399)]})
    newest = [snapshots.make(CHURN, e, day(400), SETTINGS).cutoff.max() for e in (history(buyer), waits)]
    assert newest[0] == day(380) + 60_000_000 - HORIZON
    assert newest[1] == day(399) + 60_000_000 - HORIZON - 60 * DAY

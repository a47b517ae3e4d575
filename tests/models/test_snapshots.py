"""Snapshots mature, use nothing known later, and say who was left out and why."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from crm.clock import DAY, MINUTE
from crm.errors import PopulationError
from crm.events import Events
from crm.settings import HorizonDays, Settings
from models import snapshots
from models.target import Target, find

from .histories import Event, day, history

LEAD, CHURN = find("lead_conversion"), find("churn")
SETTINGS = Settings(horizon_days=HorizonDays(lead_conversion=30, churn=90))


def leads(n: int = 40, seed: int = 0) -> Events:
    rng = np.random.default_rng(seed)
    made = {}
    for i in range(n):
        at = float(rng.uniform(0, 300))
        events = [Event("created", at, channel="zalo")]
        events += [Event("call", at + float(age)) for age in rng.exponential(20, rng.integers(0, 5))]
        if rng.random() < 0.4:
            won = at + float(rng.exponential(30))
            events.append(Event("converted", won, won + float(rng.choice([0, 0, 0, 5]))))
        elif rng.random() < 0.4:
            events.append(Event("lost", at + float(rng.exponential(40))))
        made[f"lead:x:{i:03}"] = events
    made["last"] = [Event("created", 400), Event("call", 401)]
    return history(made)


def customers(n: int = 40, seed: int = 0) -> Events:
    rng = np.random.default_rng(seed)
    made = {}
    for i in range(n):
        at = float(rng.uniform(0, 100))
        bought = at + np.cumsum(rng.exponential(20, rng.integers(0, 12)))
        events = [Event("created", at)]
        events += [Event("order", float(d), float(d) + float(rng.choice([0, 0, 0, 30]))) for d in bought]
        if rng.random() < 0.3:
            ended = at + float(rng.exponential(200))
            events += [Event("subscription", at), Event("subscription_active", at, until=ended + 3)]
            events.append(Event("subscription_ended", ended, ended + 3))
        made[f"customer:x:{i:03}"] = events
    return history(made)


def visible_before(events: Events, moment: int) -> Events:
    """The history cut down to what had happened and was known."""
    keep = (events.occurred_at < moment) & (events.known_at < moment)
    counts = np.add.reduceat(np.append(keep, False).astype(np.int64), events.offsets[:-1])
    counts[np.diff(events.offsets) == 0] = 0
    columns = ("occurred_at", "known_at", "known_until", "signature", "value", "duration", "actor", "day")
    return replace(
        events, offsets=np.concatenate(([0], np.cumsum(counts))),
        **{name: getattr(events, name)[keep] for name in columns},
    )  # fmt: skip


@given(st.integers(0, 1000), st.floats(60, 420), st.sampled_from([LEAD, CHURN]))
@effort(max_examples=40, deadline=None)
def test_nothing_known_at_or_after_as_of_plays_a_part(seed: int, at: float, target: Target) -> None:
    whole, as_of = (leads if target is LEAD else customers)(seed=seed), day(at)
    results = []
    for events in (whole, visible_before(whole, as_of)):
        try:
            results.append(snapshots.make(target, events, as_of, Settings()))
        except PopulationError:
            results.append(None)
    first, second = results
    assert (first is None) == (second is None)
    if first is None or second is None:
        return
    for name in ("subject_index", "cutoff", "label", "weight", "created_at"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    assert first.dropped == second.dropped


def test_labels_and_eligibility_by_the_book() -> None:
    events = leads(60)
    as_of = day(400)
    made = snapshots.make(LEAD, events, as_of, SETTINGS)
    end = snapshots.history_end(events, as_of)
    assert np.all(made.cutoff + made.horizon + made.label_delay <= end)
    for subject, cutoff, label in zip(made.subject_index, made.cutoff, made.label, strict=True):
        rows = range(int(events.offsets[subject]), int(events.offsets[subject + 1]))
        kinds = {row: events.signatures[events.signature[row]].kind for row in rows}
        seen = [kind for row, kind in kinds.items() if events.visible(row, int(cutoff))]
        assert "created" in seen
        assert not {"converted", "lost"} & set(seen)
        wins = [
            row for row, kind in kinds.items()
            if kind == "converted" and events.known_at[row] < end and events.occurred_at[row] < end
        ]  # fmt: skip
        assert not any(events.occurred_at[row] < cutoff for row in wins)
        assert label == any(cutoff <= events.occurred_at[row] < cutoff + made.horizon for row in wins)


def test_an_outcome_not_known_at_the_cutoff_drops_the_snapshot() -> None:
    won_late = [Event("created", 0), Event("converted", 2, 20)]
    made = snapshots.make(LEAD, history({"a": won_late, "b": [Event("created", 0), Event("call", 200)]}),
                          day(300), SETTINGS)  # fmt: skip
    ages = (made.cutoff[made.subject_index == 0] - day(0)) / DAY
    assert ages.max() < 2
    assert made.dropped["outcome happened but was not known yet"] > 0
    assert made.dropped["converted already"] > 0


def test_leads_weigh_one_each_on_average_whatever_becomes_of_them() -> None:
    made = snapshots.make(LEAD, leads(), day(400), SETTINGS)
    assert made.weight.sum() == pytest.approx(len(np.unique(made.subject_index)))
    assert np.ptp(made.weight) == 0


def test_leads_before_the_reliable_start_do_not_train() -> None:
    made = snapshots.make(LEAD, leads(), day(400), SETTINGS, reliable_since=day(100))
    assert made.created_at.min() >= day(100)
    assert made.dropped["created before the source's reliable start"] > 0


def test_parties_are_numbered_by_name() -> None:
    events = leads(3)
    made = snapshots.make(LEAD, events, day(400), SETTINGS, parties=["p", "q", "p", "r"])
    party = dict(zip(made.subject_index.tolist(), made.party.tolist(), strict=True))
    assert party[0] == party[2] != party[1]


def test_the_arrival_delay_hides_what_serving_would_not_have_had() -> None:
    events = history({"a": [Event("created", 0), Event("call", 3), Event("call", 200)]})
    made = snapshots.make(LEAD, events, day(300), SETTINGS, arrival_delay=DAY)
    assert made.cutoff.min() > day(1)
    assert made.events.known_at.tolist() == (events.known_at + DAY).tolist()


def test_silence_after_the_end_of_an_old_export_is_no_outcome() -> None:
    events = history({"a": [Event("order", 0), Event("order", 90), Event("order", 200)]})
    made = snapshots.make(CHURN, events, day(5000), SETTINGS)
    assert made.cutoff.max() + made.horizon <= day(200) + MINUTE


def test_the_same_seed_gives_the_same_snapshots() -> None:
    first, second = (snapshots.make(LEAD, leads(), day(400), SETTINGS, seed=5) for _ in range(2))
    np.testing.assert_array_equal(first.cutoff, second.cutoff)
    other = snapshots.make(LEAD, leads(), day(400), SETTINGS, seed=6)
    assert len(other) != len(first) or not np.array_equal(other.cutoff, first.cutoff)


def test_population_counts_everybody_by_reason() -> None:
    events = history({
        "open": [Event("created", 0)],
        "won": [Event("created", 0), Event("converted", 5)],
        "won later": [Event("created", 0), Event("converted", 50)],
        "lost": [Event("created", 0), Event("lost", 5)],
        "future": [Event("created", 50)],
        "old": [Event("created", -300)],
    })  # fmt: skip
    found = snapshots.population(LEAD, events, day(10), SETTINGS)
    assert [events.subjects[i] for i in found.subject_index] == ["open", "won later"]
    assert found.counts == {
        "eligible": 2, "not created yet": 1, "converted already": 1, "lost": 1, "too old": 1,
    }  # fmt: skip
    assert snapshots.beyond(LEAD, events, day(10), SETTINGS).tolist() == [5]


def test_an_empty_population_says_why() -> None:
    events = history({"a": [Event("created", 0), Event("lost", 5)]})
    with pytest.raises(PopulationError, match="lost: 1"):
        snapshots.population(LEAD, events, day(10), SETTINGS)
    with pytest.raises(PopulationError, match="not created yet: 1"):
        snapshots.population(LEAD, events, day(-10), SETTINGS)
    with pytest.raises(PopulationError, match="horizon 30 days"):
        snapshots.make(LEAD, events, day(10), SETTINGS)


def test_arrival_delay_of_loads() -> None:
    assert snapshots.arrival_delay([day(5), day(8), day(9)], [day(0), day(7), day(8)]) == DAY
    assert snapshots.arrival_delay([day(5)], [day(0)]) == 0

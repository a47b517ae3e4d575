"""What is worth something only in hindsight is found; what was worth something then is not."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from crm.clock import DAY
from crm.history import History
from features import engine
from features import spec as specs
from models.snapshots import Snapshots
from models.target import find
from tests.models.histories import Event, day, history
from training.gather import as_rows, learn_spec, open_past
from training.hindsight import Witness, as_stated, told
from training.leaks import audit

LEADS, END = 300, 400
TARGET = replace(find("lead_conversion"), groups=("profile",))
expand = partial(specs.expand, TARGET.groups, zone="UTC")


def lead(number, won, rng):
    """Created on a day of its own, looked at a day later; ``mood`` and ``budget`` are right four times in five."""
    at = 1 + number
    fair = won if rng.random() < 0.8 else not won
    word = ("cold", "hot")
    return [
        Event("created", at, channel="facebook"),
        Event("change", at, field="budget", code=word[fair]),
        Event("change", at, field="mood", code=word[fair]),
        Event("change", at + 5, field="mood", code=word[won]),
        Event("change", at + 0.5, known=at + 20, field="tier", code=word[won]),
        Event("change", END - 1, field="rating", code=word[won]),
    ]


@pytest.fixture(scope="module")
def seen():
    """Snapshots of those leads."""
    rng = np.random.default_rng(0)
    won = np.arange(LEADS) % 3 == 0
    events = history({f"lead:t:{i}": lead(i, bool(won[i]), rng) for i in range(LEADS)})
    created = np.array([day(1 + i) for i in range(LEADS)])
    return Snapshots(
        "lead_conversion", day(END), 30 * DAY, 0, 0, events, np.arange(LEADS, dtype=np.int32), created + DAY,
        won.astype(np.int8), np.ones(LEADS), np.arange(LEADS, dtype=np.int32), created,
    )  # fmt: skip


def read(made):
    spec = expand(made.events, made.subject_index, made.cutoff)
    x = engine.compute(spec, made.events, made.subject_index, made.cutoff)
    return as_rows(TARGET, spec, x, made), spec


def found(made, witness):
    return {leak.feature: leak for leak in audit(*read(made), made, TARGET.outcomes, witness, expand)}


def test_fields_whose_worth_came_later_are_left_out_and_the_others_stay(seen):
    leaks = found(seen, Witness())
    assert set(leaks) == {"attribute_rating", "attribute_tier"}
    assert all("only by what was known later" in leak.why and leak.figure > 0.95 for leak in leaks.values())


def test_a_field_with_a_real_log_keeps_what_it_was_worth_then(seen):
    figures = {one.feature.name: one for one in told(read(seen)[0], seen, expand, 0)}
    assert figures["attribute_mood"].now > 0.95
    assert 0.7 < figures["attribute_mood"].then < 0.9
    assert "attribute_budget" not in figures


def test_an_assumed_time_of_knowledge_is_said_with_the_leak_and_warned_of_alone(seen):
    leaks = found(seen, Witness(assumed=frozenset({"tier"})))
    assert "only assumed" in leaks["attribute_tier"].why
    assert "assumed" not in leaks["attribute_rating"].why
    assert "attribute_budget" not in leaks
    warned = found(seen, Witness(assumed=frozenset({"budget"})))["attribute_budget"]
    assert warned.warning
    assert 0.7 < warned.figure < 0.9


def test_cutoffs_after_the_first_load_judge_where_there_are_enough(seen):
    """A rating seen with each weekly import tells then, so nothing of it is hindsight from there on."""
    first = 150
    events = {}
    for i, won in enumerate(seen.label == 1):
        at = max(1 + i + 0.5, first)
        events[f"lead:t:{i}"] = [
            Event("created", 1 + i, channel="facebook"),
            Event("change", at, field="rating", code=("cold", "hot")[int((i % 10 < 7) == won)]),
        ]
    weekly = replace(seen, events=history(events))
    rows, _ = read(weekly)
    assert "attribute_rating" not in {one.feature.name for one in told(rows, weekly, expand, day(first))}
    assert "attribute_rating" in {one.feature.name for one in told(rows, weekly, expand, 0)}


def test_what_becomes_known_after_the_as_of_stays_out_of_hindsight_too(seen):
    early = replace(seen, as_of=day(END - 2))
    assert set(found(early, Witness())) == {"attribute_tier"}
    stated = as_stated(early)
    assert len(stated) == len(seen.events) - LEADS
    assert (
        np.diff(stated.occurred_at)[np.diff(np.repeat(np.arange(LEADS), np.diff(stated.offsets))) == 0] >= 0
    ).all()


def test_the_sample_says_which_look_found_each_planted_field(company):
    home, end = company
    past = open_past(home, find("lead_conversion"), end + DAY)
    made = past.snapshots(7)
    learned, _ = learn_spec(past, made)
    why = {leak.feature: leak.why for leak in learned.leaks}
    for feature, words in {
        "number_score": "list of fields", "number_modified_at": "list of fields",
        "attribute_payment_terms": "before anything happened", "number_contact_count": "known later",
    }.items():  # fmt: skip
        assert words in why[feature]
    # Filled in only where a lead becomes a customer: where there are leads enough, that ranks them by itself.
    assert why["attribute_job_title"] in (
        "is filled in for one outcome and not for the other", "ranks too well before anything happened"
    )  # fmt: skip
    planted = ("score", "modified_at", "payment_terms", "job_title", "contact_count")
    assert all(feature.endswith(planted) for feature in why)
    assert not set(why) & set(learned.spec.names)
    assert past.witness == Witness(end, frozenset())


def test_assumed_fields_are_read_from_the_history(company):
    home, end = company
    assert Witness.of(History(home), end + DAY).assumed == frozenset()

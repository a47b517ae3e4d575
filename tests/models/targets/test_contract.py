"""What every target keeps: one file, one TARGET, words in both languages, answers for one as for many."""

from dataclasses import replace

import numpy as np
import pytest

from crm.clock import DAY, UNKNOWN
from crm.discover import modules
from crm.errors import NotFound
from crm.settings import Settings
from features import catalogue
from models import snapshots
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Target, all_targets, find

from ..histories import day, history
from ..test_snapshots import customers, leads

TARGETS = list(all_targets().values())
HISTORIES = {"lead": leads, "customer": customers}


@pytest.fixture(params=TARGETS, ids=lambda target: target.name)
def target(request: pytest.FixtureRequest) -> Target:
    found: Target = request.param
    return found


def test_one_target_a_file_named_after_it() -> None:
    assert {name: module.TARGET.name for name, module in modules("models.targets").items()} == {
        target.name: target.name for target in TARGETS
    }
    with pytest.raises(NotFound, match="churn, lead_conversion"):
        find("no_such_target")


def test_words_groups_and_features_exist(target: Target) -> None:
    assert target.en
    assert target.vi
    assert target.reasons[ELIGIBLE] == "eligible"
    assert not target.beyond or target.beyond in target.reasons
    assert set(target.groups) <= set(catalogue.groups())
    declared = {name for group in target.groups for name, _ in catalogue.declared(group)}
    assert set(target.rule) | set(target.rates) <= declared


def test_one_subject_stands_and_is_labelled_as_among_many(target: Target) -> None:
    events = HISTORIES[target.subject]()
    made = snapshots.make(target, events, day(400), Settings())
    end = snapshots.history_end(events, day(400))
    for row in range(0, len(made), max(len(made) // 60, 1)):
        subject, cutoff = made.subject_index[row : row + 1], made.cutoff[row : row + 1]
        assert target.standing(events, subject, cutoff, made.horizon).tolist() == [ELIGIBLE]
        assert target.labels(events, subject, cutoff, made.horizon, end).tolist() == [made.label[row]]


def test_labels_are_zero_one_or_unknown(target: Target) -> None:
    events = HISTORIES[target.subject](seed=1)
    rng = np.random.default_rng(0)
    subject = rng.integers(0, len(events.subjects), 500).astype(np.int32)
    cutoff = rng.integers(day(0), day(300), 500)
    label = target.labels(events, subject, cutoff, 30 * DAY, day(400))
    assert set(label.tolist()) <= {0, 1, UNKNOWN_OUTCOME}


def test_an_empty_history_has_nobody(target: Target) -> None:
    events = history({"a": []})
    who, cutoff = np.array([0], dtype=np.int32), np.array([day(0)])
    assert target.standing(events, who, cutoff, 1)[0] == target.reasons.index("not created yet")
    assert target.values(events, who, day(0), 1).tolist() == [UNKNOWN]


def test_values_use_nothing_known_later(target: Target) -> None:
    events = HISTORIES[target.subject]()
    spent = tuple(s._replace(kind="order") if s.kind == "call" else s for s in events.signatures)
    amount = np.arange(len(events)) * 1000 + 1000
    later = np.where(events.known_at < day(200), amount, 100 * amount)
    everyone = np.arange(len(events.subjects), dtype=np.int32)
    found = [
        target.values(replace(events, signatures=spent, value=value), everyone, day(200), 30 * DAY).tolist()
        for value in (amount, later)
    ]
    assert found[0] == found[1]
    assert found[0] != [UNKNOWN] * len(everyone)


def test_a_matured_label_never_changes(target: Target) -> None:
    events = HISTORIES[target.subject]()
    for at in range(320, 420, 20):
        made = snapshots.make(target, events, day(at), Settings())
        for later in (1, 30, 400):
            asked = made.subject_index, made.cutoff, made.horizon, day(at + later)
            np.testing.assert_array_equal(target.labels(events, *asked), made.label)

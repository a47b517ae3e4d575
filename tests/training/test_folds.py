"""No row may help to predict itself, its party's other rows, or anything before its outcome was known."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from crm.clock import DAY
from training.folds import by_start, by_time_and_party, split

STARTS = arrays.arrays(np.int64, st.integers(30, 200), elements=st.integers(0, 400)).map(lambda d: d * DAY)


@given(STARTS, st.integers(1, 120), st.integers(0, 30), st.integers(0, 90))
def test_train_labels_were_known_before_the_test_stretch(start, horizon, delay, age):
    cutoff = start + age * DAY
    cut = split(start, cutoff, horizon * DAY, delay * DAY)
    assert not (cut.train & cut.test).any()
    assert (cutoff[cut.train] + (horizon + delay) * DAY <= cut.test_from).all()
    assert (start[cut.test] >= cut.test_from).all()


def test_a_lead_that_waited_long_is_in_the_stretch_of_its_creation():
    start = np.repeat(np.arange(100) * DAY, 2)
    cutoff = start + np.tile([0, 60 * DAY], 100)
    cut = split(start, cutoff, 10 * DAY)
    late = (start < cut.test_from) & (cutoff >= cut.test_from)
    assert late.any()
    assert not cut.test[late].any()
    assert not cut.train[late].any()


@given(STARTS, st.data())
def test_a_party_never_helps_to_predict_itself(start, data):
    party = data.draw(arrays.arrays(np.int32, len(start), elements=st.integers(0, 40)))
    for folds in (by_start(start, party), by_time_and_party(start, party)):
        for fold in folds:
            assert not set(party[fold.learn]) & set(party[fold.predict])


@given(STARTS, st.data())
def test_every_row_is_predicted_at_most_once_and_all_are_where_parties_are_many(start, data):
    party = data.draw(arrays.arrays(np.int32, len(start), elements=st.integers(0, 40)))
    for folds in (by_start(start, party), by_time_and_party(start, party)):
        predicted = np.concatenate([f.predict for f in folds]) if folds else np.zeros(0)
        assert len(np.unique(predicted)) == len(predicted)
    rng = np.random.default_rng(0)
    start, party = rng.integers(0, 300, 900) * DAY, rng.integers(0, 300, 900).astype(np.int32)
    for folds in (by_start(start, party), by_time_and_party(start, party)):
        assert len(np.concatenate([f.predict for f in folds])) == 900


def test_blocks_of_time_are_never_learned_from_when_customers_are_seen_again_and_again():
    time = np.repeat(np.arange(30) * DAY, 20)
    party = np.tile(np.arange(20, dtype=np.int32), 30)
    for fold in by_time_and_party(time, party):
        assert not set(time[fold.learn]) & set(time[fold.predict])

import numpy as np
import pytest

from crm.errors import NotFound
from crm.events import EventStore
from crm.settings import Home
from serving.scores.lookup import COLUMNS, Lookup


def test_memory_and_files_give_the_same_events(told_once: Home) -> None:
    store = EventStore.open(told_once)
    held, read = Lookup(store, {"lead", "customer"}), Lookup(store, {"lead", "customer"}, memory=0)
    for subject in (*store.subjects("lead")["subject"][:40], *store.subjects("customer")["subject"][:10]):
        one, other = held.one(subject), read.one(subject)
        assert one.subjects == other.subjects == [subject]
        np.testing.assert_array_equal(one.offsets, other.offsets)
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_an_unknown_subject_is_named(told_once: Home) -> None:
    lookup = Lookup(EventStore.open(told_once), ())
    with pytest.raises(NotFound, match="no such subject"):
        lookup.one("lead:crm:L7000")

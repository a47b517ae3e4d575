import numpy as np
import pytest

from crm.errors import NotFound
from crm.events import EventStore
from crm.settings import Home
from serving.lookup import COLUMNS, Lookup


def test_memory_and_files_give_the_same_events(told_once: Home) -> None:
    store = EventStore.open(told_once)
    held, read = Lookup(store, {"lead", "customer"}), Lookup(store, {"lead", "customer"}, memory=0)
    for subject in (*store.subjects("lead")["subject"][:40], *store.subjects("customer")["subject"][:10]):
        one, other = held.one(subject), read.one(subject)
        assert one.subjects == other.subjects == [subject]
        np.testing.assert_array_equal(one.offsets, other.offsets)
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_a_record_is_found_by_the_id_its_crm_shows(told_once: Home) -> None:
    lookup = Lookup(EventStore.open(told_once), ())
    assert lookup.named("lead", "L7") == "lead:crm:L7"
    assert lookup.named("lead", "lead:crm:L7") == "lead:crm:L7"
    with pytest.raises(NotFound, match="no lead has this id"):
        lookup.named("lead", "L7000")
    with pytest.raises(NotFound, match="no such subject"):
        lookup.one("lead:crm:L7000")

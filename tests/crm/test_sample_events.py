"""The sample company's events agree with what its generator says is true."""

import csv
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from crm import loading
from crm.clock import DAY, FOREVER
from crm.events import Events, EventStore
from crm.moments.transaction import GRACE
from crm.sample import generate
from crm.settings import Home


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, EventStore]:
    folder = tmp_path_factory.mktemp("sample")
    generate(folder / "company", customers=60, seed=3, until=date(2026, 3, 1))
    home = Home(folder / "home").create()
    loading.load(home, folder / "company" / "mapping.toml", [folder / "company" / "export"])
    return folder / "company" / "truth", EventStore.open(home)


def first(events: Events, kind: str) -> dict[str, int]:
    """When each subject first had an event of a kind."""
    found: dict[str, int] = {}
    subject = np.repeat(np.arange(len(events.subjects)), np.diff(events.offsets))
    of_kind = np.array([signature.kind == kind for signature in events.signatures])
    for row in np.flatnonzero(of_kind[events.signature]):
        found.setdefault(events.subjects[subject[row]], int(events.occurred_at[row]))
    return found


def test_conversions_are_the_true_ones(sample: tuple[Path, EventStore]) -> None:
    truth, store = sample
    converted = first(store.read("lead"), "converted")
    known = set(store.subjects("lead")["subject"])
    checked = 0
    for row in pq.read_table(truth / "leads.parquet").to_pylist():
        if row["subject"] in known and row["outcome"] >= 0:
            end = row["cutoff"] + row["horizon_days"] * DAY
            happened = row["cutoff"] <= converted.get(row["subject"], 0) < end
            assert happened == bool(row["outcome"]), row
            checked += 1
    assert checked > 100


def test_some_customers_renew_late(sample: tuple[Path, EventStore]) -> None:
    events = sample[1].read("customer")
    ended = np.array([signature.code == "not_renewed" for signature in events.signatures])[events.signature]
    taken_back = (events.known_until - events.occurred_at)[ended & (events.known_until < FOREVER)]
    assert len(taken_back)
    assert taken_back.max() < GRACE


def test_every_event_belongs_to_somebody(sample: tuple[Path, EventStore]) -> None:
    assert sample[1].about.counts["nobody"] == 0


def test_known_duplicates_are_one_person(sample: tuple[Path, EventStore]) -> None:
    truth, store = sample
    party = dict(store.subjects("lead")[["subject", "party"]].itertuples(index=False))
    with (truth / "duplicates.csv").open(encoding="utf-8-sig", newline="") as file:
        pairs = [row for row in csv.DictReader(file) if row["table"] == row["same_table"] == "lead"]
    assert pairs
    for row in pairs:
        assert party[f"lead:cloudgo:{row['record']}"] == party[f"lead:cloudgo:{row['same_record']}"]


def test_statuses_of_all_leads_start_at_their_creation(sample: tuple[Path, EventStore]) -> None:
    """Converted leads come from another file: what is known of them early must not tell them apart."""
    events = sample[1].read("lead")
    for field in ("status", "owner"):
        told = {
            events.subjects[place]
            for place, (low, high) in enumerate(zip(events.offsets, events.offsets[1:], strict=False))
            for row in range(low, high)
            if events.signatures[events.signature[row]][:2] == ("change", field)
            and events.occurred_at[row] == events.occurred_at[low:high].min()
        }
        assert len(told) > 0.95 * len(events.subjects)

"""The event store: what it reads, in which order, and what it says when there is nothing."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from crm import eventfiles
from crm.clock import FOREVER, UNKNOWN
from crm.errors import HistoryError, NotFound
from crm.events import EventStore
from crm.settings import Home
from tests.crm.company import Company, day, kinds

COLUMNS = ("occurred_at", "known_at", "known_until", "signature", "value", "duration", "actor", "day")


@pytest.fixture
def store(tmp_path: Path) -> EventStore:
    company = Company(tmp_path)
    for lead in "ABC":
        company.tell("lead", lead, day(0), created_at=day(0), channel="facebook", name=f"Lead {lead}")
        for number in range(3):
            company.tell(
                "activity",
                f"{lead}{number}",
                day(3 - number),
                kind="call",
                direction="out",
                outcome="met",
                occurred_at=day(3 - number),
                duration=60 * number,
                actor="S1",
                lead=lead,
            )
    return company.load()


def test_events_come_by_subject_and_time(store: EventStore) -> None:
    events = store.read("lead")
    assert sorted(events.subjects) == ["lead:crm:A", "lead:crm:B", "lead:crm:C"]
    assert events.offsets.tolist() == [0, 4, 8, 12]
    for first, last in zip(events.offsets, events.offsets[1:], strict=False):
        assert (np.diff(events.occurred_at[first:last]) >= 0).all()
    assert set(kinds(events)) == {"created", "call"}
    assert events.known_until.tolist() == [FOREVER] * 12
    assert (events.value == UNKNOWN).all()
    assert store.actors == ["crm:S1"]


def test_one_subject_and_blocks_equal_the_whole(store: EventStore) -> None:
    whole = store.read("lead")
    blocks = list(store.blocks("lead"))
    assert [name for block in blocks for name in block.subjects] == whole.subjects
    assert store.subjects("lead")["subject"].tolist() == whole.subjects
    for place, subject in enumerate(whole.subjects):
        one = store.one(subject)
        rows = slice(whole.offsets[place], whole.offsets[place + 1])
        for column in COLUMNS:
            np.testing.assert_array_equal(getattr(one, column), getattr(whole, column)[rows])


def test_an_open_store_keeps_its_load(store: EventStore) -> None:
    whole = store.read("lead")
    shutil.rmtree(store.folder)
    assert store.read("lead").occurred_at.tolist() == whole.occurred_at.tolist()
    assert len(store.one("lead:crm:A")) == 4


def test_old_loads_are_made_again_when_asked_for(tmp_path: Path) -> None:
    company = Company(tmp_path)
    for number in range(5):
        company.tell("lead", f"L{number}", day(number), created_at=day(number))
        company.load()
    folder = company.home.history / "event"
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["3", "4", "5"]
    assert EventStore.open(company.home, 1).read("lead").subjects == ["lead:crm:L0"]
    assert len(EventStore.open(company.home).read("lead").subjects) == 5


KILLED = """
import os, signal, sys
from crm import eventfiles
from crm.events import EventStore
from crm.settings import Home
eventfiles.write_lists = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
EventStore.open(Home(sys.argv[1]), 1)
"""


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path) -> None:
    company = Company(tmp_path)
    company.tell("lead", "L", day(0), created_at=day(0))
    company.load()
    folder = company.home.history / "event"
    shutil.rmtree(folder / "1")
    died = subprocess.run([sys.executable, "-c", KILLED, company.home.path], check=False)
    assert died.returncode == -signal.SIGKILL
    (left,) = folder.glob(".1-*")
    assert list(left.glob("*.parquet")), "it was killed half-way"
    company.tell("lead", "M", day(1), created_at=day(1))
    company.load()
    assert left.exists(), "it may still be written"
    a_day_ago = time.time() - eventfiles.GIVEN_UP - 1
    os.utime(left, (a_day_ago, a_day_ago))
    company.tell("lead", "N", day(2), created_at=day(2))
    company.load()
    assert not left.exists()
    assert EventStore.open(company.home, 1).read("lead").subjects == ["lead:crm:L"]


def test_unknown_subjects_and_kinds_are_named(store: EventStore) -> None:
    with pytest.raises(NotFound, match="lead:crm:Z"):
        store.one("lead:crm:Z")
    with pytest.raises(NotFound, match="invoice"):
        store.read("invoice")


def test_an_empty_history_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="leadkeep import"):
        EventStore.open(Home(tmp_path))


def test_a_damaged_file_is_found(store: EventStore) -> None:
    file = store.folder / "signatures.parquet"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(HistoryError, match=r"signatures\.parquet"):
        EventStore(store.folder)


def test_damage_of_the_same_size_is_said_in_words(store: EventStore) -> None:
    file = store.folder / "lead-0.parquet"
    file.write_bytes(bytes(file.stat().st_size))
    with pytest.raises(HistoryError, match="damaged"):
        EventStore(store.folder)

"""The inbox keeps what arrives, once, in one order."""

import multiprocessing

import pytest

from crm.clock import DAY, now
from crm.errors import SourceError
from crm.inbox import Inbox, Said
from crm.settings import Home

pytestmark = pytest.mark.databases("sqlite", "postgres")


def lead(number: int) -> Said:
    return Said("lead", "web", f"L{number}", {"name": "Nguyễn Thị Hoa", "created_at": number})


def test_a_delivery_is_kept_once_however_often_it_comes(home: Home) -> None:
    inbox = Inbox(home)
    received = inbox.put("web/1", [lead(1), lead(2)])
    assert received is not None
    assert received <= now()
    assert inbox.put("web/1", [lead(1), lead(2)]) is None
    kept = inbox.after(0)
    assert [one.said for one in kept] == [lead(1), lead(2)]
    assert {one.received_at for one in kept} == {received}


def test_times_of_receipt_grow_with_the_numbers_even_when_the_clock_stands(home: Home) -> None:
    inbox = Inbox(home)
    for number in range(5):
        inbox.put(f"web/{number}", [lead(number)], moment=1000)
    kept = inbox.after(0)
    assert [one.received_at for one in kept] == [1000, 1001, 1002, 1003, 1004]
    assert [one.number for one in kept] == sorted(one.number for one in kept)


def test_what_is_read_goes_on_after_a_number(home: Home) -> None:
    inbox = Inbox(home)
    inbox.put("web/1", [lead(number) for number in range(7)])
    first = inbox.after(0, limit=3)
    assert [one.said for one in inbox.after(first[-1].number)] == [lead(number) for number in range(3, 7)]


def _deliver(path: str, who: int) -> None:
    for number in range(30):
        Inbox(Home(path)).put(f"{who}/{number}", [lead(number)])


def test_processes_that_deliver_at_once_leave_one_order(home: Home) -> None:
    spawn = multiprocessing.get_context("spawn")
    senders = [spawn.Process(target=_deliver, args=(str(home.path), who)) for who in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    kept = Inbox(home).after(0)
    assert len(kept) == 90
    times = [one.received_at for one in kept]
    assert times == sorted(set(times))


def test_folded_rows_are_forgotten_but_never_the_newest(home: Home) -> None:
    inbox = Inbox(home)
    for number in range(3):
        inbox.put(f"web/{number}", [lead(number)])
    assert inbox.prune(inbox.newest()) == 0
    assert inbox.prune(inbox.newest(), before=now() + DAY) == 2
    assert inbox.newest() == 3
    assert inbox.put("web/0", [lead(0)]) is None


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (Said("stage", "web", "1", {}), "this table"),
        (Said("lead", "web", "", {}), "needs its source"),
        (Said("lead", "web", "x" * 201, {}), "needs its source"),
        (Said("lead", "web", "x\0", {}), "needs its source"),
        (Said("lead", "web", "1", {"colour": "red"}), "no column"),
    ],
)
def test_what_no_history_row_could_hold_is_refused_whole(home: Home, said: Said, what: str) -> None:
    with pytest.raises(SourceError, match=what):
        Inbox(home).put("web/1", [lead(1), said])
    assert Inbox(home).newest() == 0


@pytest.mark.databases("sqlite", why="there the inbox is a file of its own")
def test_an_inbox_that_was_never_used_is_not_made(home: Home) -> None:
    assert Inbox.waiting(home, 0) is None
    assert not (home.path / "inbox.db").exists()

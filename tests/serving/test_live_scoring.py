"""The process that scores live beside the server."""

import time
from collections.abc import Callable

import psutil
import pytest
from sqlalchemy import select

from crm.operations import reading
from crm.settings import Home
from crm.tables.jobs import JobLock
from serving import live_scoring
from serving.scores import rescoring


def holder(home: Home) -> str | None:
    """Who scores live."""
    with reading(home) as session:
        return session.scalar(select(JobLock.holder).where(JobLock.job == rescoring.NAME))


def wait(what: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.slow
def test_one_that_was_killed_is_followed_by_another_and_the_last_ends_with_the_server(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_scoring, "AGAIN", 0.1)
    others = set(psutil.Process().children())
    with live_scoring.beside(home):
        wait(lambda: holder(home))
        first = holder(home)
        (process,) = set(psutil.Process().children()) - others
        process.kill()
        wait(lambda: holder(home) != first)
    assert set(psutil.Process().children()) <= others
    assert holder(home) is None, "it let go of what it held"

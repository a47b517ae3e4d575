"""Scoring again whom a delivery concerns: that it ends is never silent."""

import time
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import leases
from crm.clock import HOUR, now
from crm.errors import ResourceError
from crm.inbox import Inbox, Said
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score
from serving.app import create_app
from serving.rights import keys
from serving.scores import rescoring as rescoring_room
from serving.scores.live import Live
from serving.scores.rescoring import Rescorer
from tests.serving.rescored import rescoring


def test_a_fault_is_said_in_the_health(at_work: Home) -> None:
    def fails(_: object, scores: Sequence[Score]) -> None:
        raise TypeError(len(scores))

    headers = {"authorization": f"Bearer {keys.create(at_work, 'admin')}"}
    with TestClient(create_app(at_work), headers=headers) as client, rescoring(at_work):
        until = time.monotonic() + 30
        while (said := client.get("/api/v1/health").json()["problem"]) and time.monotonic() < until:
            time.sleep(0.02)
    assert said is None
    live = Live(at_work)
    live.refresh()
    Inbox(at_work).put("crm/1", [Said("lead", "crm", "N1", {"channel": "zalo"})])
    with pytest.raises(TypeError):
        Rescorer(at_work, live, [fails]).run()
    with TestClient(create_app(at_work), headers=headers) as client:
        assert "no process scores live" in client.get("/api/v1/health").json()["problem"]


def test_it_goes_on_once_an_error_has_passed(at_work: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring_room, "AFTER_ERROR", 0.01)
    held: list[bool] = []

    def fails_at_first(session: Session, scores: Sequence[Score]) -> None:
        held.append(leases.held(session, rescoring_room.NAME))
        if len(held) < 3:
            raise ResourceError("the disk is full")
        rescorer.stop()

    live = Live(at_work)
    live.refresh()
    Inbox(at_work).put("crm/1", [Said("lead", "crm", "N1", {"channel": "zalo"})])
    rescorer = Rescorer(at_work, live, [fails_at_first])
    rescorer.run()
    assert held == [True] * 3
    with reading(at_work) as session:
        assert session.get(Score, ("lead_conversion", "lead:crm:N1")) is not None
        assert not leases.held(session, rescoring_room.NAME)


def test_several_at_once_are_scored_as_each_alone(at_work: Home) -> None:
    at, inbox = now() - HOUR, Inbox(at_work)
    told = [{"channel": "zalo"}, {"channel": "website", "created_at": at}, {"channel": "zalo", "lost_at": at}]
    inbox.put("crm/1", [Said("lead", "crm", f"N{number}", columns) for number, columns in enumerate(told)])
    live = Live(at_work)
    live.refresh()
    assert Rescorer(at_work, live).step() == len(told)
    with reading(at_work) as session:
        stored = {score.subject: score for score in session.scalars(select(Score)) if score.number}
    assert set(stored) == {"lead:crm:N0", "lead:crm:N1"}  # who was lost has no score
    for subject, score in stored.items():
        alone = live.score("lead_conversion", subject, "vi", 2)
        assert score.probability == pytest.approx(alone.probability, abs=1e-9)
        assert score.raw == pytest.approx(alone.raw, abs=1e-9)
    assert len({score.raw for score in stored.values()}) == len(stored)


def test_very_many_are_scored_a_few_at_a_time(at_work: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescoring_room, "MANY", 2)
    live, inbox = Live(at_work), Inbox(at_work)
    live.refresh()
    for number in range(5):
        inbox.put(f"crm/{number}", [Said("lead", "crm", f"N{number}", {"channel": "zalo"})])
        live.catch_up()  # each was seen in a look of its own
    rescorer, stored = Rescorer(at_work, live), []
    while rescorer.step():
        with reading(at_work) as session:
            stored.append(session.scalar(select(func.count()).where(Score.number > 0)))
    assert stored == [2, 4, 5]

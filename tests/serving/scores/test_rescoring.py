"""Scoring again whom a delivery concerns: that it ends is never silent."""

import time
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from crm import leases
from crm.clock import HOUR, now
from crm.errors import ResourceError
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables import everything
from crm.tables.scores import Score
from serving import live_scoring
from serving.app import create_app
from serving.rights import keys
from serving.scores import rescoring as rescoring_room
from serving.scores.live import Live
from serving.scores.rescoring import Rescorer
from tests.serving.rescored import rescoring

FILE = '\n[[write_back]]\nname = "crm"\nto = "file"\naddress = "out"\n'


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


@pytest.mark.databases("sqlite", why="counts the steps of SQLite's own machine")
def test_a_live_score_costs_the_same_however_many_are_scored(
    at_work: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = 0

    def counted() -> int:
        nonlocal steps
        steps += 1
        return 0

    settings = at_work.path / "settings.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + FILE, encoding="utf-8")
    lead = Said("lead", "crm", "N1", {"channel": "zalo"})
    with live_scoring.rescorer(at_work) as rescorer:
        Inbox(at_work).put("crm/1", [lead])
        assert rescorer.step() == 1
        with reading(at_work) as session:
            pool = session.get_bind().engine.pool
        event.listen(pool, "checkout", lambda raw, *_: raw.set_progress_handler(counted, 10))

        def cost(number: int) -> int:
            before = steps
            Inbox(at_work).put(f"crm/{number}", [lead._replace(source_id=f"N{number}"), lead])
            assert rescorer.step() == 2
            return steps - before

        few = cost(2)
        fill(at_work, 2_000)
        assert few > 0
        assert cost(3) < 1.5 * few


def fill(home: Home, people: int) -> None:
    """As many more as were scored like the first."""
    own = {"score": {"subject", "party"}, "enrolment": {"subject", "party"}, "score_past": {"subject"},
           "outgoing": {"subject", "key"}}  # fmt: skip
    with writing(home) as session:
        for name, said in own.items():
            columns = [
                column.name for column in everything().metadata.tables[name].columns if column.name != "id"
            ]
            told = ", ".join(f"{one} || '-' || n" if one in said else f'"{one}"' for one in columns)
            session.execute(
                text(
                    f"WITH RECURSIVE k(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM k WHERE n < {people}) "
                    f"INSERT INTO {name} ({', '.join(columns)}) SELECT {told} FROM {name}, k "
                    "WHERE subject = 'lead:crm:N1'"
                )
            )

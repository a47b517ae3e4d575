"""The thread that scores again whom a delivery concerns: that it ends is never silent."""

import time
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.clock import HOUR, now
from crm.inbox import Inbox, Said
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score
from serving.app import create_app
from serving.rights import keys
from serving.scores.live import Live
from serving.scores.rescoring import Rescorer


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_is_said_in_the_health(at_work: Home) -> None:
    def fails(_: object, scores: Sequence[Score]) -> None:
        raise TypeError(len(scores))

    live = Live(at_work)
    live.refresh()
    app, headers = create_app(at_work), {"authorization": f"Bearer {keys.create(at_work, 'admin')}"}
    with Rescorer(at_work, live, [fails]) as rescorer:
        Inbox(at_work).put("crm/1", [Said("lead", "crm", "N1", {"channel": "zalo"})])
        rescorer.wake()
        until = time.monotonic() + 30
        while rescorer.problem is None and time.monotonic() < until:
            time.sleep(0.02)
        assert "restart" in str(rescorer.problem)
        app.state.live, app.state.rescorer = live, rescorer
        said = TestClient(app).get("/api/v1/health", headers=headers).json()
    assert said["problem"] == rescorer.problem


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

"""The thread that scores again whom a delivery concerns: that it ends is never silent."""

import time
from collections.abc import Sequence

import pytest
from fastapi.testclient import TestClient

from crm.inbox import Inbox, Said
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

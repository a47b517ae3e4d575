"""Figures and logs for operators: complete, and of nobody in particular."""

import io
import json
import logging
import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from crm import leases, logs
from crm.clock import MINUTE
from crm.errors import SourceError
from crm.inbox import Inbox, Said
from crm.jobs import Jobs
from crm.operations import writing
from crm.settings import Home
from crm.tables.jobs import Mark
from crm.tables.scores import Monitoring
from serving.app import create_app
from serving.scores import rescoring
from tests.serving.stored import header, store


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What the process logs, as operators see it."""
    before = logging.getLogger().handlers[:], logging.getLogger().level
    written = io.StringIO()
    monkeypatch.setattr("sys.stderr", written)
    logs.begin()
    yield written
    logging.getLogger().handlers[:], logging.getLogger().level = before


def value(text: str, line: str) -> float:
    found = re.search(rf"^{re.escape(line)} ([\d.e+-]+)$", text, re.MULTILINE)
    assert found, f"{line} is not in\n{text}"
    return float(found[1])


def test_requests_are_counted_by_route_and_answer(client: TestClient, home: Home) -> None:
    key = header(home)
    score = (
        'leadkeep_requests_total{method="GET",route="/api/v1/scores/{target}/{subject:path}",status="404"}'
    )
    client.get("/api/v1/scores/churn/customer:crm:Lan", headers=key)
    before = value(client.get("/api/v1/metrics", headers=key).text, score)
    client.get("/api/v1/scores/churn/customer:crm:Hoa", headers=key)
    client.get("/no/such/page")
    said = client.get("/api/v1/metrics", headers=key).text
    assert value(said, score) == before + 1
    assert value(said, 'leadkeep_requests_total{method="any",route="none",status="404"}') >= 1
    assert "Hoa" not in said


def test_the_state_of_the_stores_is_told(client: TestClient, home: Home) -> None:
    store(home, "churn", {}, cutoff=None)
    Inbox(home).put("web/1", [Said("lead", "web", "L1", {}), Said("lead", "web", "L2", {})])
    jobs = Jobs(home)
    for state in ("done", "failed"):
        run = jobs.begin("fold")
        assert run is not None
        jobs.end(run, state, "", {})
    said = client.get("/api/v1/metrics", headers=header(home)).text
    assert value(said, "leadkeep_inbox_waiting") == 2
    assert value(said, "leadkeep_load") == 0
    assert 3500 < value(said, 'leadkeep_scores_age_seconds{target="churn"}') < 3700
    assert value(said, 'leadkeep_job_failed{job="fold"}') == 1
    assert value(said, 'leadkeep_job_done_seconds{job="fold"}') > 1_700_000_000


def test_live_scoring_that_stands_still_is_told(client: TestClient, home: Home) -> None:
    Inbox(home).put("web/1", [Said("lead", "web", f"L{number}", {}) for number in range(3)])

    def told() -> tuple[float, float]:
        said = client.get("/api/v1/metrics", headers=header(home)).text
        return value(said, "leadkeep_live_waiting"), value(said, "leadkeep_live_running")

    assert told() == (3, 0)
    leases.take(home, rescoring.NAME, "a process", MINUTE)
    with writing(home) as session:
        session.add(Mark(name=rescoring.NAME, number=1))
    assert told() == (2, 1)
    with writing(home) as session:
        session.merge(Mark(name=rescoring.NAME, number=3))
    assert told() == (0, 1)


def test_a_request_is_a_line_that_names_nobody(home: Home, lines: io.StringIO) -> None:
    with TestClient(create_app(home)) as client:
        client.get("/api/v1/scores/churn/customer:crm:0912345678?lang=en", headers=header(home))
    said = [json.loads(line) for line in lines.getvalue().splitlines()]
    request = next(line for line in said if line["message"] == "request")
    assert (request["method"], request["status"], request["role"]) == ("GET", 404, "admin")
    assert request["route"] == "/api/v1/scores/{target}/{subject:path}"
    assert "0912345678" not in lines.getvalue()


def _fail(name: str) -> None:
    raise ValueError(name)


def test_an_error_is_told_without_the_value_it_met(lines: io.StringIO) -> None:
    log = logging.getLogger("serving.test")
    log.error("it waits: %s", SourceError("no such file", value="Chị Lan.csv", todo="check the path"))
    try:
        _fail("Chị Lan")
    except ValueError:
        log.exception("a fault")
    first, second = (json.loads(line) for line in lines.getvalue().splitlines())
    assert first["message"] == "it waits: no such file; what to do: check the path"
    assert second["fault"] == "ValueError"
    assert second["at"][-1].startswith("test_observing.py:")
    assert "Lan" not in lines.getvalue()


def test_what_the_monitor_found_is_told(client: TestClient, home: Home) -> None:
    told = {"calibration_error": 0.04, "against_rule": {"value": 0.01}}
    with writing(home) as session:
        for at, warnings in ((1, []), (2, ["not_better"])):
            session.add(
                Monitoring(target="churn", version="a", at=at, rows=500, warnings=warnings,
                           figures={"all": None, "a": told, "drift": {"probability": 0.3, "features": []}})
            )  # fmt: skip
    said = client.get("/api/v1/metrics", headers=header(home)).text
    for name, expected in (
        ("calibration_error", 0.04),
        ("loss_over_rule", 0.01),
        ("moved", 0.3),
        ("warnings", 1),
    ):
        assert value(said, f'leadkeep_model_{name}{{target="churn"}}') == expected
    assert 'leadkeep_model_warnings{target="lead_conversion"}' not in said

"""What is typed, and what runs every night, scores as of now: by the model in use, around what came live."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest

import leadkeep
from crm.clock import DAY, HOUR, now
from crm.inbox import Inbox, Said
from crm.operations import champion, reading
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from models import registry
from serving.jobs import score as job
from serving.scores.live import Live
from serving.scores.rescoring import Rescorer
from tests.serving.company import trained
from tests.serving.leavers import scored_before_leaving, written_to_a_file

Told = Callable[..., Any]


@pytest.fixture
def told(at_work: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Told:
    """What a command of Leadkeep answers as JSON."""
    monkeypatch.setenv("LEADKEEP_HOME", str(at_work.path))

    def run(*words: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["leadkeep", *words, "--json"])
        with pytest.raises(SystemExit) as ended:
            leadkeep.main()
        assert not ended.value.code
        return json.loads(capfd.readouterr().out)

    return run


def scores(home: Home, target: str) -> dict[str, Score]:
    with reading(home) as session:
        return {row.subject: row for row in session.query(Score).filter(Score.target == target)}


def test_after_a_roll_back_the_older_model_scores_and_explains(at_work: Home, told: Told) -> None:
    first = champion(at_work, "churn")
    assert first is not None
    newer = trained(at_work, "churn", now() - DAY, seed=3)
    assert told("score", "churn")["version"] == newer.version
    registry.put_in_use(at_work, "churn", first.version, expected=newer.manifest_sha256)
    for words in job.commands(at_work):
        told(*words)
    stored = scores(at_work, "churn")
    assert {one.version for one in stored.values()} == {first.version}
    who = min(stored)
    explained = told("explain", "churn", who)
    assert explained["version"] == first.version
    assert explained["probability"] == pytest.approx(stored[who].probability, abs=0.02)


def test_what_was_delivered_and_not_folded_is_not_scored_over(at_work: Home, told: Told) -> None:
    told("score", "lead_conversion")
    who, before = next(iter(scores(at_work, "lead_conversion").items()))
    came = now() - HOUR
    calls = [
        Said("activity", "crm", f"A{n}", {"kind": "call", "direction": "in", "outcome": "answered",
                                          "occurred_at": came + n, "lead": before.source_id})
        for n in range(8)
    ]  # fmt: skip
    Inbox(at_work).put("crm/1", calls)
    live = Live(at_work)
    live.refresh()
    Rescorer(at_work, live).step()
    fresh = scores(at_work, "lead_conversion")[who]
    assert fresh.probability != before.probability
    told("score", "lead_conversion")
    kept = scores(at_work, "lead_conversion")[who]
    assert (kept.probability, kept.cutoff) == (fresh.probability, fresh.cutoff)


def test_who_left_is_cleared_where_the_score_was_written(at_work: Home, told: Told) -> None:
    written_to_a_file(at_work)
    told("score", "churn")
    one = next(iter(scores(at_work, "churn").values()))
    scored_before_leaving(at_work, one)
    told("score", "churn")
    with reading(at_work) as session:
        rows = session.query(Outgoing).filter(Outgoing.subject == "customer:crm:GONE").order_by(Outgoing.id)
        assert set(rows.all()[-1].body["fields"].values()) == {None}

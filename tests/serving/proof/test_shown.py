"""Nobody reads the model's word of who is worked by the rule: not in the CRM, and not with a key of sales."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from crm.clock import now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from models import registry
from models.scorers import rule
from models.target import find
from serving.app import create_app
from serving.proof.shown import shown
from serving.scores.scoring import score
from serving.write_back import outbox
from tests.conftest import settle
from tests.serving.stored import header, store

RULED: list[dict[str, Any]] = [{"topic": "source", "vi": "Từ Zalo", "en": "From Zalo", "contribution": 0.2}]
FILE = '[[write_back]]\nname = "csv"\nto = "file"\naddress = "out"\nper_minute = 1000000\n'


@pytest.fixture
def drawn(home: Home) -> Home:
    """Two hot leads, the second of the control group, whom the rule finds warm."""
    settle(home, FILE)
    leads = ({"source_id": one, "rule_probability": 0.12, "rule_reasons": RULED} for one in ("S", "R"))
    store(home, "lead_conversion", *leads)
    with writing(home) as session:
        for one, arm in (("S", "score"), ("R", "rule")):
            session.add(Enrolment(target="lead_conversion", party=f"lead:crm:{one}", subject=f"lead:crm:{one}",
                                  at=now(), arm=arm, exempt=None, owner=None, probability=0.31))  # fmt: skip
    return home


def written(home: Home) -> dict[str, dict[str, Any]]:
    with writing(home) as session:
        outbox.queue_scores(session, session.scalars(select(Score)).all())
        return {row.subject[-1]: row.body["fields"] for row in session.scalars(select(Outgoing))}


def test_the_crm_is_told_of_the_control_group_what_the_rule_says(drawn: Home) -> None:
    found = written(drawn)
    assert (found["S"]["leadkeep_percent"], found["S"]["leadkeep_band"]) == (31, "hot")
    assert (found["R"]["leadkeep_percent"], found["R"]["leadkeep_band"]) == (12, "warm")
    assert found["R"]["leadkeep_says"] == "Ấm · Từ Zalo"
    assert found["R"]["leadkeep_expected"] == 1_200_000
    assert set(found["R"]) == set(found["S"])


def test_who_is_exempt_is_shown_the_score(drawn: Home) -> None:
    with writing(drawn) as session:
        for row in session.scalars(select(Enrolment)):
            row.exempt = "vip"
    assert written(drawn)["R"]["leadkeep_percent"] == 31


def test_what_is_stored_stays_the_models(drawn: Home) -> None:
    written(drawn)
    with reading(drawn) as session:
        scores = session.scalars(select(Score)).all()
        assert sorted(score.probability for score in shown(session, scores)) == [0.12, 0.31]
    with reading(drawn) as session:
        assert {score.probability for score in session.scalars(select(Score))} == {0.31}


def test_a_key_of_sales_reads_what_the_lists_show(client: TestClient, drawn: Home) -> None:
    path = "/api/v1/scores/lead_conversion/lead:crm:R"
    answers = {role: client.get(path, headers=header(drawn, role)).json() for role in ("sales", "data")}
    assert {role: one["probability"] for role, one in answers.items()} == {"sales": 0.12, "data": 0.31}
    assert [reason["text"] for reason in answers["sales"]["reasons"]] == ["Từ Zalo"]


def _ruled(home: Home) -> str:
    """A lead of the control group, scored by a model that kept its rule."""
    bundle = registry.champion(home, "lead_conversion")
    rows = np.random.default_rng(1).random((200, len(bundle.spec.names))).astype(np.float32) * 30
    label = (rows[:, 0] > 15).astype(np.int8)
    fitted = rule.fit(rows, label, np.ones(200), bundle.spec, find("lead_conversion").rule)
    registry.register(home, replace(bundle, simple=fitted), promote=True)
    score(home, "lead_conversion")
    with writing(home) as session:
        session.execute(update(Enrolment).values(arm="rule", exempt=None))
        return str(session.scalar(select(Score.subject).where(Score.kind != "rule").limit(1)))


def test_a_key_of_sales_is_told_live_what_the_rule_says_and_why(at_work: Home) -> None:
    subject = _ruled(at_work)
    with TestClient(create_app(at_work)) as client:

        def ask(what: str, role: str) -> dict[str, Any]:
            path = f"/api/v1/{what}/lead_conversion/{subject}"
            return dict(client.get(path, headers=header(at_work, role)).json())

        kept, live, why = (ask(what, "sales") for what in ("scores", "live-scores", "explanations"))
        models = ask("live-scores", "data")
    assert live["probability"] == why["probability"] == pytest.approx(kept["probability"], abs=1e-6)
    assert abs(models["probability"] - live["probability"]) > 1e-3
    assert (live["band"], live["kind"], live["version"]) == (kept["band"], models["kind"], models["version"])
    said = [reason["text"] for reason in live["reasons"]]
    assert set(said) >= {reason["text"] for reason in kept["reasons"]}
    assert said != [reason["text"] for reason in models["reasons"]]
    assert why["base"] + sum(one["contribution"] for one in why["topics"]) == pytest.approx(
        why["raw"], abs=1e-6
    )
    assert 1 / (1 + math.exp(-why["raw"])) == pytest.approx(why["probability"], abs=1e-9)

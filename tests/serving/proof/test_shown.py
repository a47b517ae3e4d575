"""Nobody reads the model's word of who is worked by the rule: not in the CRM, and not with a key of sales."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.clock import now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from serving.proof.shown import shown
from serving.write_back import outbox
from tests.serving.stored import header, store

RULED: list[dict[str, Any]] = [{"topic": "source", "vi": "Từ Zalo", "en": "From Zalo", "contribution": 0.2}]
FILE = '[[write_back]]\nname = "csv"\nto = "file"\naddress = "out"\nper_minute = 1000000\n'


@pytest.fixture
def drawn(home: Home) -> Home:
    """Two hot leads, the second of the control group, whom the rule finds warm."""
    (home.path / "settings.toml").write_text(FILE, encoding="utf-8")
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

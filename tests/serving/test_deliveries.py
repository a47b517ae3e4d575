"""Signed deliveries: kept before they are acknowledged, once, and soon visible as a new score."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from standardwebhooks.webhooks import Webhook

from crm.clock import HOUR, iso, now
from crm.errors import SettingsError
from crm.inbox import Inbox
from crm.operations import reading
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score, ScorePast
from serving.app import create_app
from serving.rights import senders
from serving.scores.scoring import score
from tests.serving import chromium
from tests.serving.rescored import rescoring
from tests.serving.stored import header

PATH = "/api/v1/deliveries/crm"


@pytest.fixture
def at_work_client(at_work: Home) -> Iterator[TestClient]:
    score(at_work, "lead_conversion")
    with rescoring(at_work), TestClient(create_app(at_work), follow_redirects=False) as client:
        yield client


def signed(secret: str, number: int, body: str, when: datetime | None = None) -> dict[str, str]:
    moment = when or datetime.now(UTC)
    signature = Webhook(secret).sign(f"msg_{number}", moment, body)
    return {
        "webhook-id": f"msg_{number}", "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": signature, "content-type": "application/json",
    }  # fmt: skip


def send(client: TestClient, secret: str, number: int, *records: dict[str, Any]) -> Any:
    body = json.dumps({"records": records})
    return client.post(PATH, content=body, headers=signed(secret, number, body))


def lead(name: str) -> dict[str, Any]:
    return {
        "table": "lead",
        "id": name,
        "columns": {"name": "Chị Lan", "channel": "zalo", "created_at": iso(now() - HOUR)},
    }


def scored(home: Home, subject: str, number: int) -> Score:
    """The stored score that saw row ``number`` of the inbox; waits for it."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with reading(home) as session:
            found = session.get(Score, ("lead_conversion", subject))
        if found is not None and found.number >= number:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{subject} was not scored")


def test_a_delivered_lead_is_scored_again_and_seen(at_work_client: TestClient, at_work: Home) -> None:
    secret = senders.create(at_work, "crm", "leadkeep", "crm")
    answer = send(at_work_client, secret, 1, lead("N1"))
    assert (answer.status_code, answer.json()) == (200, {"kept": 1, "known": False})
    first = scored(at_work, "lead:crm:N1", 1)
    called = {
        "kind": "call",
        "direction": "out",
        "outcome": "no_answer",
        "lead": "N1",
        "occurred_at": iso(now()),
    }
    send(at_work_client, secret, 2, {"table": "activity", "id": "A1", "columns": called})
    second = scored(at_work, "lead:crm:N1", 2)
    assert second.cutoff > first.cutoff
    assert second.probability != first.probability
    seen = at_work_client.get("/api/v1/scores/lead_conversion/lead:crm:N1", headers=header(at_work)).json()
    assert seen["probability"] == pytest.approx(second.probability)
    live = at_work_client.get(
        "/api/v1/live-scores/lead_conversion/lead:crm:N1", headers=header(at_work)
    ).json()
    assert live["probability"] == pytest.approx(second.probability, abs=0.02)
    with reading(at_work) as session:
        past = session.query(ScorePast).filter(ScorePast.subject == "lead:crm:N1").all()
    assert past[-1].probability == second.probability


def test_who_is_lost_leaves_the_list_and_the_crm(at_work_client: TestClient, at_work: Home) -> None:
    file = at_work.path / "settings.toml"
    place = '[[write_back]]\nname = "crm"\nto = "file"\naddress = "out"\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{place}", encoding="utf-8")
    secret = senders.create(at_work, "crm", "leadkeep", "crm")
    send(at_work_client, secret, 1, lead("N1"))
    scored(at_work, "lead:crm:N1", 1)
    send(at_work_client, secret, 2, {"table": "lead", "id": "N1", "columns": {"lost_at": iso(now())}})
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with reading(at_work) as session:
            if session.get(Score, ("lead_conversion", "lead:crm:N1")) is None:
                break
        time.sleep(0.02)
    else:
        raise AssertionError("a lost lead kept its score")
    with reading(at_work) as session:
        queued = session.query(Outgoing).filter(Outgoing.subject == "lead:crm:N1").order_by(Outgoing.id)
        said = [(row.state, any(row.body["fields"].values())) for row in queued]
    assert said == [("superseded", True), ("waiting", False)]


def test_a_repetition_is_known_and_changes_nothing(at_work_client: TestClient, at_work: Home) -> None:
    secret = senders.create(at_work, "crm", "leadkeep", "crm")
    send(at_work_client, secret, 1, lead("N1"))
    again = send(at_work_client, secret, 1, lead("N1"))
    assert again.json() == {"kept": 0, "known": True}
    assert Inbox(at_work).newest() == 1


@pytest.fixture
def secret(home: Home) -> str:
    return senders.create(home, "crm", "leadkeep", "crm")


def test_a_wrong_old_or_missing_signature_is_refused(client: TestClient, home: Home, secret: str) -> None:
    body = json.dumps({"records": [lead("N1")]})
    good = signed(secret, 1, body)
    other = signed("whsec_" + "A" * 32, 1, body)
    late = signed(secret, 1, body, datetime.now(UTC) - timedelta(minutes=6))
    for headers in (other, late, {}, {name: good[name] for name in list(good)[:2]}):
        assert client.post(PATH, content=body, headers=headers).status_code == 403
    assert client.post(PATH, content=body.replace("N1", "N2"), headers=good).status_code == 403
    assert client.post("/api/v1/deliveries/nobody", content=body, headers=good).status_code == 403
    senders.revoke(home, "crm")
    assert client.post(PATH, content=body, headers=good).status_code == 403
    assert Inbox.waiting(home, 0) is None


@pytest.mark.parametrize("body", ["", "{", "[]", '{"records": [{"table": "lead"}]}', "\udcff"])
def test_a_signed_delivery_that_means_nothing_is_refused_with_a_reason(
    client: TestClient, home: Home, secret: str, body: str
) -> None:
    raw = body.encode("utf-8", "surrogateescape")
    moment = datetime.now(UTC)
    try:
        headers = signed(secret, 1, raw.decode())
    except UnicodeDecodeError:
        headers = signed(secret, 1, "x", moment)
    answer = client.post(PATH, content=raw, headers=headers)
    assert answer.status_code in (403, 422)
    assert answer.json()["what"]
    assert Inbox.waiting(home, 0) is None


def test_a_delivery_that_is_too_long_is_refused(client: TestClient, home: Home, secret: str) -> None:
    body = json.dumps({"records": [lead("x" * 1_000_001)]})
    answer = client.post(PATH, content=body, headers=signed(secret, 1, body))
    assert answer.status_code == 413
    assert "too long" in answer.json()["what"]
    assert Inbox.waiting(home, 0) is None


@pytest.mark.parametrize(
    ("name", "format", "source"),
    [("a b", "leadkeep", "crm"), ("a", "fax", "crm"), ("a", "zalo", "É"), ("", "zalo", "x")],
)
def test_a_sender_is_named_plainly(home: Home, name: str, format: str, source: str) -> None:
    with pytest.raises(SettingsError):
        senders.create(home, name, format, source)


SHIPPED = Path(__file__).parents[2] / "docs" / "webhooks"


def test_the_shipped_examples_are_kept_when_the_shipped_program_sends_them(home: Home) -> None:
    def sent(sender: str, secret: str, file: str) -> tuple[int, str]:
        words = [
            sys.executable,
            SHIPPED / "send.py",
            f"{url}/api/v1/deliveries/{sender}",
            secret,
            SHIPPED / file,
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout.strip()

    with chromium.listening(home) as url:
        for file, kept in (("facebook", 1), ("zalo-submitted", 1), ("zalo-message", 1), ("leadkeep", 2)):
            secret = senders.create(home, file, file.partition("-")[0], "web")
            assert sent(file, secret, f"{file}.json") == (0, f'200 {{"kept":{kept},"known":false}}')
        assert sent(file, secret, f"{file}.json") == (0, '200 {"kept":0,"known":true}')
        code, said = sent(file, senders.create(home, "other", "leadkeep", "web"), f"{file}.json")
        assert (code, said[:3]) == (1, "403")
    told = Inbox(home).after(0)
    assert [one.said.table for one in told] == ["lead", "lead", "activity", "ticket", "activity"]
    assert not any("Giá bao nhiêu" in repr(one) for one in told)

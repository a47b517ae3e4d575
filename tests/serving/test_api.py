import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.clock import DAY, HOUR, now
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Deed
from models import registry
from serving.app import HEADERS, create_app
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.scores.scoring import score
from tests.serving.scores.test_live import an_open_lead
from tests.serving.stored import header, store

PROBLEM = {"error", "what", "value", "where", "todo"}


@pytest.fixture
def api(at_work: Home) -> TestClient:
    """The interface over a company whose leads and customers were scored an hour ago, asked by an administrator."""
    score(at_work, "lead_conversion", now() - HOUR)
    score(at_work, "churn", now() - HOUR)
    with TestClient(create_app(at_work), headers=header(at_work)) as client:
        yield client


def test_the_stored_score_in_both_languages(api: TestClient, at_work: Home) -> None:
    subject = an_open_lead(at_work)
    said = {
        lang: api.get(f"/api/v1/scores/lead_conversion/{subject}?lang={lang}").json() for lang in ("vi", "en")
    }
    assert said["vi"]["subject"] == subject
    assert 0 < said["vi"]["probability"] < 1
    assert said["vi"]["source_id"] == subject.rpartition(":")[2]
    assert len(said["vi"]["reasons"]) == len(said["en"]["reasons"]) == 5
    assert said["vi"]["reasons"][0]["text"] != said["en"]["reasons"][0]["text"]
    assert "feature" not in said["vi"]["reasons"][0]


def test_a_live_score_and_its_explanation_agree(api: TestClient, at_work: Home) -> None:
    subject = an_open_lead(at_work)
    live = api.get(f"/api/v1/live-scores/lead_conversion/{subject}").json()
    why = api.get(f"/api/v1/explanations/lead_conversion/{subject}").json()
    assert live["band"] in ("hot", "warm", "cold")
    assert live["load"] == 1
    assert len(live["reasons"]) == 5
    assert live["probability"] == pytest.approx(why["probability"], abs=0.05)
    assert why["base"] + sum(topic["contribution"] for topic in why["topics"]) == pytest.approx(
        why["raw"], abs=1e-6
    )
    assert len(api.get(f"/api/v1/live-scores/lead_conversion/{subject}?reasons=2").json()["reasons"]) == 2


def test_a_worklist_is_in_order_and_within_its_limit(api: TestClient, at_work: Home) -> None:
    found = api.get("/api/v1/worklists/churn?limit=7").json()
    assert len(found["entries"]) == 7
    assert not found["stale"]
    places = [("high", "medium", "low").index(entry["score"]["band"]) for entry in found["entries"]]
    assert places == sorted(places)
    assert sum(found["counts"].values()) >= 7
    assert set(found["entries"][0]["contact"]) >= {"name", "phone", "email", "salutation"}
    by_default = api.get("/api/v1/worklists/churn").json()["entries"]
    assert len(by_default) == min(at_work.settings.capacity.care, sum(found["counts"].values()))


def test_contacts_are_whole_only_for_a_key_that_may_take_them_away(api: TestClient, at_work: Home) -> None:
    def asked(role: str, *scopes: str) -> tuple[bool, set[str], str]:
        key = keys.create(at_work, role, scopes=scopes)
        path = "/api/v1/worklists/lead_conversion?limit=1000"
        found = api.get(path, headers={"authorization": f"Bearer {key}"}).json()
        with reading(at_work) as session:
            deed = session.scalars(select(Deed).order_by(Deed.id.desc()).limit(1)).one()
        return found["masked"], {one["contact"]["phone"] for one in found["entries"]}, deed.action

    for role, *scopes in (("sales",), ("admin",), ("sales", "worklists")):
        assert asked(role, *scopes) == (True, {"0912 ••• 678"}, "list")
    assert asked("sales", "worklists", "export") == (False, {"+84912345678"}, "export")


def test_models_with_their_figures(api: TestClient, at_work: Home) -> None:
    everything = api.get("/api/v1/models").json()
    assert {model["target"] for model in everything} == {"churn", "lead_conversion"}
    (churn,) = api.get("/api/v1/models/churn").json()
    assert churn["champion"]
    assert churn["version"] == registry.champion(at_work, "churn").version
    assert churn["metrics"] == {"log_loss": 0.4}
    assert churn["examined"] == ""


def test_health_says_what_is_served_and_how_old_it_is(api: TestClient) -> None:
    health = api.get("/api/v1/health").json()
    assert (health["ready"], health["load"]) == (True, 1)
    assert "no process scores live" in health["problem"], "none was started here"
    assert health["targets"]["churn"]["kind"] == "logistic"
    assert 3600 <= health["targets"]["churn"]["age_seconds"] < 3700
    assert api.get("/api/v1/health/ready").status_code == 200


def test_a_service_without_a_model_is_alive_and_not_ready(client: TestClient, home: Home) -> None:
    assert client.get("/api/v1/health/live").json() == {"status": "alive"}
    assert client.get("/api/v1/health/ready").status_code == 503
    health = client.get("/api/v1/health", headers=header(home)).json()
    assert health["ready"] is False
    assert health["targets"]["churn"]["scored_as_of"] is None


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("scores/weather/lead:crm:L1", 404, "NotFound"),
        ("scores/churn/customer:crm:nobody", 404, "NotFound"),
        ("live-scores/lead_conversion/lead:crm:nobody", 404, "NotFound"),
        ("live-scores/lead_conversion/customer:crm:K1", 404, "NotFound"),
        ("worklists/weather", 404, "NotFound"),
        ("worklists/churn?limit=0", 422, "LeadkeepError"),
        ("scores/churn/customer:crm:K1?lang=fr", 422, "LeadkeepError"),
        ("models/weather", 404, "NotFound"),
        ("nothing/here", 404, "NotFound"),
    ],
)
def test_errors_say_what_where_and_what_to_do(api: TestClient, path: str, status: int, error: str) -> None:
    answer = api.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == PROBLEM
    assert answer.json()["error"] == error
    assert answer.json()["todo"]


def test_who_was_lost_is_a_conflict_with_the_reason(api: TestClient, at_work: Home) -> None:
    from crm.events import EventStore

    statuses = {}
    for subject in EventStore.open(at_work).subjects("lead")["subject"]:
        answer = api.get(f"/api/v1/live-scores/lead_conversion/{subject}")
        statuses[answer.status_code] = answer.json()
    assert set(statuses) == {200, 409}
    assert statuses[409]["error"] == "PopulationError"


def test_before_anything_was_imported_a_live_score_says_so(client: TestClient, home: Home) -> None:
    answer = client.get("/api/v1/live-scores/churn/customer:crm:K1", headers=header(home))
    assert answer.status_code == 503
    assert "import an export" in answer.json()["todo"]


def test_ids_with_slashes_and_letters_of_all_kinds(client: TestClient, home: Home) -> None:
    for source_id in ("2026/03/01-7", "KH số 1", "a:b", "x?y#z"):
        store(home, "churn", {"source_id": source_id})
        from urllib.parse import quote

        answer = client.get(
            f"/api/v1/scores/churn/customer:crm:{quote(source_id, safe='')}", headers=header(home)
        )
        assert answer.json()["source_id"] == source_id


@pytest.mark.parametrize("path", ["/api/v1/health/live", "/api/v1/models", "/nothing", "/style.css"])
def test_security_headers_are_everywhere(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_a_bug_is_said_in_the_same_parts_with_the_same_headers(home: Home) -> None:
    app = create_app(home)
    app.openapi = lambda: {}["0912345678"]
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/api/v1/openapi.json")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert set(answer.json()) == PROBLEM
    assert "0912345678" not in answer.text


def test_settings_spoiled_while_serving_are_said_on_a_page(client: TestClient, home: Home) -> None:
    (home.path / "settings.toml").write_text("zone = ", encoding="utf-8")
    client.cookies.set(COOKIE, "x")
    answer = client.get("/hom-nay")
    assert answer.status_code == 500
    assert "Hiện chưa mở được trang này" in answer.text
    assert str(home.path) not in answer.text


@pytest.mark.parametrize("path", ["/api/v1/models", "/hom-nay"])
def test_who_showed_no_key_is_not_told_what_is_broken_where(
    home: Home, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = '[stores]\noperations = "sqlite:////nowhere/at/all.db"\n'
    (home.path / "settings.toml").write_text(settings, encoding="utf-8")
    with TestClient(create_app(home), cookies={COOKIE: "x"}, headers={"authorization": "Bearer x"}) as client:
        answer = client.get(path)
    assert answer.status_code == 503
    assert "unable to open" not in answer.text
    assert "unable to open" in caplog.text


def test_an_old_worklist_is_marked(client: TestClient, home: Home) -> None:
    store(home, "churn", {}, cutoff=now() - 2 * DAY)
    assert client.get("/api/v1/worklists/churn", headers=header(home)).json()["stale"] is True

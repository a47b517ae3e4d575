import itertools

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from crm.discover import modules
from crm.settings import Home
from serving import access, keys
from serving.app import create_app
from tests.serving.stored import ORIGIN, header, store

RULES = access.API | access.PAGES
PLACES = {"{target}": "lead_conversion", "{subject:path}": "lead:crm:R0"}


def path_of(rule: str) -> tuple[str, str]:
    method, path = rule.split()
    for name, value in PLACES.items():
        path = path.replace(name, value)
    return method, path


def found() -> dict[str, APIRoute]:
    """Every route of the application, from the routers it includes."""
    routers = [
        module.router for package in ("serving.api", "serving.pages") for module in modules(package).values()
    ]
    routes = [route for router in routers for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes), "a route that the check does not cover"
    return {f"{method} {route.path}": route for route in routes for method in route.methods}


FORMS = [rule for rule in access.PAGES if rule.startswith("POST") or rule == "GET /"]
"""Forms and the first page have tests of their own."""


def test_every_route_has_a_rule_and_every_rule_a_route() -> None:
    assert set(found()) == set(RULES)


def test_every_path_for_programs_is_described_with_its_errors(client: TestClient) -> None:
    schema = client.get("/api/v1/openapi.json").json()
    for rule, allowed in access.API.items():
        if rule == "GET /api/v1/openapi.json":
            continue
        method, path = rule.split()
        described = schema["paths"][path.replace(":path", "")][method.lower()]
        assert described["security"] == [{"HTTPBearer": []}]
        assert described["description"]
        if allowed is not access.ANYBODY:
            problem = described["responses"]["403"]["content"]["application/json"]["schema"]
            assert problem == {"$ref": "#/components/schemas/Problem"}
        if "{target}" in path:
            assert "404" in described["responses"]


@pytest.mark.parametrize(
    ("rule", "role"),
    list(itertools.product(sorted(set(access.API) - {"POST /api/v1/deliveries/{sender}"}), keys.ROLES)),
)
def test_the_roles_of_programs(client: TestClient, home: Home, rule: str, role: str) -> None:
    store(home, "lead_conversion", {})
    method, path = path_of(rule)
    allowed = {"sales" if name == "team" else name for name in RULES[rule]}
    answer = client.request(method, path, headers=header(home, role))
    assert (answer.status_code == 403) == (role not in allowed and allowed != {"anybody"}), answer.text


@pytest.mark.parametrize(
    ("rule", "role"), list(itertools.product(sorted(set(access.PAGES) - set(FORMS)), keys.ROLES))
)
def test_the_roles_of_people(client: TestClient, home: Home, rule: str, role: str) -> None:
    method, path = path_of(rule)
    client.post("/dang-nhap", data={"khoa": keys.create(home, role)}, headers={"origin": ORIGIN})
    answer = client.request(method, path)
    assert (answer.status_code == 403) == (role not in RULES[rule] and RULES[rule] != access.ANYBODY)


@pytest.mark.parametrize("rule", [rule for rule, allowed in access.API.items() if allowed != access.ANYBODY])
def test_without_a_key_nothing_is_said(client: TestClient, home: Home, rule: str) -> None:
    method, path = path_of(rule)
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {keys.create(home, 'admin')}"},
    ):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 403
        assert set(answer.json()) == {"error", "what", "value", "where", "todo"}


def test_a_browser_is_not_a_key_and_a_key_is_not_a_browser(browser: TestClient, home: Home) -> None:
    assert browser.get("/api/v1/models").status_code == 403
    browser.cookies.clear()
    assert browser.get("/hom-nay", headers=header(home)).headers["location"] == "/dang-nhap"


def test_teams_see_their_own_target_only(client: TestClient, home: Home) -> None:
    store(home, "lead_conversion", {})
    store(home, "churn", {})
    for path in ("scores/churn/customer:crm:R0", "worklists/churn"):
        assert client.get(f"/api/v1/{path}", headers=header(home, "sales")).status_code == 403
        assert client.get(f"/api/v1/{path}", headers=header(home, "care")).status_code == 200


def test_a_route_without_a_rule_is_nobodys(home: Home) -> None:
    app = create_app(home)
    app.add_api_route("/api/v1/secret", lambda: "everything")
    with TestClient(app) as client:
        answer = client.get("/api/v1/secret", headers=header(home))
    assert answer.status_code == 403
    assert answer.json()["what"] == "nobody may do this"


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}]
)
def test_forms_of_other_sites_are_refused(client: TestClient, home: Home, headers: dict[str, str]) -> None:
    answer = client.post("/dang-nhap", data={"khoa": keys.create(home, "admin")}, headers=headers)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers

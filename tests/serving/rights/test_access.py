from collections.abc import Iterator
from itertools import product

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from crm.discover import modules
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed
from crm.tables.work import Assignment
from serving.app import create_app
from serving.rights import access, keys, people, teams
from serving.rights.keys import Caller
from tests.conftest import Homes
from tests.serving.stored import ORIGIN, header, store

RULES = access.API | access.PAGES
OWNED = ("mine", "pool", "colleague", "elsewhere", "nobody")
"""Whose a subject is: the caller's, their team's pool's, a colleague's, another team's, or no one's."""

SEES = {
    "sales": {"mine", "pool"},
    "care": {"mine", "pool"},
    "team_lead": {"mine", "pool", "colleague"},
    "marketing": set(),
    "data": set(),
    "director": set(OWNED),
    "admin": set(OWNED),
}
OWNERS = ("sales", "care", "team_lead")
NAMELESS = {
    f"GET /api/v1/{name}/{{target}}/{{subject:path}}" for name in ("scores", "live-scores", "explanations")
}
"""Answers that name nobody: who studies the data may ask them of everybody."""


FORMS = sorted(
    rule for rule in access.PAGES if rule.startswith("POST") and access.PAGES[rule] is not access.ANYBODY
)
"""Forms of who has signed in; a field named subject is whom they are about."""


def found() -> dict[str, APIRoute]:
    """Every route of the application, from the routers it includes."""
    routers = [
        module.router for package in ("serving.api", "serving.pages") for module in modules(package).values()
    ]
    routes = [route for router in routers for route in router.routes]
    assert all(isinstance(route, APIRoute) for route in routes), "a route that the check does not cover"
    return {f"{method} {route.path}": route for route in routes for method in route.methods}


class House:
    """A home with two teams, somebody of each role in the first, and subjects owned in every way."""

    def __init__(self, home: Home) -> None:
        self.home = home
        first, second = (teams.make(home, name, "sales").id for name in ("Một", "Hai"))
        self.team = first
        self.me = {role: self.person(role, role, first) for role in keys.ROLES}
        colleague = self.person("colleague", "sales", first)
        other = self.person("other", "sales", second)
        for role, (kind, target) in ((role, place(role)) for role in keys.ROLES):
            owners = {
                "mine": (self.me[role].person, first), "pool": (None, first), "colleague": (colleague.person, first),
                "elsewhere": (other.person, second),
            }  # fmt: skip
            with writing(home) as session:
                session.add_all(
                    Assignment(subject=f"{kind}:crm:{owned}-{role}", person=person, team=team, since=1, until=None,
                               why="rule", by=None)
                    for owned, (person, team) in owners.items()
                )  # fmt: skip
                # Once mine, now another's: what is over opens nothing.
                session.add(
                    Assignment(subject=f"{kind}:crm:elsewhere-{role}", person=self.me[role].person, team=first,
                               since=0, until=1, why="rule", by=None)
                )  # fmt: skip
            store(home, target, *({"source_id": f"{owned}-{role}"} for owned in OWNED))

    def person(self, login: str, role: str, team: int) -> Caller:
        made, _ = people.make(self.home, login, login, role, team=team)
        return Caller(role, "person", made.id, team, login)

    def cookie(self, who: Caller) -> dict[str, str]:
        with writing(self.home) as session:
            return {access.COOKIE: keys.opened(session, who)}

    def refusals(self, rule: str) -> int:
        with reading(self.home) as session:
            return session.scalar(select(func.count()).where(Deed.refused, Deed.action == rule[:64])) or 0

    def refused(self, client: TestClient, rule: str, role: str, owned: str, who: Caller | str) -> bool:
        """Whether the check refused: by the audit log, for a handler may have reasons of its own."""
        before, (kind, target) = self.refusals(rule), place(role)
        method, path = rule.split()
        subject = f"{kind}:crm:{owned}-{role}"
        for name, value in (("{target}", target), ("{subject:path}", subject), ("{subject}", subject)):
            path = path.replace(name, value)
        if isinstance(who, str):
            answer = client.request(method, path, headers={"authorization": f"Bearer {who}"})
        else:
            cookie = self.cookie(who)
            form = (
                {"csrf": keys.csrf(cookie[access.COOKIE]), "subject": subject} if method == "POST" else None
            )
            client.cookies.update(cookie)
            answer = client.request(method, path, data=form, headers={"origin": ORIGIN})
            client.cookies.clear()
        assert answer.status_code not in (401, 500), answer.text
        logged = self.refusals(rule) - before
        assert not logged or answer.status_code == 403, answer.text
        return bool(logged)


def place(role: str) -> tuple[str, str]:
    """The kind and target of the subjects of a role."""
    return ("customer", "churn") if role == "care" else ("lead", "lead_conversion")


def may(rule: str, role: str) -> bool:
    allowed = RULES[rule]
    if rule in access.EXPORT and role != "admin":
        return False  # nobody in the house was given this right
    return allowed == access.ANYBODY or role in allowed or ("team" in allowed and role in OWNERS)


@pytest.fixture(scope="module")
def house(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> House:
    return House(lasting.new(tmp_path_factory.mktemp("house")))


@pytest.fixture(scope="module")
def visitor(house: House) -> Iterator[TestClient]:
    with TestClient(create_app(house.home), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize("rule", sorted(access.PAGES))
def test_what_each_person_may_open(visitor: TestClient, house: House, rule: str) -> None:
    about = "{subject" in rule or rule in FORMS
    for role, owned in product(keys.ROLES, OWNED if about else OWNED[:1]):
        right = may(rule, role) and (not about or role not in OWNERS or owned in SEES[role])
        assert house.refused(visitor, rule, role, owned, house.me[role]) == (not right), (role, owned)


@pytest.mark.parametrize("rule", sorted(access.EXPORT))
def test_the_right_to_export_opens_it_to_those_whose_role_has_a_list(
    visitor: TestClient, house: House, rule: str
) -> None:
    for role in keys.ROLES:
        for given in (True, False):
            people.change(house.home, role, {"may_export": given})
            right = role in access.PAGES[rule] and (given or role == "admin")
            assert house.refused(visitor, rule, role, "mine", house.me[role]) == (not right), (role, given)


@pytest.mark.parametrize("rule", sorted(access.API))
def test_what_each_key_may_ask(visitor: TestClient, house: House, rule: str) -> None:
    owned_by = OWNED if "{subject" in rule else OWNED[:1]
    for role in keys.ROLES:
        of_all = keys.create(house.home, role)
        of_team = keys.create(house.home, role, team=house.team if role in OWNERS else None)
        for owned in owned_by:
            free = "{subject" not in rule or (rule in NAMELESS and role == "data") or SEES[role] == set(OWNED)
            theirs = role in OWNERS and owned in SEES["team_lead"]
            assert house.refused(visitor, rule, role, owned, of_all) == (not may(rule, role)), (role, owned)
            right = may(rule, role) and (free or theirs)
            assert house.refused(visitor, rule, role, owned, of_team) == (not right), (role, owned)


@pytest.mark.parametrize(
    "rule", sorted(rule for rule in access.API if access.API[rule] is not access.ANYBODY)
)
def test_a_key_asks_only_for_its_scopes(visitor: TestClient, house: House, rule: str) -> None:
    own = found()[rule].endpoint.__module__.rpartition(".")[2]
    for scope in modules("serving.api"):
        key = keys.create(house.home, "admin", scopes=[scope])
        assert house.refused(visitor, rule, "admin", "mine", key) == (scope != own)


@pytest.mark.parametrize("rule", FORMS)
def test_a_form_needs_the_token_of_its_own_session(visitor: TestClient, house: House, rule: str) -> None:
    path = (
        rule.split()[1]
        .replace("{subject:path}", "lead:crm:mine-admin")
        .replace("{subject}", "lead:crm:mine-admin")
    )
    other = house.cookie(house.me["sales"])[access.COOKIE]
    for token in ({}, {"csrf": ""}, {"csrf": keys.csrf(other)}, {"csrf": "é"}):
        visitor.cookies.update(house.cookie(house.me["admin"]))
        answer = visitor.post(path, data=token, headers={"origin": ORIGIN})
        visitor.cookies.clear()
        assert answer.status_code == 403
        assert "this form is too old" in answer.text


def test_what_is_open_to_all_holds_nothing_of_anybody() -> None:
    open_to_all = {rule for rule, allowed in RULES.items() if allowed is access.ANYBODY}
    assert {rule for rule in open_to_all if not rule.endswith((".css", ".js", ".svg"))} == {
        "GET /", "GET /dang-nhap", "POST /dang-nhap", "GET /vao", "POST /vao", "GET /api/v1/health/live",
        "GET /api/v1/health/ready", "GET /api/v1/openapi.json", "POST /api/v1/deliveries/{sender}",
    }  # fmt: skip


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
            for status in ("401", "403"):
                problem = described["responses"][status]["content"]["application/json"]["schema"]
                assert problem == {"$ref": "#/components/schemas/Problem"}
        if "{target}" in path:
            assert "404" in described["responses"]


@pytest.mark.parametrize("rule", [rule for rule, allowed in access.API.items() if allowed != access.ANYBODY])
def test_without_a_key_nothing_is_said(client: TestClient, home: Home, rule: str) -> None:
    method, path = rule.split()
    for headers in (
        {},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {keys.create(home, 'admin')}"},
    ):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert set(answer.json()) == {"error", "what", "value", "where", "todo"}


def test_a_browser_is_not_a_key_and_a_key_is_not_a_browser(browser: TestClient, home: Home) -> None:
    assert browser.get("/api/v1/models").status_code == 401
    browser.cookies.clear()
    assert browser.get("/hom-nay", headers=header(home)).headers["location"] == "/dang-nhap"


def test_a_list_that_a_program_asks_for_is_noted(client: TestClient, home: Home) -> None:
    store(home, "churn", {}, {})
    key = header(home, "care")
    assert client.get("/api/v1/worklists/churn", headers=key).status_code == 200
    with reading(home) as session:
        deed = session.scalars(select(Deed).where(Deed.action == "list")).one()
    assert (deed.prefix, deed.object, deed.detail) == (key["authorization"][7:18], "churn", {"rows": 2})


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

"""What the interface for programs answers to whatever its own description allows, and to what it forbids."""

import base64
import hmac
import json
from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi import checks

from crm.clock import SECOND, now
from crm.discover import modules
from crm.events import EventStore
from crm.settings import Home
from serving.app import create_app
from serving.rights import access, keys, senders
from tests.conftest import Homes
from tests.crm.test_webhooks import EXAMPLES, ODD
from tests.serving import chromium
from tests.serving.teams import team

RULES = sorted(set(access.API) - {"GET /api/v1/openapi.json"})
ROLES = ["nobody", *keys.ROLES, "sales of a team"]
TARGETS = {"scores": "lead_conversion", "live-scores": "lead_conversion"}
"""Of which target a path is asked about somebody who is there; the others of customers."""

DESCRIBED = [
    checks.status_code_conformance, checks.content_type_conformance, checks.response_headers_conformance,
    checks.response_schema_conformance,
]  # fmt: skip
METHODS = [checks.unsupported_method, checks.allow_header_conformance]
FEW = settings(max_examples=5, deadline=None, database=None, suppress_health_check=list(HealthCheck))

BROKEN = [
    b"", b"{", b"[" * 100_000, b"9" * 5000, b'"text"', b"null", b"[]", b"{}",
    b'{"records": [{"table": "lead", "id": "\\ud800"}]}', b'{"records": [{"table": "lead", "id": NaN}]}',
]  # fmt: skip


class Asked:
    """The application on a port of its own, its description, and a key of each role."""

    def __init__(self, home: Home, url: str) -> None:
        self.home, self.url, self.session = home, url, requests.Session()
        self.schema = schemathesis.openapi.from_dict(create_app(home).openapi())
        self.keys = {role: keys.create(home, role) for role in keys.ROLES}
        self.keys["sales of a team"] = keys.create(home, "sales", team=team(home, "Một"))
        self.secrets = {name: senders.create(home, name, name, "crm") for name in modules("crm.webhooks")}
        store = EventStore.open(home)
        self.there = {kind: str(store.subjects(kind)["subject"][0]) for kind in ("lead", "customer")}

    def operation(self, rule: str) -> schemathesis.APIOperation:
        method, path = rule.replace(":path", "").split()
        return self.schema[path][method]

    def known(self, rule: str) -> dict[str, str]:
        """Parts of the path that name a target, and a subject, there is."""
        target = TARGETS.get(rule.split("/")[3], "churn")
        subject = self.there["lead" if target == "lead_conversion" else "customer"]
        return {
            name: value for name, value in (("target", target), ("subject", subject)) if f"{{{name}" in rule
        }

    def cases(self, rule: str, known: dict[str, str]) -> st.SearchStrategy[Case]:
        """Anything the description allows, and anything it forbids."""
        return st.one_of(
            self.operation(rule).as_strategy(mode, path_parameters=known or None) for mode in GenerationMode
        )

    def answer(self, case: Case, role: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.keys[role]}"} if role in self.keys else {}
        return case.call(base_url=self.url, session=self.session, headers=headers)

    def deliver(self, format: str, body: bytes, number: str) -> requests.Response:
        """As whoever knows the sender's secret would: signed, whatever it is."""
        stamp = str(int(now() / SECOND))
        secret = base64.b64decode(self.secrets[format].removeprefix("whsec_"))
        signature = hmac.digest(secret, f"{number}.{stamp}.".encode() + body, "sha256")
        headers = {
            "webhook-id": number, "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(signature).decode()}", "content-type": "application/json",
        }  # fmt: skip
        return self.session.post(f"{self.url}/api/v1/deliveries/{format}", data=body, headers=headers)


@pytest.fixture(scope="module")
def asked(told_once: Home, lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    home = lasting.copy(told_once, tmp_path_factory.mktemp("asked") / "home")
    with chromium.listening(home) as url:
        yield Asked(home, url)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("rule", RULES)
def test_every_answer_is_one_that_is_described(asked: Asked, rule: str, role: str) -> None:
    def ask(case: Case) -> None:
        answer = asked.answer(case, role)
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=DESCRIBED)

    for known in {}, asked.known(rule):
        FEW(given(case=asked.cases(rule, known))(ask))()


@pytest.mark.parametrize("rule", RULES)
def test_the_ends_of_every_range_and_methods_nobody_offers(asked: Asked, rule: str) -> None:
    operation = asked.operation(rule)
    found = asked.schema.iter_coverage_cases(
        operation, generation_modes=list(GenerationMode),
        generation_config=asked.schema.config.generation_for(operation=operation),
    )  # fmt: skip
    for case in found:
        own = case.method == operation.method.upper()
        answer = asked.answer(case, "admin")
        assert answer.status_code < 500, answer.text
        case.validate_response(answer, checks=DESCRIBED if own else METHODS)


def test_whatever_goes_wrong_is_described_in_the_same_parts(asked: Asked) -> None:
    for rule in RULES:
        responses = asked.operation(rule).definition.raw["responses"]
        for status, said in responses.items():
            shape = said.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
            assert status == "200" or shape.endswith(("/Problem", "/Alive")), (rule, status)


@pytest.mark.parametrize("format", sorted(EXAMPLES))
def test_signed_nonsense_is_kept_or_refused_in_words(asked: Asked, format: str) -> None:
    described = asked.operation("POST /api/v1/deliveries/{sender}")
    bodies = [json.dumps(one).encode() for one in [*ODD, *EXAMPLES[format]]]
    said = {}
    for number, body in enumerate(BROKEN + bodies):
        answer = asked.deliver(format, body, f"{format}-{number}")
        assert answer.status_code in (200, 422), (body[:300], answer.text)
        described.validate_response(answer)
        said[body] = answer.status_code
    assert [body for body, status in said.items() if status == 200] == bodies[len(ODD) :]

"""Forms that no page of ours would send are refused in words, and change nothing."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from crm.clock import DAY, iso, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import SignIn, Team
from crm.tables.work import Assignment, DoNotContact, Goal, Tap
from serving.app import create_app
from serving.rights import keys
from serving.rights.access import COOKIE
from tests.conftest import Homes
from tests.serving import teams
from tests.serving.stored import send, store

LEAD, TARGET = "lead:crm:R0", "lead_conversion"
TAP = {"id": str(uuid4()), "subject": LEAD, "target": TARGET, "code": "no_answer"}
CALL_BACK = TAP | {"code": "call_back"}

BAD: list[tuple[str, dict[str, str], int]] = [
    ("/ghi", {}, 422),
    ("/ghi", TAP | {"id": "1"}, 422),
    ("/ghi", TAP | {"id": TAP["id"].upper()}, 422),
    ("/ghi", TAP | {"target": "deals"}, 422),
    ("/ghi", TAP | {"code": "bought"}, 422),
    ("/ghi", TAP | {"code": "renewed"}, 422),
    ("/ghi", TAP | {"subject": "customer:crm:R0"}, 422),
    ("/ghi", TAP | {"note": "x" * 2_001}, 422),
    ("/ghi", CALL_BACK, 422),
    ("/ghi", CALL_BACK | {"due": "tomorrow"}, 422),
    ("/ghi", CALL_BACK | {"due": "2020-01-01T09:00"}, 422),
    ("/ghi", CALL_BACK | {"due": iso(now() + 400 * DAY, "Asia/Ho_Chi_Minh")}, 422),
    ("/ghi", TAP | {"code": "bought_elsewhere"}, 422),
    ("/ghi", TAP | {"code": "bought_elsewhere", "why": "closed"}, 422),
    ("/ghi/hoan-tac", {"target": TARGET}, 404),
    ("/ghi/hoan-tac", {"target": TARGET, "id": str(uuid4())}, 404),
    ("/ghi/hoan-tac", {"id": str(uuid4())}, 422),
    ("/lien-he", {"subject": LEAD}, 422),
    ("/doi/giao", {"subject": LEAD}, 422),
    ("/doi/giao", {"subject": LEAD, "nguoi": "lan", "nhom": "1"}, 422),
    ("/doi/giao", {"subject": LEAD, "nguoi": "999999", "nhom": "1"}, 404),
    ("/doi/giao", {"subject": "lead:crm:nobody", "nguoi": "1", "nhom": "1"}, 404),
    ("/doi/nguong", {"nhom": "1", "nguong": "101", "gio": "8"}, 422),
    ("/doi/nguong", {"nhom": "1", "nguong": "-1", "gio": "8"}, 422),
    ("/doi/nguong", {"nhom": "1", "nguong": "5", "gio": "1001"}, 422),
    ("/doi/nguong", {"nhom": "1", "nguong": "5"}, 422),
    ("/doi/nguong", {"nhom": "999999", "nguong": "5", "gio": "8"}, 404),
    ("/ket-qua", {}, 404),
    ("/ket-qua", {"metric": "profit", "value": "5"}, 404),
    *[("/ket-qua", {"metric": "conversion", "value": value}, 422) for value in ("x", "-1", "nan", "inf", "1e99")],
    ("/canh-bao/da-xem", {}, 404),
    ("/canh-bao/da-xem", {"so": "x"}, 404),
    ("/canh-bao/da-xem", {"so": "9" * 40}, 404),
    ("/tai-khoan", {"cu": "x", "moi": "a long enough one", "moi_lai": "another"}, 422),
    ("/tai-khoan", {"cu": "wrong", "moi": "a long enough one", "moi_lai": "a long enough one"}, 403),
    ("/tai-khoan", {}, 403),
    ("/mo-hinh/lead_conversion/dung", {}, 404),
    ("/mo-hinh/lead_conversion/dung", {"version": "../../x"}, 404),
    ("/mo-hinh/nothing/quay-lai", {}, 404),
]  # fmt: skip


@pytest.fixture(scope="module")
def place(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """One lead, held by the administrator who sits at the browser."""
    home = lasting.new(tmp_path_factory.mktemp("forms"))
    team = teams.team(home, "Một")
    teams.hold(home, LEAD, teams.person(home, "admin", team, "admin"), team, since=1)
    store(home, TARGET, {})
    return home


@pytest.fixture(scope="module")
def sitting(place: Home) -> Iterator[TestClient]:
    with TestClient(create_app(place), follow_redirects=False) as client:
        with writing(place) as session:
            client.cookies.set(COOKIE, keys.opened(session, teams.as_caller(place, 1)))
        yield client


def state(home: Home) -> dict[str, object]:
    """All that these forms could have changed."""
    with reading(home) as session:
        counts = {kind.__name__: session.scalar(select(func.count()).select_from(kind))
                  for kind in (Tap, DoNotContact, Goal, SignIn)}  # fmt: skip
        team = session.get_one(Team, 1)
        held = session.execute(select(Assignment.person, Assignment.since, Assignment.until)).all()
        return counts | {"team": (team.qualify_at, team.recall_hours), "held": [tuple(one) for one in held]}


@pytest.mark.parametrize(("path", "fields", "status"), BAD)
def test_it_is_refused_and_nothing_changed(
    sitting: TestClient, place: Home, path: str, fields: dict[str, str], status: int
) -> None:
    before = state(place)
    answer = send(sitting, path, **fields)
    assert answer.status_code == status, answer.text
    assert "<main" in answer.text, "a page says so"
    assert state(place) == before


def test_the_same_forms_filled_in_as_a_page_would_are_taken(sitting: TestClient, place: Home) -> None:
    due = iso(now() + DAY, "Asia/Ho_Chi_Minh")[:16]
    good: list[tuple[str, dict[str, str]]] = [
        ("/ghi", CALL_BACK | {"due": due}),
        ("/ghi/hoan-tac", {"target": TARGET, "id": TAP["id"]}),
        ("/ket-qua", {"metric": "conversion", "value": "12,5"}),
        ("/doi/nguong", {"nhom": "1", "nguong": "30", "gio": "4"}),
    ]  # fmt: skip
    for path, fields in good:
        assert send(sitting, path, **fields).status_code == 303, path
    assert LEAD in send(sitting, "/lien-he", target=TARGET, subject=LEAD).text
    with reading(place) as session:
        assert session.get_one(Goal, "conversion").value == pytest.approx(0.125)
        assert session.get_one(Tap, TAP["id"]).undone_at is not None
        assert (session.get_one(Team, 1).qualify_at, session.get_one(Team, 1).recall_hours) == (0.3, 4)

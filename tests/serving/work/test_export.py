"""The Excel file of a list: whose it is, what it says, that nothing in it is a formula, and that it is noted."""

import re
from collections.abc import Iterator
from io import BytesIO
from zipfile import ZipFile

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed
from serving.app import create_app
from serving.rights import keys, people
from serving.rights.access import COOKIE
from serving.scores.scoring import score
from tests.serving import teams
from tests.serving.company import NAME
from tests.serving.stored import send, store

BAD = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def sitting(home: Home) -> Iterator[TestClient]:
    with TestClient(create_app(home), follow_redirects=False) as client:
        yield client


def sign_in(client: TestClient, home: Home, person: int) -> None:
    with writing(home) as session:
        client.cookies.clear()
        client.cookies.set(COOKIE, keys.opened(session, teams.as_caller(home, person)))


def taken(client: TestClient, target: str = "lead_conversion", **filters: str) -> Response:
    return send(client, "/xuat-excel", **{"danh-sach": target} | filters)


def rows(answer: Response) -> list[list[object]]:
    assert answer.status_code == 200, answer.text
    return CalamineWorkbook.from_filelike(BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def deeds(home: Home) -> list[tuple[str, str, bool, dict[str, object]]]:
    with reading(home) as session:
        asked = select(Deed).where(Deed.action.in_(("export", "POST /xuat-excel"))).order_by(Deed.id)
        return [(one.action, one.object, one.refused, one.detail) for one in session.scalars(asked)]


def test_the_file_holds_the_whole_list_in_its_readers_words(at_work: Home) -> None:
    report = score(at_work, "lead_conversion")
    with TestClient(create_app(at_work), follow_redirects=False) as client:
        client.cookies.set(COOKIE, keys.session_by_key(at_work, keys.create(at_work, "admin")))
        answer = taken(client)
        head, *found = rows(answer)
        english, *_ = rows(send(client, "/xuat-excel?lang=en", **{"danh-sach": "lead_conversion"}))
        zalo = rows(taken(client, nguon="zalo"))[1:]
    assert re.fullmatch(r'attachment; filename="hom-nay-\d{8}\.xlsx"', answer.headers["content-disposition"])
    assert len(found) == report.scored > 0
    assert (head[3], head[5]) == ("Họ tên", "Điện thoại")
    assert (english[3], english[5]) == ("Name", "Phone")
    assert {row[3] for row in found} == {NAME}
    assert {row[5] for row in found} == {"0912 ••• 678"}
    assert {row[1] for row in found} <= {"Nóng", "Ấm", "Lạnh"}
    assert all(row[head.index("Nên làm")] and row[head.index("Vì sao 1")] for row in found)
    assert 0 < len(zalo) < len(found)
    assert {row[head.index("Nguồn")] for row in zalo} == {"Zalo"}
    assert [(one[0], one[3]) for one in deeds(at_work)] == [
        ("export", {"rows": len(found)}), ("export", {"rows": len(found)}),
        ("export", {"rows": len(zalo), "source": "zalo"}),
    ]  # fmt: skip


def test_nothing_in_it_is_a_formula_or_a_link(home: Home, browser: TestClient) -> None:
    reasons = [
        {"topic": "x", "vi": text, "en": text, "contribution": 1.0} for text in (BAD, "+1\x00\u202e<b>")
    ]
    store(home, "churn", {"source_id": BAD, "reasons": reasons}, {"source_id": "@x", "expected": None})
    answer = taken(browser, "churn")
    head, first, second = rows(answer)
    assert first[head.index("Vì sao 1")] == BAD
    money = head.index("Doanh thu có nguy cơ mất")
    assert (first[money], second[money]) == (3_100_000, ""), "an amount is a number, to add up"
    with ZipFile(BytesIO(answer.content)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
        assert not [
            name
            for name in file.namelist()
            if "hyperlink" in name or (name.endswith(".rels") and "sheet" in name)
        ]
    assert not re.search(r"<f[ >]|<hyperlink", sheet)
    assert (first[1], first[-1]) == ("Nguy cơ cao", f"crm · {BAD}")


def test_it_is_a_right_of_its_own_that_holds_from_the_next_request_on(
    home: Home, sitting: TestClient
) -> None:
    team = teams.team(home, "Một")
    lead = teams.person(home, "lead", team, "team_lead")
    teams.hold(home, "lead:crm:R0", lead, team, since=1)
    store(home, "lead_conversion", {}, {})
    sign_in(sitting, home, lead)
    assert "/xuat-excel" not in sitting.get("/hom-nay").text
    for answer in (sitting.get("/xuat-excel?danh-sach=lead_conversion"), taken(sitting)):
        assert answer.status_code == 403
    people.change(home, "lead", {"may_export": True})
    assert "/xuat-excel?danh-sach=lead_conversion" in sitting.get("/hom-nay").text
    assert "1 người" in sitting.get("/xuat-excel?danh-sach=lead_conversion").text, "only the team's own"
    assert len(rows(taken(sitting))) == 2
    people.change(home, "lead", {"may_export": False})
    assert taken(sitting).status_code == 403
    assert [(one[0], one[2]) for one in deeds(home)] == [
        ("POST /xuat-excel", True), ("export", False), ("POST /xuat-excel", True)
    ]  # fmt: skip


def test_the_log_names_nobody(home: Home, browser: TestClient) -> None:
    store(home, "lead_conversion", {"source_id": "LEA-77"})
    taken(browser, nhom="999", **{"chi-nhanh": "Hà Nội"})
    assert deeds(home) == [
        ("export", "lead_conversion", False, {"rows": 0, "team": 999, "branch": "Hà Nội"})
    ]  # fmt: skip


@pytest.mark.parametrize("role", ["sales", "care"])
def test_nobody_takes_the_other_teams_list(home: Home, sitting: TestClient, role: str) -> None:
    made = teams.person(home, role, teams.team(home, "Một", role), role, may_export=True)
    store(home, "lead_conversion", {})
    store(home, "churn", {})
    sign_in(sitting, home, made)
    for target, own in (("lead_conversion", "sales"), ("churn", "care")):
        page = sitting.get(f"/xuat-excel?danh-sach={target}")
        expected = 200 if own == role else 403
        assert (page.status_code, taken(sitting, target).status_code) == (expected, expected)


def test_bad_input_is_refused_or_left_out(home: Home, browser: TestClient) -> None:
    assert taken(browser).status_code == 404, "nobody was scored yet"
    store(home, "lead_conversion", *({} for _ in range(60)))
    for target in ("", "deals", "x" * 200):
        assert taken(browser, target).status_code == 422
        assert browser.get("/xuat-excel", params={"danh-sach": target}).status_code == 422
    for team in ("9" * 30, "-1", "²", "x"):
        found = rows(taken(browser, nhom=team))
        assert len(found) == 61, "a team that cannot be is no filter; a page shows fifty, the file all"

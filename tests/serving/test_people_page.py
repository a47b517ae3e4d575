"""People let in, changed and gone, and leave, on the pages."""

import re

import pytest
from fastapi.testclient import TestClient

from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Absence, Deed, Person
from serving.rights import keys, people, teams
from serving.rights.access import COOKIE
from tests.crm.company import Company, day
from tests.serving.stored import ORIGIN, send
from tests.serving.teams import hold, holders, person


def shown(text: str) -> str:
    found = re.search(r"<code>([^<]+)</code>", text)
    assert found, "a password is shown"
    return found[1]


def as_person(client: TestClient, home: Home, login: str, password: str) -> TestClient:
    client.cookies.clear()
    client.cookies[COOKIE] = people.session_by_password(home, login, password)
    return client


@pytest.fixture
def first_team(home: Home) -> int:
    return teams.make(home, "Một", "sales").id


def row(home: Home, login: str) -> Person:
    return next(one for one in people.listed(home) if one.login == login)


def test_an_administrator_lets_in_changes_and_ends(browser: TestClient, home: Home, first_team: int) -> None:
    given = {
        "ten": "Lan <b>",
        "vai_tro": "sales",
        "nhom": str(first_team),
        "suc": "30",
        "email": "",
        "crm": "",
    }
    answer = send(browser, "/nguoi-dung", ten_dang_nhap="Lan", **given)
    password = shown(answer.text)
    assert keys.session_caller(home, people.session_by_password(home, "lan", password)) is not None
    page = browser.get("/nguoi-dung?ai=lan").text
    assert password not in page
    assert "Lan &lt;b&gt;" in page
    assert (row(home, "lan").team, row(home, "lan").capacity) == (first_team, 30)

    assert (
        send(
            browser, "/nguoi-dung/sua", ai="lan", **given | {"vai_tro": "team_lead", "suc": "", "xuat": "1"}
        ).status_code
        == 303
    )
    assert (row(home, "lan").role, row(home, "lan").capacity, row(home, "lan").may_export) == (
        "team_lead",
        None,
        True,
    )
    second = shown(send(browser, "/nguoi-dung/mat-khau", ai="lan").text)
    assert second != password
    gone = send(browser, "/nguoi-dung/ket-thuc", ai="lan")
    assert "0 khách" in browser.get(gone.headers["location"]).text
    assert row(home, "lan").left_at is not None
    with reading(home) as session:
        said = [
            one.action for one in session.query(Deed).filter(Deed.object == f"person:{row(home, 'lan').id}")
        ]
    assert {"person.add", "person.change", "person.password", "person.leave"} <= set(said)


@pytest.mark.parametrize(
    "wrong",
    [{"ten_dang_nhap": "an b"}, {"ten_dang_nhap": "lan"}, {"vai_tro": "king"}, {"vai_tro": "team_lead", "nhom": ""},
     {"suc": "0"}, {"suc": "x"}, {"nhom": "999"}],
)  # fmt: skip
def test_what_cannot_be_kept_is_said_on_the_page(
    browser: TestClient, home: Home, first_team: int, wrong: dict[str, str]
) -> None:
    people.make(home, "lan", "Lan", "sales", team=first_team)
    given = {"ten_dang_nhap": "minh", "ten": "Minh", "vai_tro": "sales", "nhom": str(first_team), "suc": "5"}
    answer = send(browser, "/nguoi-dung", **given | wrong)
    assert answer.status_code == 422
    assert "Chưa lưu được" in answer.text
    assert "<code>" not in answer.text
    assert len(people.listed(home)) == 1


def test_an_administrator_stays_one(client: TestClient, home: Home) -> None:
    _, password = people.make(home, "sep", "Sếp", "admin")
    as_person(client, home, "sep", password)
    assert send(client, "/nguoi-dung/ket-thuc", ai="SEP").status_code == 403
    assert send(client, "/nguoi-dung/sua", ai="sep", ten="Sếp", vai_tro="data").status_code == 403
    wrong = send(client, "/nguoi-dung/sua", ai="sep", ten="Sếp", vai_tro="admin", nhom="999")
    assert (wrong.status_code, "Chưa lưu được" in wrong.text) == (422, True)
    assert send(client, "/nguoi-dung/sua", ai="sep", ten="Sếp Hà", vai_tro="admin").status_code == 303
    assert (row(home, "sep").role, row(home, "sep").name) == ("admin", "Sếp Hà")
    assert 'action="/nguoi-dung/ket-thuc"' not in client.get("/nguoi-dung?ai=sep").text


def test_a_team_is_made_once(browser: TestClient, home: Home) -> None:
    for status in (303, 422):
        assert (
            send(browser, "/nguoi-dung/doi", ten="Đội Huế", viec="care", chi_nhanh="Huế").status_code
            == status
        )
    assert [(one.name, one.kind, one.branch) for one in teams.listed(home)] == [("Đội Huế", "care", "Huế")]


def test_a_team_s_branch_and_channels_and_a_person_s_id_in_the_crm_are_changed(
    browser: TestClient, home: Home, first_team: int
) -> None:
    company = Company(home.path)
    for name, channel in (("A", "zalo"), ("B", "website")):
        company.tell("lead", name, day(0), created_at=day(0), channel=channel)
    company.load()
    teams.make(home, "Hai", "sales")
    assert 'name="nguon-zalo"' in browser.get(f"/nguoi-dung?doi={first_team}").text
    form = {"nhom": str(first_team), "ten": "Đội Huế", "chi_nhanh": "Huế", "nguon-zalo": "1", "nguon-là": "1"}
    assert send(browser, "/nguoi-dung/doi/sua", **form).headers["location"].endswith("doi-sua")
    changed = teams.named(home, "Đội Huế")
    assert (changed.id, changed.branch, changed.sources) == (first_team, "Huế", ["zalo"])
    with reading(home) as session:
        told = [deed.detail for deed in session.query(Deed).where(Deed.action == "team.change")]
    assert {"field": "sources", "old": [], "new": ["zalo"]} in told
    assert len(told) == 3
    for wrong in ({"ten": "Hai"}, {"ten": ""}, {"nhom": "999"}, {"nhom": ""}):
        assert send(browser, "/nguoi-dung/doi/sua", **form | wrong).status_code == 422
    person(home, "hoa", first_team)
    given = {"ai": "hoa", "ten": "Hoa", "vai_tro": "sales", "nhom": str(first_team), "suc": "", "email": ""}
    assert send(browser, "/nguoi-dung/sua", **given, crm="crm:U7").status_code == 303
    assert row(home, "hoa").actor == "crm:U7"
    person(home, "minh", first_team)
    assert send(browser, "/nguoi-dung/sua", **given, crm="crm:minh").status_code == 422
    assert 'value="crm:U7"' in browser.get("/nguoi-dung?ai=hoa").text


def test_leave_is_entered_by_oneself_and_by_the_lead(client: TestClient, home: Home, first_team: int) -> None:
    lan, password = people.make(home, "lan", "Lan", "sales", team=first_team)
    _, lead = people.make(home, "minh", "Minh", "team_lead", team=first_team)
    as_person(client, home, "lan", password)
    today = re.search(r'name="tu" type="date" required value="([\d-]+)"', client.get("/tai-khoan").text)
    assert today
    form = {"nguoi": str(lan.id), "tu": today[1]}
    kept = send(client, "/nghi", **form | {"tu-trang": "tai-khoan", "den": ""})
    assert kept.headers["location"] == "/tai-khoan?xong=nghi"
    day = "/".join(reversed(today[1].split("-")))
    assert client.get("/tai-khoan?xong=nghi").text.count(f"<td>{day}</td>") == 2, "one day, first and last"
    as_person(client, home, "minh", lead)
    assert f"<bdi>Lan</bdi></th><td>{day}</td>" in client.get("/doi").text
    back = send(client, "/nghi/bo", **form | {"tu-trang": "doi", "nhom": str(first_team)})
    assert back.headers["location"] == f"/doi?nhom={first_team}&xong=nghi"
    with reading(home) as session:
        assert session.query(Absence).count() == 0
    assert send(client, "/nghi", nguoi="x", tu=today[1]).status_code == 422
    assert send(client, "/nghi", nguoi=str(lan.id), tu="hôm nay").status_code == 422
    elsewhere = send(client, "/nghi", **form | {"tu-trang": "https://evil.example"})
    assert elsewhere.headers["location"] == "/tai-khoan?xong=nghi"


def test_a_form_of_another_site_lets_nobody_in(browser: TestClient, home: Home) -> None:
    answer = browser.post("/nguoi-dung", data={"ten_dang_nhap": "x"}, headers={"origin": ORIGIN})
    assert answer.status_code == 403
    assert people.listed(home) == []


def test_who_gets_a_role_without_a_list_keeps_nobody(
    browser: TestClient, home: Home, first_team: int
) -> None:
    hoa, minh = person(home, "hoa", first_team), person(home, "minh", first_team)
    hold(home, "lead:crm:A", hoa, first_team, 1, why="crm")
    given = {"ai": "hoa", "ten": "Hoa", "nhom": str(first_team), "suc": "", "email": ""}
    assert send(browser, "/nguoi-dung/sua", **given, vai_tro="team_lead").headers["location"].endswith("sua")
    assert holders(home)["lead:crm:A"] == (hoa, first_team, "crm"), "a lead has a list as well"
    answer = send(browser, "/nguoi-dung/sua", **given, vai_tro="marketing")
    assert answer.headers["location"].endswith("doi-nhom-1")
    assert holders(home)["lead:crm:A"] == (minh, first_team, "left")
    assert browser.get("/doi").status_code == 200


@pytest.mark.parametrize(("kind", "follows"), [("sales", True), ("care", False)])
def test_who_changes_team_takes_along_only_whom_the_crm_says(
    browser: TestClient, home: Home, first_team: int, kind: str, follows: bool
) -> None:
    other = teams.make(home, "Hai", kind).id
    hoa, minh = person(home, "hoa", first_team), person(home, "minh", first_team)
    for name, why in (("A", "crm"), ("B", "rule"), ("C", "taken")):
        hold(home, f"lead:crm:{name}", hoa, first_team, 1, why=why)
    hold(home, "lead:crm:D", minh, first_team, 1)
    given = {"ai": "hoa", "ten": "Hoa", "vai_tro": "sales", "nhom": str(other), "suc": "", "email": ""}
    answer = send(browser, "/nguoi-dung/sua", **given)
    left = 2 if follows else 3
    assert answer.headers["location"].endswith(f"doi-nhom-{left}")
    assert f"{left} khách ở lại đội cũ" in browser.get(answer.headers["location"]).text
    found = holders(home)
    assert found.pop("lead:crm:A") == ((hoa, other, "crm") if follows else (minh, first_team, "left"))
    assert {who for who, *_ in found.values()} == {minh}
    assert {team for _, team, _ in found.values()} == {first_team}
    assert send(browser, "/nguoi-dung/sua", **given | {"ten": "Hoa B"}).headers["location"].endswith("sua")

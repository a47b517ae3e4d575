"""The team's page and the page of what is urgent, as the people see them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from crm.clock import DAY, HOUR, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Absence, Team
from crm.tables.work import Alert, Assignment
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.work import alerts, holding, playbook
from serving.work.calendar import Calendar, day_number
from tests.conftest import Homes
from tests.crm.company import Company
from tests.serving.stored import send, store
from tests.serving.teams import as_caller, hold, holders, person, tap, team

NAME = '<b>Chị Hoa</b>\u202e & "Số 1"'


@dataclass
class Scene:
    home: Home
    north: int
    chi: int
    hoa: int
    minh: int

    def overview(self) -> playbook.Overview:
        with reading(self.home) as session:
            return playbook.overview(session, self.home, session.get_one(Team, self.north))

    def plays(self) -> list[tuple[str, str, int, str]]:
        return [tuple(play) for play in self.overview().plays]  # type: ignore[misc]


@pytest.fixture(scope="module")
def told(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """Hoa holds three untouched leads, two of them hot; Minh holds one he called; one lies in the pool."""
    home = lasting.new(tmp_path_factory.mktemp("told"))
    north = team(home, "Bắc", recall_hours=100)
    chi, hoa, minh = (person(home, who, north, role) for who, role in
                      (("chi", "team_lead"), ("hoa", "sales"), ("minh", "sales")))  # fmt: skip
    company = Company(home.path)
    for number in range(5):
        company.tell(
            "lead", f"R{number}", now() - 9 * DAY, created_at=now() - 9 * DAY, name=NAME, owner="hoa"
        )
    company.tell(
        "lead",
        "OLD",
        now() - 90 * DAY,
        created_at=now() - 90 * DAY,
        name=NAME,
        owner="hoa",
        phone="+84912345678",
    )
    company.tell(
        "lead",
        "R0",
        now() - 8 * DAY,
        created_at=now() - 9 * DAY,
        name=NAME,
        owner="hoa",
        phone="+84912345678",
    )
    company.load()
    store(home, "lead_conversion", {"source_id": "R0"}, {"source_id": "R1"}, {"source_id": "R2", "band": "cold"},
          {"source_id": "R3"}, {"source_id": "R4", "band": "cold"})  # fmt: skip
    for number, who in enumerate((hoa, hoa, hoa, minh, None)):
        hold(home, f"lead:crm:R{number}", who, north, now() - 5 * DAY)
    tap(home, "lead:crm:R3", minh)
    return Scene(home, north, chi, hoa, minh)


@pytest.fixture
def scene(told: Scene, home: Home, homes: Homes) -> Scene:
    """The same, to do with as one likes."""
    return replace(told, home=homes.copy(told.home, home.path))


@pytest.fixture
def as_person(client: TestClient, home: Home) -> Callable[[int], TestClient]:
    def signed_in(who: int) -> TestClient:
        with writing(home) as session:
            client.cookies.set(COOKIE, keys.opened(session, as_caller(home, who)))
        return client

    return signed_in


def test_who_holds_how_much_and_who_is_behind(scene: Scene) -> None:
    found = scene.overview()
    lines = {line.name: line for line in found.lines}
    assert (lines["Hoa"].load, lines["Hoa"].hot, lines["Hoa"].untouched, lines["Hoa"].untouched_hot) == (
        3,
        2,
        3,
        2,
    )
    assert (lines["Minh"].load, lines["Minh"].hot, lines["Minh"].untouched, lines["Minh"].done) == (
        1,
        1,
        0,
        1,
    )
    assert not lines["Chi"].here, "a team lead is given no leads"
    assert (found.pool, found.pool_hot, found.hot, found.even) == (1, 0, (1, 2), True)
    assert [one.subject for one in found.waiting] == [f"lead:crm:R{number}" for number in (0, 1, 2, 4)]
    assert [one.recalled_at is None for one in found.waiting] == [False, False, False, True]
    assert ("Call", "Hoa", 2, "Minh") in scene.plays()
    assert ("Pool", "", 1, "") in scene.plays()


def test_what_waits_with_somebody_away_is_to_be_handed_over(scene: Scene) -> None:
    today = day_number(Calendar(scene.home.settings).day(now()))
    with writing(scene.home) as session:
        session.add(Absence(person=scene.hoa, first_day=today, last_day=today))
    assert scene.plays()[0] == ("Away", "Hoa", 2, "Minh")


def test_late_is_what_waited_a_day_of_the_holders_own_work(scene: Scene) -> None:
    def late() -> int:
        return next(line.late for line in scene.overview().lines if line.name == "Hoa")

    calendar, friday = Calendar(scene.home.settings), 1_772_791_200_000_000  # 2026-03-06 17:00 in Việt Nam
    assert holding.long_ago(calendar, friday + DAY + HOUR, calendar.usual) < friday, (
        "on Saturday it is not late"
    )
    with writing(scene.home) as session:
        session.execute(update(Assignment).values(since=now() - 30 * DAY))
    assert late() == 2
    today = day_number(calendar.day(now()))
    with writing(scene.home) as session:
        session.add(Absence(person=scene.hoa, first_day=today - 31, last_day=today))
    assert late() == 0


def test_missed_calls_hot_pools_and_full_hands_are_told(scene: Scene) -> None:
    for number in range(8):
        hold(scene.home, f"lead:crm:F{number}", scene.hoa, scene.north, now(), touched_at=now() + DAY)
    tap(scene.home, "lead:crm:R2", scene.hoa, "call_back", at=now() - 3 * DAY, due_at=now() - 2 * DAY)
    alerts.look(scene.home)
    with writing(scene.home) as session:
        session.query(Alert).filter(Alert.kind != "callback_missed").delete()
        session.add(Alert(key="x", kind="callback_missed", subject="lead:crm:R2", person=scene.hoa, team=scene.north,
                          at=now(), detail={}, settled_at=None, sent_at=None, attempts=0))  # fmt: skip
    store(scene.home, "lead_conversion", {"source_id": "R4"})
    found = scene.plays()
    assert any(play[:2] == ("Missed", "Hoa") for play in found)
    assert ("Pool_hot", "", 1, "") in found
    assert any(play[0] == "Crowded" and play[1] == "Hoa" and play[3] == "Minh" for play in found)


def test_the_team_leads_page(scene: Scene, as_person: Callable[[int], TestClient]) -> None:
    alerts.look(scene.home)
    text = as_person(scene.chi).get("/doi").text
    for said in (
        "<h1>Bắc</h1>",
        "Hoa còn 2 khách nóng chưa liên hệ",
        "Vào hệ thống lần đầu",
        "việc gấp đang chờ",
    ):
        assert said in text
    assert "<b>Chị" not in text
    english = as_person(scene.chi).get("/doi?lang=en").text
    assert "Hoa has 2 hot leads not yet contacted" in english
    assert '<html lang="en">' in english


def test_a_team_lead_sees_no_other_team(scene: Scene, as_person: Callable[[int], TestClient]) -> None:
    south = team(scene.home, "Nam")
    assert "<h1>Bắc</h1>" in as_person(scene.chi).get(f"/doi?nhom={south}").text
    answer = send(as_person(scene.chi), "/doi/nguong", nhom=str(south), nguong="10", gio="5")
    assert answer.status_code == 403
    assert as_person(scene.hoa).get("/doi").status_code == 403


def test_a_director_chooses_a_team(scene: Scene, as_person: Callable[[int], TestClient]) -> None:
    south = team(scene.home, "Nam")
    director = person(scene.home, "sep", scene.north, "director")
    assert "<h1>Nam</h1>" in as_person(director).get(f"/doi?nhom={south}").text
    assert "Đội này chưa có ai" in as_person(director).get(f"/doi?nhom={south}").text


def test_handing_one_over_from_the_page(scene: Scene, as_person: Callable[[int], TestClient]) -> None:
    said = {"subject": "lead:crm:R0", "nguoi": str(scene.minh), "nhom": str(scene.north)}
    answer = send(as_person(scene.chi), "/doi/giao", **said)
    assert answer.status_code == 303
    assert holders(scene.home)["lead:crm:R0"] == (scene.minh, scene.north, "handed")
    assert "Đã giao" in as_person(scene.chi).get(answer.headers["location"]).text
    assert send(as_person(scene.hoa), "/doi/giao", **said).status_code == 403
    assert send(as_person(scene.chi), "/doi/giao", **(said | {"nguoi": "x"})).status_code == 422


@pytest.mark.parametrize(("said", "kept"), [("25", 0.25), ("", None), (" 0 ", 0.0)])
def test_setting_the_threshold(
    scene: Scene, as_person: Callable[[int], TestClient], said: str, kept: float | None
) -> None:
    answer = send(as_person(scene.chi), "/doi/nguong", nhom=str(scene.north), nguong=said, gio="12")
    assert answer.status_code == 303
    with reading(scene.home) as session:
        row = session.get_one(Team, scene.north)
        assert (row.qualify_at, row.recall_hours) == (kept, 12)
    wrong = send(as_person(scene.chi), "/doi/nguong", nhom=str(scene.north), nguong="101", gio="12")
    assert wrong.status_code == 422


def test_without_a_team_the_page_says_what_to_do(browser: TestClient) -> None:
    assert "Nhờ quản trị thêm đội" in browser.get("/doi").text


def test_what_is_urgent_and_taking_from_the_pool(
    scene: Scene, as_person: Callable[[int], TestClient]
) -> None:
    alerts.look(scene.home)
    text = as_person(scene.hoa).get("/canh-bao").text
    assert text.count("Khách nóng chưa ai liên hệ") == 2
    assert "Không có việc gấp" in as_person(scene.minh).get("/canh-bao").text
    number = re.findall(r'name="so" value="(\d+)"', text)[0]
    assert send(as_person(scene.minh), "/canh-bao/da-xem", so=number).status_code == 404
    assert send(as_person(scene.hoa), "/canh-bao/da-xem", so=number).status_code == 303
    assert as_person(scene.hoa).get("/canh-bao").text.count("Khách nóng chưa ai liên hệ") == 1
    assert "lead:crm:R4" in as_person(scene.minh).get("/canh-bao").text
    assert send(as_person(scene.minh), "/canh-bao/nhan", subject="lead:crm:R4").status_code == 303
    assert holders(scene.home)["lead:crm:R4"] == (scene.minh, scene.north, "taken")
    assert "lead:crm:R4" not in as_person(scene.minh).get("/canh-bao").text
    assert send(as_person(scene.hoa), "/canh-bao/nhan", subject="lead:crm:R4").status_code == 403


def test_of_many_that_wait_the_most_urgent_are_listed(scene: Scene) -> None:
    for number in range(300):
        hold(scene.home, f"lead:crm:X{number}", scene.hoa, scene.north, now() - 3 * HOUR)
    waiting = scene.overview().waiting
    assert len(waiting) == playbook.MOST
    assert [one.hot for one in waiting[:3]] == [True, True, False]

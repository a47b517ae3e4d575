import pytest

from crm.clock import DAY, now
from crm.errors import Forbidden
from crm.settings import Home
from serving.rights import people, staff, teams
from tests.crm.company import Company


@pytest.fixture
def crm(home: Home) -> Company:
    """Two in sales, one of them known by a number only; one in care; one of an unnamed team with tickets; one gone."""
    company, start = Company(home.path), now() - 90 * DAY
    for source_id, told in {
        "lan.nguyen": {"name": "Nguyễn Thị Lan", "team": "sales"},
        "17": {"name": "Trần Văn Bình", "team": "sales", "email": "Lan.Nguyen@cty.vn"},
        "hoa": {"name": "Lê Hoa", "team": "care"},
        "minh": {"name": "Vũ Minh", "team": "Bảo hành"},
        "cu": {"name": "Đã Nghỉ", "team": "sales", "left_at": now() - DAY},
    }.items():
        company.tell("actor", source_id, start, joined_at=start, **told)
    for number in range(3):
        company.tell("ticket", f"T{number}", start, created_at=start, actor="minh")
    company.tell("lead", "L1", start, created_at=start, owner="17")
    company.load()
    return company


def told(home: Home) -> dict[str, tuple[str, str, str | None]]:
    names = {team.id: team.name for team in teams.listed(home)}
    return {one.login: (one.role, names[one.team or 0], one.actor) for one in people.listed(home)}


def test_everybody_at_work_in_the_crm_gets_their_place(crm: Company) -> None:
    assert staff.from_crm(crm.home) == staff.Made(teams=3, people=4, gone=0)
    assert told(crm.home) == {
        "lan.nguyen": ("sales", "Kinh doanh", "crm:17"),
        "lan.nguyen2": ("sales", "Kinh doanh", "crm:lan.nguyen"),
        "hoa": ("care", "CSKH", "crm:hoa"),
        "minh": ("care", "Bảo hành", "crm:minh"),
    }
    assert {team.name: team.kind for team in teams.listed(crm.home)}["Bảo hành"] == "care"


def test_nobody_of_them_signs_in_before_there_is_a_password(crm: Company) -> None:
    staff.from_crm(crm.home)
    for guess in ("", "None", "lan.nguyen"):
        with pytest.raises(Forbidden):
            people.session_by_password(crm.home, "hoa", guess)
    assert people.session_by_password(crm.home, "hoa", people.new_password(crm.home, "hoa"))


def test_run_again_it_adds_who_is_new_counts_who_is_gone_and_changes_nothing_else(crm: Company) -> None:
    staff.from_crm(crm.home)
    people.change(crm.home, "hoa", {"role": "team_lead"})
    crm.tell("actor", "moi", now() - DAY, name="Mới Vào", team="care", joined_at=now() - DAY)
    crm.tell("actor", "minh", now() - DAY, name="Vũ Minh", team="Bảo hành", left_at=now() - DAY)
    crm.load()
    assert staff.from_crm(crm.home) == staff.Made(teams=0, people=1, gone=1)
    assert told(crm.home)["hoa"][0] == "team_lead"
    assert told(crm.home)["moi"] == ("care", "CSKH", "crm:moi")

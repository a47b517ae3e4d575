"""A profile is a place to work: call, say what came of it, and find the person's other records."""

import re
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from crm.clock import DAY, HOUR, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed, Person
from crm.tables.scores import ScorePast
from crm.tables.trial import Enrolment
from crm.tables.work import Assignment, Tap
from serving.app import create_app
from serving.rights import keys
from serving.rights.access import COOKIE
from tests.conftest import Homes
from tests.crm.company import Company
from tests.serving.stored import send, store
from tests.serving.teams import as_caller, hold, holders, person, team

LEAD, CUSTOMER, OTHER = "lead:crm:L1", "customer:crm:P", "lead:crm:L2"
GONE, WON = "lead:crm:L3", "lead:crm:L4"
PHONE = "+84912345678"


@pytest.fixture(scope="module")
def lan(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Lan: a lead, another that became a customer, a colleague's, and one that was merged into the first."""
    home, start = lasting.new(tmp_path_factory.mktemp("lan")), now() - 90 * DAY
    company = Company(home.path)
    company.tell("actor", "nam", start, name="Nam Cũ")
    company.tell("lead", "L1", start + DAY, created_at=start + DAY, name="Lan", phone=PHONE, owner="hoa")
    company.tell("lead", "L4", start + DAY, created_at=start + DAY, name="Lan", converted_at=start + 9 * DAY,
                 converted_party="P")  # fmt: skip
    company.tell("lead", "L2", start + 5 * DAY, created_at=start + 5 * DAY, name="Chị Lan", phone=PHONE)
    company.tell("lead", "L3", start, created_at=start, name="Lan", phone=PHONE, owner="nam")
    company.tell("link", "M", start + 6 * DAY, table="lead", record="L3", subject=LEAD, rule="merge")
    company.tell("party", "P", start + 9 * DAY, kind="person", name="Lan", phone=PHONE, created_at=start + 9 * DAY,
                 customer_since=start + 9 * DAY)  # fmt: skip
    company.tell(
        "activity", "B", now() - DAY, kind="callback", occurred_at=now() - DAY, due_at=now() + DAY, lead="L1"
    )
    company.load()
    first, second = team(home, "Một"), team(home, "Hai")
    hoa, nam = person(home, "hoa", first, "team_lead"), person(home, "nam", second)
    for subject in (LEAD, CUSTOMER, GONE, WON):
        hold(home, subject, hoa, first, start)
    hold(home, OTHER, nam, second, start)
    store(home, "lead_conversion", {"source_id": "L1", "rule_probability": 0.07}, {"source_id": "L2"})
    return home


@pytest.fixture
def home(lan: Home, homes: Homes, tmp_path: Path) -> Home:
    """The same, to do with as one likes."""
    return homes.copy(lan, tmp_path / "home")


@pytest.fixture
def hoa(home: Home) -> Iterator[TestClient]:
    """Hoa's browser."""
    with TestClient(create_app(home), follow_redirects=False) as client:
        with writing(home) as session:
            client.cookies.set(COOKIE, keys.opened(session, as_caller(home, 1)))
        yield client


def page(client: TestClient, subject: str = LEAD) -> str:
    answer = client.get(f"/ho-so/{subject}")
    assert answer.status_code == 200
    return answer.text


def taps(home: Home) -> list[str]:
    with reading(home) as session:
        return [one.code for one in session.query(Tap).filter(Tap.undone_at.is_(None)).order_by(Tap.at)]


def say(client: TestClient, code: str, subject: str = LEAD) -> str:
    target = "churn" if subject.startswith("customer:") else "lead_conversion"
    answer = send(client, "/ghi?o=ho-so", id=str(uuid4()), subject=subject, target=target, code=code)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_the_number_is_masked_until_it_is_opened_and_that_is_noted(hoa: TestClient, home: Home) -> None:
    text = page(hoa)
    assert "0912 ••• 678" in text
    assert "912345678" not in text
    opened = send(hoa, "/lien-he?o=ho-so", subject=LEAD, target="lead_conversion").text
    assert f'href="tel:{PHONE}"' in opened
    assert 'id="dien-bien"' in opened, "it is still the profile"
    with reading(home) as session:
        assert session.query(Deed).filter(Deed.action == "phone.open", Deed.object == LEAD).count() == 1


def test_it_says_the_next_step_and_what_was_agreed_in_the_crm(hoa: TestClient) -> None:
    text = page(hoa)
    assert "Gọi lại như đã hẹn" in text
    assert re.search(r'class="band due">Hẹn gọi', text)


def test_an_outcome_is_kept_there_and_taken_back_there(hoa: TestClient, home: Home) -> None:
    assert say(hoa, "interested") == "/ho-so/lead%3Acrm%3AL1"
    text = page(hoa)
    assert "Quan tâm" in text
    assert "Gọi lại như đã hẹn" not in text, "said since: nothing is agreed any more"
    number = re.search(r'class="undo">.*?name="id" value="([^"]+)"', text, re.DOTALL)
    assert number
    back = send(hoa, "/ghi/hoan-tac?o=ho-so", id=number[1], target="lead_conversion")
    assert back.headers["location"] == "/ho-so/lead%3Acrm%3AL1"
    assert taps(home) == []


def test_a_team_lead_hands_over_whom_somebody_contacted_and_comes_back(hoa: TestClient, home: Home) -> None:
    mai = person(home, "mai", 1)
    say(hoa, "interested")
    for subject in (LEAD, CUSTOMER):
        text = page(hoa, subject)
        assert 'action="/doi/giao?o=ho-so"' in text
        assert re.findall(r'<option value="(\d+)">Mai', text) == [str(mai)]
        assert ">Nam</option>" not in text, "another team's"
        answer = send(hoa, "/doi/giao?o=ho-so", subject=subject, nguoi=str(mai))
        assert answer.status_code == 303
        assert "Đã giao cho người mới" in hoa.get(answer.headers["location"]).text
        assert holders(home)[subject] == (mai, 1, "handed")
    with writing(home) as session:
        hoa.cookies.set(COOKIE, keys.opened(session, as_caller(home, mai)))
    assert "/doi/giao" not in page(hoa), "a salesperson hands nothing over"


def test_a_customer_s_profile_has_care_s_outcomes(hoa: TestClient, home: Home) -> None:
    text = page(hoa, CUSTOMER)
    assert 'value="renewed"' in text
    assert 'value="quoted"' not in text


def test_records_of_the_person_lead_to_each_other_where_one_may(hoa: TestClient) -> None:
    text = page(hoa)
    assert 'href="/ho-so/customer%3Acrm%3AP"' in text
    assert 'href="/ho-so/lead%3Acrm%3AL2"' not in text, "a colleague's is named, not opened"
    assert "Nam</bdi>" in text
    assert "đã gộp" in text
    assert 'href="/ho-so/lead%3Acrm%3AL1"' in page(hoa, CUSTOMER)


def test_a_lead_that_was_won_sends_on_to_the_customer(hoa: TestClient) -> None:
    text = page(hoa, WON)
    assert "Đã thành khách hàng" in text
    assert 'href="/ho-so/customer%3Acrm%3AP">Mở hồ sơ' in text
    assert 'action="/ghi?' not in text


def test_after_a_merge_who_entered_first_is_shown(hoa: TestClient) -> None:
    assert "người giữ lúc đó: <bdi>Nam Cũ</bdi>" in page(hoa)
    text = page(hoa, GONE)
    assert "Hồ sơ này đã được gộp" in text
    assert 'href="/ho-so/lead%3Acrm%3AL1"' in text


def test_who_asked_not_to_be_contacted_cannot_be_called_from_any_record(hoa: TestClient, home: Home) -> None:
    say(hoa, "do_not_contact")
    for subject in (LEAD, CUSTOMER):
        text = page(hoa, subject)
        assert "Khách không muốn được liên hệ" in text
        assert ("cùng công ty đã nói vậy: <bdi>" in text) == (subject == CUSTOMER), (
            "why, where another record said so"
        )
        assert 'action="/lien-he' not in text
        assert 'action="/ghi?' not in text
    answer = send(hoa, "/ghi/cho-lien-he", subject=CUSTOMER)
    assert answer.headers["location"] == "/ho-so/customer%3Acrm%3AP"
    assert 'action="/lien-he' in page(hoa)


@pytest.mark.parametrize(
    ("role", "subject", "reaches"), [("director", LEAD, True), ("sales", CUSTOMER, False)]
)
def test_whose_work_it_is_not_has_no_buttons(
    hoa: TestClient, home: Home, role: str, subject: str, reaches: bool
) -> None:
    other = person(home, "other", 1, role)
    with writing(home) as session:
        session.execute(update(Assignment).where(Assignment.subject == subject).values(person=other))
        hoa.cookies.set(COOKIE, keys.opened(session, as_caller(home, other)))
    text = page(hoa, subject)
    assert ('action="/lien-he' in text) == reaches
    assert 'action="/ghi?' not in text


def test_the_control_group_is_shown_as_the_lists_show_it(hoa: TestClient, home: Home) -> None:
    assert "3 trong 10" in page(hoa)
    with writing(home) as session:
        session.add(Enrolment(target="lead_conversion", party=LEAD, subject=LEAD, at=now() - HOUR, arm="rule",
                              exempt=None, owner=None, probability=0.31))  # fmt: skip
        today = int(now() // DAY)
        for ago, chance, ruled in ((20, 0.4, 0.05), (9, 0.4, 0.02)):
            session.add(ScorePast(target="lead_conversion", subject=LEAD, day=today - ago, cutoff=now() - ago * DAY,
                                  version="1", probability=chance, rule_probability=ruled, band="hot", expected=1,
                                  reasons=[{"topic": "calls", "vi": "Của mô hình", "en": "", "contribution": 1.0}],
                                  rule_reasons=[{"topic": "source", "vi": "Từ sự kiện", "en": "", "contribution": 1.0}],
                                  ))  # fmt: skip
    text = page(hoa)
    assert "3 trong 10" not in text
    assert "4 trong 10" not in text
    assert "Của mô hình" not in text
    assert "7 trong 100" in text
    assert "Tuần trước 2 trong 100, nay 7 trong 100" in text
    assert "Từ sự kiện" in text
    rows = re.findall(r"<td>([^<]+)</td><td>([^<]+)</td></tr>", text)
    assert rows == [("2 trong 100", "Lạnh"), ("5 trong 100", "Lạnh")]


def test_one_of_the_pool_in_the_control_group_has_the_band_of_the_rule(hoa: TestClient, home: Home) -> None:
    with writing(home) as session:
        session.execute(update(Assignment).where(Assignment.subject == LEAD).values(person=None))
        session.execute(update(Person).values(role="sales"))  # whose list holds nothing of the pool
    assert "Nóng" in page(hoa)
    with writing(home) as session:
        session.add(Enrolment(target="lead_conversion", party=LEAD, subject=LEAD, at=now() - HOUR, arm="rule",
                              exempt=None, owner=None, probability=0.31))  # fmt: skip
    text = page(hoa)
    assert "Nóng" not in text
    assert "Lạnh" in text
    assert "7 trong 100" in text

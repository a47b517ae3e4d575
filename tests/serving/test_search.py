"""Looking somebody up: only whom one may see, and nothing of it in addresses or logs."""

import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed, Person
from serving.app import create_app
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.rights.sealed import seal, unseal
from tests.conftest import Homes
from tests.crm.company import Company, day
from tests.serving.conftest import signed_in
from tests.serving.stored import ORIGIN, send
from tests.serving.teams import as_caller, hold, person, team


@pytest.fixture(scope="module")
def told(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two namesakes: one Hoa's, one her colleague's; and a customer."""
    home = lasting.new(tmp_path_factory.mktemp("search"))
    company = Company(home.path)
    company.tell(
        "lead", "L1", day(0), created_at=day(0), name="Nguyễn Văn An", phone="+84912345678", owner="hoa"
    )
    company.tell("lead", "L2", day(0), created_at=day(0), name="Nguyễn Văn <b>An</b>", phone="+84987654321")
    company.tell(
        "party", "K", day(0), kind="person", name="Nguyễn Văn An", created_at=day(0), customer_since=day(0)
    )
    company.load()
    first = team(home, "Một")
    for login, source_id in (("hoa", "L1"), ("nam", "L2")):
        hold(home, f"lead:crm:{source_id}", person(home, login, first), first, day(0))
    return home


@pytest.fixture
def visitor(told: Home) -> Iterator[TestClient]:
    with TestClient(create_app(told), follow_redirects=False) as client:
        yield client


def asks(client: TestClient, home: Home, login: str, words: str) -> str:
    with reading(home) as session:
        who = as_caller(home, session.scalar(select(Person.id).where(Person.login == login)))
    with writing(home) as session:
        client.cookies.set(COOKIE, keys.opened(session, who))
    answer = send(client, "/tim", tim=words)
    assert answer.status_code == 303
    return str(client.get(answer.headers["location"]).text)


def test_everybody_finds_their_own(visitor: TestClient, told: Home) -> None:
    for login, mine, other in (("hoa", "L1", "L2"), ("nam", "L2", "L1")):
        text = asks(visitor, told, login, "nguyen van")
        assert f'href="/ho-so/lead%3Acrm%3A{mine}"' in text
        assert f"crm · {other}" not in text
        assert "crm · K" not in text


def test_a_row_says_who_and_shows_no_number_and_no_markup(visitor: TestClient, told: Home) -> None:
    text = asks(visitor, told, "nam", "0987 654 321")
    assert "0987 ••• 321" in text
    assert "&lt;b&gt;An" in text
    assert "Nam</bdi>" in text
    assert "+84987654321" not in text.replace('value="0987 654 321"', "")


def test_whose_number_was_found_by_its_digits_is_noted(visitor: TestClient, told: Home) -> None:
    def opened() -> list[tuple[str, dict[str, bool]]]:
        with reading(told) as session:
            found = session.scalars(select(Deed).where(Deed.action == "phone.open").order_by(Deed.id))
            return [(one.object, one.detail) for one in found]

    before = opened()
    asks(visitor, told, "nam", "nguyen")
    asks(visitor, told, "nam", "5678")  # a colleague's
    assert opened() == before
    assert "0987 ••• 321" in asks(visitor, told, "nam", "4321")
    assert opened() == [*before, ("lead:crm:L2", {"searched": True})]


def test_nobody_found_and_nothing_asked_say_what_to_do(visitor: TestClient, told: Home) -> None:
    assert "Không có ai khớp với “&lt;i&gt;”" in asks(visitor, told, "hoa", "<i>")
    assert send(visitor, "/tim", tim="  ").headers["location"] == "/tim"
    assert "4 số cuối" in visitor.get("/tim").text
    assert "4 số cuối" in visitor.get("/tim?ma=made-up").text


def test_an_administrator_finds_all(visitor: TestClient, told: Home) -> None:
    signed_in(visitor, told)
    text = visitor.get(send(visitor, "/tim", tim="NGUYỄN VĂN").headers["location"]).text
    assert [f"crm · {one}" in text for one in ("L1", "L2", "K")] == [True] * 3
    assert "3 khách khớp" in text


def test_no_address_log_or_audit_tells_of_whom(
    visitor: TestClient, told: Home, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        signed_in(visitor, told)
        answer = send(visitor, "/tim", tim="Bí Mật 0912345678")
        visitor.get(answer.headers["location"])
    told_of = answer.headers["location"] + "".join(str(vars(record)) for record in caplog.records)
    assert not [word for word in ("Bí", "%C3", "912345678") if word in told_of]
    with reading(told) as session:
        found = session.scalars(select(Deed).where(Deed.action == "search")).all()
        assert found
        assert not [deed for deed in found if deed.object or deed.detail]


def test_only_the_session_that_sealed_words_reads_them() -> None:
    sealed = seal("Lan", "cookie")
    assert unseal(sealed, "cookie") == "Lan"
    assert unseal(sealed, "another") == unseal("", "cookie") == unseal("é", "cookie") == ""


def test_who_sees_no_person_has_no_box(visitor: TestClient, told: Home) -> None:
    visitor.post("/dang-nhap", data={"khoa": keys.create(told, "data")}, headers={"origin": ORIGIN})
    assert 'action="/tim"' not in visitor.get("/mo-hinh").text
    assert visitor.get("/tim").status_code == 403

import re
from statistics import median
from threading import Thread
from time import perf_counter

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from crm.clock import HOUR, MINUTE, now
from crm.errors import Forbidden, NotFound, SettingsError
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Deed, Person
from serving import page
from serving.rights import keys, passwords, people, teams
from serving.wording import words
from serving.work.leaving import leave
from tests.serving.stored import ORIGIN, send

WRONG = "not the password"


@pytest.fixture
def lan(home: Home) -> str:
    """The password of Lan, who works in sales."""
    return people.make(
        home, "Lan.Nguyen", "Nguyễn Thị Lan", "sales", team=teams.make(home, "Một", "sales").id
    )[1]


def row(home: Home) -> Person:
    return next(one for one in people.listed(home) if one.login == "lan.nguyen")


def fails(home: Home, times: int, password: str = WRONG, login: str = "lan.nguyen") -> None:
    for _ in range(times):
        with pytest.raises(Forbidden, match="do not fit"):
            people.session_by_password(home, login, password)


@pytest.mark.databases("sqlite", "postgres")
def test_who_signs_in_is_known_by_name_role_and_team(home: Home, lan: str) -> None:
    cookie = people.session_by_password(home, " LAN.nguyen", lan)
    caller = keys.session_caller(home, cookie)
    assert caller == keys.Caller("sales", "person", row(home).id, row(home).team, "Nguyễn Thị Lan")
    assert str(row(home).password).startswith("$argon2id$")


def test_a_changed_role_holds_from_the_next_request_on(home: Home, lan: str) -> None:
    cookie = people.session_by_password(home, "lan.nguyen", lan)
    people.change(home, "lan.nguyen", {"role": "team_lead"})
    caller = keys.session_caller(home, cookie)
    assert caller is not None
    assert caller.role == "team_lead"
    with pytest.raises(SettingsError, match="needs a team"):
        people.change(home, "lan.nguyen", {"team": None})
    assert row(home).team is not None


def test_who_left_is_out_at_once(home: Home, lan: str) -> None:
    cookie = people.session_by_password(home, "lan.nguyen", lan)
    assert leave(home, "lan.nguyen") == 0
    assert keys.session_caller(home, cookie) is None
    fails(home, 1, lan)
    with pytest.raises(NotFound, match="at work"):
        leave(home, "lan.nguyen")


def test_a_new_password_ends_the_old_one_and_every_session(home: Home, lan: str) -> None:
    cookie = people.session_by_password(home, "lan.nguyen", lan)
    fails(home, people.FREE_TRIES)
    fresh = people.new_password(home, "lan.nguyen")
    assert keys.session_caller(home, cookie) is None
    fails(home, 1, lan)
    assert people.session_by_password(home, "lan.nguyen", fresh)


def test_after_wrong_passwords_one_waits_longer_each_time(
    home: Home, lan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = now()
    monkeypatch.setattr(people, "now", lambda: moment)
    fails(home, people.FREE_TRIES)
    fails(home, 1, lan)
    assert row(home).locked_until == moment + MINUTE, "trying while one waits does not prolong it"
    moment += MINUTE
    fails(home, 1)
    assert row(home).locked_until == moment + 2 * MINUTE
    moment += 2 * MINUTE
    assert people.session_by_password(home, "lan.nguyen", lan)
    assert (row(home).failures, row(home).locked_until) == (0, None)
    assert people._wait(1000) == HOUR


@pytest.mark.databases("sqlite", "postgres")
def test_many_tries_at_once_are_no_more_than_one_by_one(home: Home, lan: str) -> None:
    tries = [Thread(target=fails, args=(home, 1)) for _ in range(people.FREE_TRIES + 3)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert row(home).failures == people.FREE_TRIES
    fails(home, 1, lan)


@pytest.mark.slow
def test_no_such_person_takes_as_long_to_refuse_as_a_wrong_password(home: Home, lan: str) -> None:
    def seconds(login: str) -> float:
        started = perf_counter()
        fails(home, 1, login=login)
        return perf_counter() - started

    seconds("nobody")
    known, unknown = (median(seconds(login) for _ in range(7)) for login in ("lan.nguyen", "nobody"))
    assert unknown == pytest.approx(known, rel=0.5), (
        "without the work of a hash it would be a hundred times less"
    )


def test_a_made_password_never_names_a_short_login() -> None:
    assert not [one for one in (passwords.made("an") for _ in range(2_000)) if "an" in one.casefold()]


@pytest.mark.parametrize("easy", ["short", "x" * 201, "my-Lan.Nguyen-1", "aaaaaaaaaaab"])
def test_easy_passwords_are_refused(easy: str) -> None:
    with pytest.raises(SettingsError, match="password"):
        passwords.hashed(easy, "lan.nguyen")


@pytest.mark.parametrize(
    ("login", "role", "said"),
    [("lan.NGUYEN", "sales", "such a login"), ("", "sales", "usable login"), ("a b", "sales", "usable login"),
     ("hoa", "boss", "no such role"), ("hoa", "team_lead", "needs a team")],
)  # fmt: skip
def test_unusable_people_are_refused(home: Home, lan: str, login: str, role: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        people.make(home, login, "Hoa", role)
    assert len(people.listed(home)) == 1


def test_the_log_tells_who_did_what_without_names(home: Home, lan: str) -> None:
    fails(home, 1)
    fails(home, 1, login="Lan's password typed here")
    people.session_by_password(home, "lan.nguyen", lan)
    with reading(home) as session:
        deeds = session.scalars(select(Deed).order_by(Deed.id)).all()
    said = [(one.action, one.object, one.refused) for one in deeds]
    mine = f"person:{row(home).id}"
    assert said[1:] == [("person.add", mine, False), ("sign-in", mine, True), ("sign-in", mine, False)]
    assert "Lan" not in "".join(str(vars(one)) for one in deeds)


def test_signing_in_and_changing_ones_password_in_a_browser(client: TestClient, home: Home, lan: str) -> None:
    refused = client.post(
        "/dang-nhap", data={"ten": "lan.nguyen", "mat_khau": WRONG}, headers={"origin": ORIGIN}
    )
    assert refused.status_code == 403
    assert "không khớp" in refused.text
    assert 'value="lan.nguyen"' in refused.text
    client.post("/dang-nhap", data={"ten": "Lan.Nguyen", "mat_khau": lan}, headers={"origin": ORIGIN})
    assert "Nguyễn Thị Lan" in client.get("/tai-khoan").text
    new = "bốn con mèo đen"
    for fields, said in (
        ({"cu": lan, "moi": new, "moi_lai": "other"}, "không giống nhau"),
        ({"cu": lan, "moi": "ngắn", "moi_lai": "ngắn"}, "quá ngắn"),
        ({"cu": WRONG, "moi": new, "moi_lai": new}, "không đúng"),
    ):
        assert said in send(client, "/tai-khoan", **fields).text
    old = keys.session_caller(home, client.cookies["leadkeep_session"])
    changed = send(client, "/tai-khoan", cu=lan, moi=new, moi_lai=new)
    assert "Đã đổi mật khẩu" in client.get(changed.headers["location"]).text
    assert keys.session_caller(home, client.cookies["leadkeep_session"]) == old
    fails(home, 1, lan)
    assert people.session_by_password(home, "lan.nguyen", new)


def test_a_key_has_no_password_to_change(browser: TestClient) -> None:
    assert "không có mật khẩu" in browser.get("/tai-khoan").text
    assert send(browser, "/tai-khoan", cu="x", moi=WRONG, moi_lai=WRONG).status_code == 403


def test_the_log_is_read_by_who_may(browser: TestClient, home: Home, lan: str) -> None:
    fails(home, 1)
    text = browser.get("/nhat-ky").text
    assert re.search(
        r"<bdi>Nguyễn Thị Lan</bdi></td><td>Kinh doanh</td><td><bdi>đăng nhập</bdi></td>.*bị từ chối", text
    )
    assert "thêm người" in text
    assert "person.add" not in text
    assert "added a person" in browser.get("/nhat-ky?lang=en").text
    oldest = browser.get("/nhat-ky?truoc=4&lang=vi").text
    assert "thêm đội" in oldest
    assert "thêm người" not in oldest


def test_every_deed_has_a_name_in_the_log() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in page.HERE.rglob("*.py"))
    deeds = set(re.findall(r'\bnote\(\s*\w+(?:\.\w+)*,\s*\w+(?:\.\w+)*,\s*"([a-z][\w.-]+)"', source))
    assert len(deeds) > 15
    assert [one for one in sorted(deeds) if f"D_{one}" not in words("log", "vi")] == []

from threading import Thread
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from crm import clock, operations
from crm.errors import Forbidden, NotFound, SettingsError
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Deed
from serving.rights import keys, teams

pytestmark = pytest.mark.databases("sqlite", "postgres")


def test_a_key_is_stored_only_as_its_hash(home: Home) -> None:
    key = keys.create(home, "sales", "Zalo bot")
    with operations.looking(home) as connection:
        stored = " ".join(str(row) for row in connection.execute(text("SELECT * FROM api_key")))
    assert key not in stored
    assert key[11:] not in stored
    assert keys.caller(home, key) == keys.Caller("sales", key[:11])
    assert len({keys.create(home, "sales") for _ in range(20)}) == 20


def test_a_revoked_key_and_its_sessions_end_at_once(home: Home) -> None:
    key = keys.create(home, "care")
    cookie = keys.session_by_key(home, key)
    assert keys.session_caller(home, cookie) == keys.Caller("care", key[:11])
    keys.revoke(home, key[:11])
    assert keys.session_caller(home, cookie) is None
    with pytest.raises(Forbidden, match="not valid"):
        keys.caller(home, key)
    with pytest.raises(NotFound, match="no such active key"):
        keys.revoke(home, key[:11])
    assert [row.revoked_at is None for row in keys.listed(home)] == [False]


def test_a_key_revoked_during_a_sign_in_leaves_no_session(home: Home) -> None:
    key = keys.create(home, "care")
    revoking = Thread(target=keys.revoke, args=(home, key[:11]))

    def revoke_between(connection: Connection, cursor: Any, statement: str, *_: Any) -> None:
        """Once the key was found good, another connection tries to revoke it before the session is opened."""
        if "FROM api_key" in statement and revoking.ident is None:
            revoking.start()
            revoking.join(0.3)

    event.listen(Engine, "after_cursor_execute", revoke_between)
    try:
        cookie = keys.session_by_key(home, key)
    finally:
        event.remove(Engine, "after_cursor_execute", revoke_between)
    revoking.join()
    assert [row.revoked_at is None for row in keys.listed(home)] == [False]
    assert keys.session_caller(home, cookie) is None


@pytest.mark.parametrize("wrong", ["", "lk_", "lk_" + "A" * 43, "' OR 1=1 --", "é\udcff"[:1]])
def test_wrong_keys_are_refused(home: Home, wrong: str) -> None:
    keys.create(home, "admin")
    with pytest.raises(Forbidden):
        keys.caller(home, wrong)
    assert keys.session_caller(home, wrong) is None


def test_an_unknown_role_is_refused(home: Home) -> None:
    with pytest.raises(SettingsError, match="sales, care, team_lead"):
        keys.create(home, "boss")


def test_the_first_start_makes_one_administrator_and_no_second(home: Home) -> None:
    first = keys.first(home)
    assert first is not None
    assert keys.caller(home, first).role == "admin"
    assert keys.first(home) is None
    keys.revoke(home, first[:11])
    assert keys.first(home) is None, "a revoked key must not open the door again"


def test_a_link_signs_in_once(home: Home) -> None:
    code = keys.link(home, "sales")
    cookie = keys.session_by_link(home, code)
    assert keys.session_caller(home, cookie) == keys.Caller("sales", "link")
    with pytest.raises(Forbidden, match="used"):
        keys.session_by_link(home, code)
    with pytest.raises(Forbidden):
        keys.session_by_link(home, cookie)
    assert keys.session_caller(home, keys.link(home)) is None, "a link is not a session"


def test_links_and_sessions_grow_old(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    code, cookie = keys.link(home), keys.session_by_link(home, keys.link(home))
    later = clock.now() + keys.LINK_LIFE
    monkeypatch.setattr(keys, "now", lambda: later)
    with pytest.raises(Forbidden):
        keys.session_by_link(home, code)
    assert keys.session_caller(home, cookie) is not None
    later += keys.SESSION_LIFE
    assert keys.session_caller(home, cookie) is None


def test_a_closed_session_is_over(home: Home) -> None:
    cookie = keys.session_by_link(home, keys.link(home))
    keys.close_session(home, cookie)
    assert keys.session_caller(home, cookie) is None


def test_a_key_ends_by_itself_and_so_do_its_sessions(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    later = clock.now()
    monkeypatch.setattr(keys, "now", lambda: later)
    key = keys.create(home, "care", days=1)
    later += clock.DAY - clock.HOUR
    cookie = keys.session_by_key(home, key)
    assert keys.caller(home, key).role == "care"
    later += clock.HOUR
    assert keys.session_caller(home, cookie) is None
    with pytest.raises(Forbidden):
        keys.caller(home, key)
    with pytest.raises(Forbidden):
        keys.session_by_key(home, key)


def test_a_key_ends_after_a_year_unless_told_otherwise(home: Home) -> None:
    keys.create(home, "sales")
    (row,) = keys.listed(home)
    assert row.expires_at == row.created_at + 365 * clock.DAY


def test_a_key_for_a_team_or_for_one_scope(home: Home) -> None:
    team = teams.make(home, "Một", "sales").id
    key = keys.create(home, "sales", team=team, scopes=["scores"])
    assert keys.caller(home, key) == keys.Caller("sales", key[:11], team=team, scopes=frozenset({"scores"}))
    with pytest.raises(Forbidden, match="for programs"):
        keys.session_by_key(home, key)
    of_team = keys.create(home, "sales", team=team)
    assert keys.session_caller(home, keys.session_by_key(home, of_team)) == keys.Caller(
        "sales", of_team[:11], team=team
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"scopes": ["everything"]}, "no such scope"),
        ({"scopes": ["export"]}, "ask for nothing"),
        ({"days": 0}, "so many days"),
    ],
)
def test_unusable_keys_are_refused(home: Home, more: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        keys.create(home, "sales", **more)


@pytest.mark.parametrize("role", ["marketing", "data", "director", "admin"])
def test_a_role_that_sees_everybody_is_not_narrowed_to_a_team(home: Home, role: str) -> None:
    team = teams.make(home, "Một", "sales").id
    with pytest.raises(SettingsError, match="the whole company"):
        keys.create(home, role, team=team)


def test_what_becomes_of_keys_is_in_the_log(home: Home) -> None:
    key = keys.create(home, "care", "a label may name somebody")
    keys.session_by_key(home, key)
    keys.session_by_link(home, keys.link(home))
    keys.revoke(home, key[:11])
    with reading(home) as session:
        said = [(one.action, one.object) for one in session.scalars(select(Deed).order_by(Deed.id))]
    mine = f"key:{key[:11]}"
    assert said == [("key.add", mine), ("sign-in", mine), ("sign-in", "key:link"), ("key.revoke", mine)]

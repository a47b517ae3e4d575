"""People who sign in: made, changed, listed, and their passwords checked."""

import unicodedata
from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy import exc as db
from sqlalchemy.orm import Session

from crm.clock import HOUR, MINUTE, now
from crm.errors import Forbidden, NotFound, SettingsError
from crm.operations import looking, reading, writing
from crm.settings import Home
from crm.tables.people import Person, SignIn
from serving.rights import audit, keys, passwords
from serving.rights.audit import COMMAND_LINE
from serving.rights.callers import ROLES, Caller

FREE_TRIES: Final = 5
"""Wrong passwords in a row before one has to wait: a minute, then twice as long each time."""

LONGEST_WAIT: Final = HOUR
CHANGEABLE: Final = frozenset({"name", "email", "role", "team", "actor", "capacity", "may_export"})

SIGNING_IN = select(
    Person.id, Person.role, Person.team, Person.name, Person.password, Person.failures, Person.locked_until
).where(Person.login == bindparam("login"), Person.left_at.is_(None))


def make(
    home: Home,
    login: str,
    name: str,
    role: str,
    *,
    team: int | None = None,
    email: str = "",
    actor: str | None = None,
    capacity: int | None = None,
    by: Caller = COMMAND_LINE,
) -> tuple[Person, str]:
    """A new person and the password to give them, told only now; raises SettingsError."""
    made = row(login, name, role, team=team, email=email, actor=actor, capacity=capacity)
    password = passwords.made(made.login)
    made.password = passwords.hashed(password, made.login)
    try:
        with writing(home) as session:
            session.add(made)
            session.flush()
            audit.note(session, by, "person.add", f"person:{made.id}", role=role, team=team)
    except db.IntegrityError as error:
        what = "there is such a login or such a colleague of the CRM already, or no such team"
        raise SettingsError(
            what, value=made.login, todo="see leadkeep people list and leadkeep teams list"
        ) from error
    return made, password


def row(
    login: str,
    name: str,
    role: str,
    *,
    team: int | None = None,
    email: str = "",
    actor: str | None = None,
    capacity: int | None = None,
) -> Person:
    """A person as stored, who cannot sign in before there is a password; raises SettingsError."""
    known = plain(login)
    if not known or len(known) > 100 or any(letter.isspace() for letter in known):
        todo = "take up to 100 letters without spaces"
        raise SettingsError("not a usable login", value=login[:100], todo=todo)
    _check(role, team)
    return Person(
        login=known, name=name.strip()[:100] or known, email=email, role=role, team=team, actor=actor,
        password=None, capacity=capacity, failures=0, locked_until=None, created_at=now(), left_at=None,
    )  # fmt: skip


def change(home: Home, login: str, fields: Mapping[str, str | int | None], by: Caller = COMMAND_LINE) -> None:
    """Changes any of CHANGEABLE; it holds from the person's next request on.

    Raises NotFound for no such person at work, SettingsError for a role or team that is not usable.
    """
    with writing(home) as session:
        changed(session, login, fields, by)


def changed(session: Session, login: str, fields: Mapping[str, str | int | None], by: Caller) -> Person:
    """The same in the caller's transaction; returns the person as changed."""
    assert fields.keys() <= CHANGEABLE
    person = at_work(session, login)
    role, team = fields.get("role", person.role), fields.get("team", person.team)
    _check(str(role), team if isinstance(team, int) else None)
    if actor := fields.get("actor"):
        other = session.scalar(select(Person.login).where(Person.actor == actor, Person.id != person.id))
        if other is not None:
            todo = f"take it from {other} first"
            raise SettingsError(
                "somebody else is this colleague of the CRM", value=actor, where="people", todo=todo
            )
    for field, value in fields.items():
        setattr(person, field, value)
    audit.note(
        session, by, "person.change", f"person:{person.id}", fields=sorted(fields), role=role, team=team,
        may_export=person.may_export,
    )  # fmt: skip
    return person


def listed(home: Home) -> list[Person]:
    """Everybody by login, those who left among them."""
    with reading(home) as session:
        return list(session.scalars(select(Person).order_by(Person.login)))


def new_password(home: Home, login: str, by: Caller = COMMAND_LINE) -> str:
    """A new password for who forgot theirs; sessions end and waiting is over. Raises NotFound."""
    password = passwords.made(plain(login))
    coded = passwords.hashed(password, plain(login))
    with writing(home) as session:
        person = at_work(session, login)
        _renewed(session, person.id, coded)
        audit.note(session, by, "person.password", f"person:{person.id}")
    return password


def change_password(home: Home, caller: Caller, old: str, new: str) -> str:
    """Sets one's own password; all sessions end, and the answer is the cookie of a new one.

    Raises Forbidden when ``old`` is wrong (it counts like a wrong sign-in), SettingsError when ``new`` is too easy.
    """
    with looking(home) as connection:
        login = connection.execute(select(Person.login).where(Person.id == caller.person)).scalar()
    if login is None:
        raise Forbidden("only people have a password", where=f"key {caller.prefix}")
    checked, _ = _checked(home, login, old)
    coded = passwords.hashed(new, login)
    with writing(home) as session:
        _renewed(session, checked.person, coded)
        audit.note(session, checked, "person.password", f"person:{checked.person}")
        return keys.opened(session, checked)


def session_by_password(home: Home, login: str, password: str) -> str:
    """Signs a browser in; the answer is its cookie. Raises Forbidden, with the same words whatever was wrong."""
    caller, stored = _checked(home, login, password)
    with writing(home) as session:
        unchanged = (Person.id == caller.person) & (Person.password == stored) & Person.left_at.is_(None)
        fresh = update(Person).where(unchanged).values(failures=0, locked_until=None).returning(Person.id)
        if session.execute(fresh).first() is None:  # they left, or the password was changed, meanwhile
            raise _refused()
        return keys.opened(session, caller)


def plain(login: str) -> str:
    """A login as it is stored: one spelling of each letter, no capitals.

    >>> plain(" Lan.Nguyen ")
    'lan.nguyen'
    """
    return unicodedata.normalize("NFC", login).strip().casefold()


def _checked(home: Home, login: str, password: str) -> tuple[Caller, str]:
    """Who this is, and the hash that fitted; raises Forbidden."""
    moment = now()
    with writing(home) as session:
        row = session.execute(SIGNING_IN.with_for_update(), {"login": plain(login)[:100]}).first()
        waiting = row is not None and (row.locked_until or 0) > moment
        if row is not None and not waiting:
            # Counted before the password is looked at: of many tries at once no more are free than one by one.
            tries = row.failures + 1
            until = moment + _wait(tries) if tries >= FREE_TRIES else None
            session.execute(
                update(Person).where(Person.id == row.id).values(failures=tries, locked_until=until)
            )
    right = passwords.fits(row.password if row else None, password)
    if row is None or waiting or not right:
        if row is not None:
            _note_refusal(home, Caller(row.role, "person", row.id, row.team), waiting)
        raise _refused()
    return Caller(row.role, "person", row.id, row.team, row.name), row.password


def _wait(tries: int) -> int:
    """Microseconds to wait after so many wrong passwords in a row."""
    return int(min(MINUTE << min(tries - FREE_TRIES, 10), LONGEST_WAIT))


def _note_refusal(home: Home, caller: Caller, waiting: bool) -> None:
    with writing(home) as session:
        audit.note(session, caller, "sign-in", f"person:{caller.person}", refused=True, waiting=waiting)


def _refused() -> Forbidden:
    todo = "check both; after several wrong passwords wait, or ask an administrator for a new one"
    return Forbidden("login and password do not fit", where="sign-in", todo=todo)


def _renewed(session: Session, person: int | None, coded: str) -> None:
    new = {"password": coded, "failures": 0, "locked_until": None}
    session.execute(update(Person).where(Person.id == person).values(new))
    session.execute(delete(SignIn).where(SignIn.person == person))


def _check(role: str, team: int | None) -> None:
    if role not in ROLES:
        raise SettingsError(
            "no such role", value=role, where="people", todo=f"choose from {', '.join(ROLES)}"
        )
    if role == "team_lead" and team is None:
        raise SettingsError("a team lead needs a team", where="people", todo="see leadkeep teams list")


def find(home: Home, login: str) -> int:
    """The number of who signs in so and has not left; raises NotFound."""
    with reading(home) as session:
        return at_work(session, login).id


def at_work(session: Session, login: str) -> Person:
    """Who signs in so and has not left; raises NotFound."""
    person = session.scalar(select(Person).where(Person.login == plain(login), Person.left_at.is_(None)))
    if person is None:
        raise NotFound("no such person at work", value=login[:100], todo="see leadkeep people list")
    return person

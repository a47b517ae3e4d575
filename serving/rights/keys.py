"""Keys for programs, and sign-ins for people's browsers; only their SHA-256 is stored."""

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import CursorResult, Row, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from crm.clock import DAY, HOUR, MINUTE, now
from crm.discover import modules
from crm.errors import Forbidden, NotFound, SettingsError, Unauthorized
from crm.operations import looking, reading, writing
from crm.settings import Home
from crm.tables.people import ApiKey, Person, SignIn
from serving.rights import audit, scope
from serving.rights.audit import COMMAND_LINE
from serving.rights.callers import ROLES as ROLES  # noqa: PLC0414  (known from here too)
from serving.rights.callers import Caller as Caller  # noqa: PLC0414

LINK_LIFE = 15 * MINUTE
SESSION_LIFE = 12 * HOUR
USUAL_DAYS = 365
LONGEST_DAYS = 3650
EXPORT = "export"
"""The scope of a key that takes lists away with whole numbers and addresses; no key has it unasked."""

NO_KEY = ("link", "person")
"""What stands for the key's prefix where somebody came without one."""


IN_FORCE = ApiKey.revoked_at.is_(None) & (
    ApiKey.expires_at.is_(None) | (ApiKey.expires_at > bindparam("moment"))
)
HOLDER = select(ApiKey.role, ApiKey.prefix, ApiKey.team, ApiKey.scopes, ApiKey.expires_at).where(
    ApiKey.digest == bindparam("digest"), IN_FORCE
)
SITTER = (
    select(
        func.coalesce(Person.role, SignIn.role).label("role"), SignIn.prefix, SignIn.person,
        func.coalesce(Person.team, ApiKey.team).label("team"), Person.name, Person.may_export,
    )
    .outerjoin(Person, Person.id == SignIn.person)
    .outerjoin(ApiKey, ApiKey.prefix == SignIn.prefix)
    .where(
        SignIn.digest == bindparam("digest"), SignIn.kind == "session", SignIn.expires_at > bindparam("moment"),
        Person.left_at.is_(None),
    )
)  # fmt: skip
"""One query tells who sits there, as the person's role and team are now."""


def create(
    home: Home,
    role: str,
    label: str = "",
    *,
    scopes: Sequence[str] = (),
    days: int = USUAL_DAYS,
    team: int | None = None,
) -> str:
    """A new key of 256 random bits, shown once.

    ``scopes`` are names of files in ``serving/api``: such a key asks for these only, and opens no page; EXPORT
    beside them shows contacts whole. ``days`` is how long it is good for, ``team`` whose subjects it sees. Raises
    SettingsError for an unknown role or scope, and for a team with a role that sees more than one.
    """
    _among("role", [role], ROLES)
    if scopes:
        _among("scope", scopes, (*modules("serving.api"), EXPORT))
    if set(scopes) == {EXPORT}:
        todo = "name the endpoints too, e.g. worklists"
        raise SettingsError("this key could ask for nothing", value=EXPORT, where="keys", todo=todo)
    if team is not None and role not in scope.OWNERS:
        todo = f"leave the team out, or take one of {', '.join(sorted(scope.OWNERS))}"
        raise SettingsError(
            "this role sees the whole company, not one team's", value=role, where="keys", todo=todo
        )
    if not 0 < days <= LONGEST_DAYS:
        todo = f"give a number from 1 to {LONGEST_DAYS}"
        raise SettingsError("a key cannot be good for so many days", value=days, where="keys", todo=todo)
    key, moment = f"lk_{secrets.token_urlsafe(32)}", now()
    row = ApiKey(
        prefix=key[:11], digest=_digest(key), role=role, team=team, scopes=sorted(scopes) or None, label=label,
        created_at=moment, expires_at=moment + days * DAY, revoked_at=None,
    )  # fmt: skip
    with writing(home) as session:
        session.add(row)
        audit.note(
            session, COMMAND_LINE, "key.add", f"key:{row.prefix}", role=role, team=team, scopes=row.scopes
        )
    return key


def first(home: Home) -> str | None:
    """An administrator's key where there has never been any, else None."""
    with reading(home) as session:
        if session.scalar(select(func.count()).select_from(ApiKey)):
            return None
    return create(home, "admin", "made at the first start")


def listed(home: Home) -> list[ApiKey]:
    """All keys, oldest first, the revoked among them."""
    with reading(home) as session:
        return list(session.scalars(select(ApiKey).order_by(ApiKey.created_at)))


def revoke(home: Home, prefix: str) -> None:
    """Ends a key and every session opened with it, from this moment; raises NotFound."""
    active = (ApiKey.prefix == prefix) & ApiKey.revoked_at.is_(None)
    with writing(home) as session:
        if _rows(session.execute(update(ApiKey).where(active).values(revoked_at=now()))) == 0:
            raise NotFound(
                "no such active key", value=prefix, where="keys", todo="give the first 11 characters of it"
            )
        session.execute(delete(SignIn).where(SignIn.prefix == prefix))
        audit.note(session, COMMAND_LINE, "key.revoke", f"key:{prefix}")


def caller(home: Home, key: str) -> Caller:
    """Who holds ``key``; raises Unauthorized for one that never was, is revoked or too old."""
    with looking(home) as connection:
        row = connection.execute(HOLDER, {"digest": _digest(key), "moment": now()}).first()
    return _held(row)


def link(home: Home, role: str = "admin") -> str:
    """A code that signs one browser in, once, within 15 minutes."""
    with writing(home) as session:
        return opened(session, Caller(role, "link"), kind="link", life=LINK_LIFE)


def session_by_key(home: Home, key: str) -> str:
    """Signs a browser in with a key; the answer is its cookie. Raises Forbidden, also for a key with scopes."""
    moment = now()
    with writing(home) as session:
        # Held until the session stands: whoever revokes the key meanwhile waits, and then ends the session too.
        row = session.execute(
            HOLDER.with_for_update(read=True), {"digest": _digest(key), "moment": moment}
        ).first()
        holder = _held(row)
        if holder.scopes is not None:
            raise Forbidden(
                "this key is for programs", where=f"key {holder.prefix}", todo="use it with the API"
            )
        left = row.expires_at - moment if row and row.expires_at else SESSION_LIFE
        return opened(session, holder, life=min(left, SESSION_LIFE))


def session_by_link(home: Home, code: str) -> str:
    """Signs a browser in with a one-time code, which is used up; raises Forbidden."""
    fresh = (SignIn.digest == _digest(code)) & (SignIn.kind == "link") & (SignIn.expires_at > now())
    with writing(home) as session:
        role = session.scalar(delete(SignIn).where(fresh).returning(SignIn.role))
        if role is None:
            todo = "start the server again for a new one"
            raise Forbidden("this link was used or is too old", where="sign-in", todo=todo)
        return opened(session, Caller(role, "link"))


def session_caller(home: Home, cookie: str) -> Caller | None:
    """Who sits at a signed-in browser; None when it never was, or no longer is."""
    with looking(home) as connection:
        row = connection.execute(SITTER, {"digest": _digest(cookie), "moment": now()}).first()
    if row is None:
        return None
    by = row.prefix or ("link" if row.person is None else "person")
    return Caller(row.role, by, row.person, row.team, row.name or "", may_export=bool(row.may_export))


def csrf(cookie: str) -> str:
    """The token that a form of this browser's session carries: only who knows the cookie can tell it."""
    return _digest(f"csrf {cookie}")


def close_session(home: Home, cookie: str) -> None:
    """Signs a browser out."""
    with writing(home) as session:
        session.execute(delete(SignIn).where(SignIn.digest == _digest(cookie)))


def opened(session: Session, who: Caller, kind: str = "session", life: int = SESSION_LIFE) -> str:
    """Writes a sign-in for ``who`` in the caller's transaction; the answer is its cookie, or the link's code."""
    token, moment = secrets.token_urlsafe(32), now()
    if kind == "session":
        audit.note(session, who, "sign-in", f"person:{who.person}" if who.person else f"key:{who.prefix}")
    session.execute(delete(SignIn).where(SignIn.expires_at <= moment))
    session.add(
        SignIn(
            digest=_digest(token), kind=kind, role=who.role, prefix=who.prefix if who.prefix not in NO_KEY else None,
            person=who.person, created_at=moment, expires_at=moment + life,
        )
    )  # fmt: skip
    return token


def _among(what: str, given: Sequence[str], known: Iterable[str]) -> None:
    if wrong := set(given) - set(known):
        todo = f"choose from {', '.join(known)}"
        raise SettingsError(f"no such {what}", value=min(wrong), where="keys", todo=todo)


def _held(row: Row[*tuple[Any, ...]] | None) -> Caller:
    if row is None:
        todo = "ask an administrator for a new one"
        raise Unauthorized("this key is not valid", where="Authorization header", todo=todo)
    scopes = None if row.scopes is None else frozenset(row.scopes)
    return Caller(row.role, row.prefix, team=row.team, scopes=scopes)


def _digest(token: str) -> str:
    # A plain hash is enough: nobody can guess 256 random bits, so there is nothing to slow down.
    return sha256(token.encode()).hexdigest()


def _rows(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

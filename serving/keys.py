"""Keys for programs, and sign-ins for people's browsers; only their SHA-256 is stored."""

import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import CursorResult, bindparam, delete, func, select, update
from sqlalchemy.orm import Session

from crm.clock import HOUR, MINUTE, now
from crm.errors import Forbidden, NotFound, SettingsError
from crm.operations import looking, reading, writing
from crm.settings import Home
from crm.tables.people import ApiKey, SignIn

ROLES = ("sales", "care", "team_lead", "marketing", "data", "director", "admin")
LINK_LIFE = 15 * MINUTE
SESSION_LIFE = 12 * HOUR


HOLDER = select(ApiKey.role, ApiKey.prefix).where(
    ApiKey.digest == bindparam("digest"), ApiKey.revoked_at.is_(None)
)
SITTER = select(SignIn.role, SignIn.prefix).where(
    SignIn.digest == bindparam("digest"), SignIn.kind == "session", SignIn.expires_at > bindparam("moment")
)


class Caller(NamedTuple):
    """Who is asking: a role, and the prefix of the key (``link`` for a one-time link, ``person`` for a password).

    ``person`` and ``team`` are the ids of who signed in, or the team a key is narrowed to; ``scopes`` narrow a key.
    """

    role: str
    prefix: str
    person: int | None = None
    team: int | None = None
    name: str = ""
    scopes: frozenset[str] | None = None


def create(home: Home, role: str, label: str = "") -> str:
    """A new key of 256 random bits, shown once; raises SettingsError for an unknown role."""
    if role not in ROLES:
        raise SettingsError(
            "no such role", value=role, where="keys", todo=f"choose one of {', '.join(ROLES)}"
        )
    key = f"lk_{secrets.token_urlsafe(32)}"
    row = ApiKey(
        prefix=key[:11], digest=_digest(key), role=role, label=label, created_at=now(), revoked_at=None
    )
    with writing(home) as session:
        session.add(row)
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


def caller(home: Home, key: str) -> Caller:
    """Who holds ``key``; raises Forbidden for one that is unknown or revoked."""
    with looking(home) as connection:
        return _held(connection.execute(HOLDER, {"digest": _digest(key)}).first())


def link(home: Home, role: str = "admin") -> str:
    """A code that signs one browser in, once, within 15 minutes."""
    with writing(home) as session:
        return _open(session, "link", role, None, LINK_LIFE)


def session_by_key(home: Home, key: str) -> str:
    """Signs a browser in with a key; the answer is its cookie. Raises Forbidden."""
    with writing(home) as session:
        # Held until the session stands: whoever revokes the key meanwhile waits, and then ends the session too.
        row = session.execute(HOLDER.with_for_update(read=True), {"digest": _digest(key)}).first()
        return _open(session, "session", *_held(row)[:2], SESSION_LIFE)


def session_by_link(home: Home, code: str) -> str:
    """Signs a browser in with a one-time code, which is used up; raises Forbidden."""
    fresh = (SignIn.digest == _digest(code)) & (SignIn.kind == "link") & (SignIn.expires_at > now())
    with writing(home) as session:
        role = session.scalar(delete(SignIn).where(fresh).returning(SignIn.role))
        if role is None:
            todo = "start the server again for a new one"
            raise Forbidden("this link was used or is too old", where="sign-in", todo=todo)
        return _open(session, "session", role, None, SESSION_LIFE)


def session_caller(home: Home, cookie: str) -> Caller | None:
    """Who sits at a signed-in browser; None when it never was, or no longer is."""
    with looking(home) as connection:
        row = connection.execute(SITTER, {"digest": _digest(cookie), "moment": now()}).first()
    return Caller(row.role, row.prefix or "link") if row else None


def close_session(home: Home, cookie: str) -> None:
    """Signs a browser out."""
    with writing(home) as session:
        session.execute(delete(SignIn).where(SignIn.digest == _digest(cookie)))


def _held(row: Sequence[str] | None) -> Caller:
    if row is None:
        todo = "ask an administrator for a new one"
        raise Forbidden("this key is not valid", where="Authorization header", todo=todo)
    return Caller(row[0], row[1])


def _open(session: Session, kind: str, role: str, prefix: str | None, life: int) -> str:
    token, moment = secrets.token_urlsafe(32), now()
    row = SignIn(
        digest=_digest(token),
        kind=kind,
        role=role,
        prefix=prefix,
        created_at=moment,
        expires_at=moment + life,
    )
    session.execute(delete(SignIn).where(SignIn.expires_at <= moment))
    session.add(row)
    return token


def _digest(token: str) -> str:
    # A plain hash is enough: nobody can guess 256 random bits, so there is nothing to slow down.
    return sha256(token.encode()).hexdigest()


def _rows(result: object) -> int:
    return result.rowcount if isinstance(result, CursorResult) else 0

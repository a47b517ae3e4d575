"""Passwords: hashed with argon2id, checked in the same time whether there is such a person or not."""

import secrets
from functools import lru_cache
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crm.errors import SettingsError

HASHER: Final = PasswordHasher()
SHORTEST, LONGEST = 10, 200
AT_ONCE: Final = BoundedSemaphore(2)
"""Each check takes 64 MiB: a flood of sign-ins waits instead of filling the memory."""


def made(login: str) -> str:
    """A random password of 96 bits, to be changed by whom it is given to; short logins are in one by chance."""
    while _names(login, password := secrets.token_urlsafe(12)):
        pass
    return password


def hashed(password: str, login: str) -> str:
    """The argon2id hash to store; raises SettingsError for a password that is too easily guessed."""
    if not SHORTEST <= len(password) <= LONGEST:
        todo = f"take {SHORTEST} to {LONGEST} characters"
        raise SettingsError("this password is too short or too long", where="password", todo=todo)
    if _names(login, password) or len(set(password)) < SHORTEST // 2:
        todo = "take words that do not name you, and more than a few different letters"
        raise SettingsError("this password is too easily guessed", where="password", todo=todo)
    with AT_ONCE:
        return HASHER.hash(password)


def _names(login: str, password: str) -> bool:
    return bool(login) and login.casefold() in password.casefold()


def fits(stored: str | None, password: str) -> bool:
    """Whether ``password`` is the one stored; where none is, it takes as long to say no."""
    with AT_ONCE:
        try:
            HASHER.verify(stored or _nobodys(), password[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


@lru_cache
def _nobodys() -> str:
    return HASHER.hash(secrets.token_urlsafe(32))

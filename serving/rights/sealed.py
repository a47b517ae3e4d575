"""Words that may stand in an address without being read there: sealed for the browser that sent them.

What people look for are names and numbers. In an address they would lie in the logs of every proxy and in the
browser's history; sealed, only this server can read them, and only for the same session.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken


def seal(words: str, cookie: str) -> str:
    """``words`` for an address of the session of ``cookie``."""
    return _of(cookie).encrypt(words.encode()).decode()


def unseal(sealed: str, cookie: str) -> str:
    """What was sealed; "" for anything that this session did not seal."""
    try:
        return _of(cookie).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _of(cookie: str) -> Fernet:
    return Fernet(urlsafe_b64encode(sha256(f"sealed words {cookie}".encode()).digest()))

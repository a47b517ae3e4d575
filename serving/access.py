"""Who may do what: the one table of rights, and the check every request passes."""

from functools import lru_cache
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from crm.errors import Forbidden
from models.target import find
from serving import keys, scope
from serving.keys import Caller

COOKIE = "leadkeep_session"
ANYBODY: Final = frozenset({"anybody"})
KEY: Final = frozenset(keys.ROLES)
TEAM: Final = scope.TEAM
"""Whose work a subject is; ``team`` in a rule is that role."""

API: Final[dict[str, frozenset[str]]] = {
    "GET /api/v1/health": KEY,
    "GET /api/v1/health/live": ANYBODY,
    "GET /api/v1/health/ready": ANYBODY,
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /api/v1/models": frozenset({"data", "admin"}),
    "GET /api/v1/models/{target}": frozenset({"data", "admin"}),
    "GET /api/v1/scores/{target}/{subject:path}": frozenset({"team", "data", "admin"}),
    "GET /api/v1/live-scores/{target}/{subject:path}": frozenset({"team", "data", "admin"}),
    "GET /api/v1/explanations/{target}/{subject:path}": frozenset({"team", "data", "admin"}),
    "POST /api/v1/deliveries/{sender}": ANYBODY,  # its signature is checked instead
    "GET /api/v1/worklists/{target}": frozenset({"team", "admin"}),
}
"""Asked with a key in the header. Worklists name people, so who only studies the data does not see them."""

PAGES: Final[dict[str, frozenset[str]]] = {
    "GET /": ANYBODY,
    "GET /style.css": ANYBODY,
    "GET /icon.svg": ANYBODY,
    "GET /dang-nhap": ANYBODY,
    "POST /dang-nhap": ANYBODY,
    "GET /vao": ANYBODY,
    "POST /vao": ANYBODY,
    "POST /dang-xuat": ANYBODY,
    "GET /hom-nay": frozenset({"sales", "admin"}),
    "GET /khach-co-nguy-co": frozenset({"care", "admin"}),
}
"""Opened by a signed-in browser."""


class SignInNeeded(Forbidden):
    """A page was asked for by a browser that has not signed in."""


Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))]


async def check(request: Request, bearer: Bearer) -> None:
    """Lets a request through or raises Forbidden; a route without a rule is nobody's."""
    rule = f"{request.method} {request.scope['route'].path}"
    allowed = API.get(rule) or PAGES.get(rule)
    if allowed is None:
        raise Forbidden("nobody may do this", value=rule, todo="give the route a rule in serving/access.py")
    if request.method == "POST" and rule in PAGES:
        _same_origin(request)
    if allowed is ANYBODY:
        return
    caller = _by_key(request, bearer) if rule in API else _by_cookie(request)
    if caller.role not in _named(allowed, request):
        what = f"the role {caller.role} may not do this"
        raise Forbidden(
            what, value=rule, where=f"key {caller.prefix}", todo="ask an administrator for another key"
        )
    request.state.caller = caller


def _by_key(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Caller:
    if bearer is None:
        todo = "send the header Authorization: Bearer <key>"
        raise Forbidden("this needs a key", where="Authorization header", todo=todo)
    return keys.caller(request.app.state.home, bearer.credentials)


def _by_cookie(request: Request) -> Caller:
    cookie = request.cookies.get(COOKIE)
    if cookie and (caller := keys.session_caller(request.app.state.home, cookie)):
        return caller
    raise SignInNeeded("this page needs a sign-in", where=request.url.path, todo="sign in with your key")


def _named(allowed: frozenset[str], request: Request) -> frozenset[str]:
    if "team" not in allowed:
        return allowed
    return allowed | {_team(request.path_params["target"])}


@lru_cache(maxsize=64)
def _team(target: str) -> str:
    return TEAM[find(target).subject]


def _same_origin(request: Request) -> None:
    """Refuses forms of other sites. Browsers say the site only to https and to their own machine."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site not in ("same-origin", "none"):
        raise Forbidden(
            "this form was sent from another site", value=origin, todo="open the page itself and try again"
        )

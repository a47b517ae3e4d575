"""Who may do what: the one table of rights, and the check every request passes."""

from collections.abc import Callable
from functools import lru_cache
from hmac import compare_digest
from typing import Annotated, Final, TypeVar
from urllib.parse import urlsplit

from fastapi import Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from crm.errors import Forbidden, Unauthorized
from crm.operations import looking, writing
from crm.settings import Home
from models.target import find
from serving.rights import audit, keys, scope
from serving.rights.keys import Caller

T = TypeVar("T")
COOKIE = "leadkeep_session"
LONGEST_FORM = 20_000
ANYBODY: Final = frozenset({"anybody"})
KEY: Final = frozenset(keys.ROLES)
TEAM: Final = scope.TEAM
"""Whose work a subject is; ``team`` in a rule is that role."""

API: Final[dict[str, frozenset[str]]] = {
    "GET /api/v1/health": KEY,
    "GET /api/v1/health/live": ANYBODY,
    "GET /api/v1/health/ready": ANYBODY,
    "GET /api/v1/metrics": frozenset({"data", "admin"}),
    "GET /api/v1/openapi.json": ANYBODY,
    "GET /api/v1/models": frozenset({"data", "admin"}),
    "GET /api/v1/models/{target}": frozenset({"data", "admin"}),
    "GET /api/v1/scores/{target}/{subject:path}": frozenset({"team", "director", "data", "admin"}),
    "GET /api/v1/live-scores/{target}/{subject:path}": frozenset({"team", "director", "data", "admin"}),
    "GET /api/v1/explanations/{target}/{subject:path}": frozenset({"team", "director", "data", "admin"}),
    "POST /api/v1/deliveries/{sender}": ANYBODY,  # its signature is checked instead
    "GET /api/v1/worklists/{target}": frozenset({"team", "director", "admin"}),
}
"""Asked with a key in the header. Worklists name people, so who only studies the data does not see them.

``team`` is the role whose work the target is, and team leads; whose subject it is, :mod:`serving.rights.scope`
decides."""

WORKERS: Final = frozenset({"sales", "care", "team_lead", "admin"})
"""Who speaks with customers."""

PAGES: Final[dict[str, frozenset[str]]] = {
    "GET /": ANYBODY,
    "GET /style.css": ANYBODY,
    "GET /icon.svg": ANYBODY,
    "GET /wait.js": ANYBODY,
    "GET /dang-nhap": ANYBODY,
    "POST /dang-nhap": ANYBODY,
    "GET /vao": ANYBODY,
    "POST /vao": ANYBODY,
    "POST /dang-xuat": KEY,
    "GET /tai-khoan": KEY,
    "POST /tai-khoan": KEY,
    "POST /nghi": KEY,  # whose leave, the module that keeps absences decides
    "POST /nghi/bo": KEY,
    "GET /nguoi-dung": frozenset({"admin"}),
    "POST /nguoi-dung": frozenset({"admin"}),
    "POST /nguoi-dung/sua": frozenset({"admin"}),
    "POST /nguoi-dung/mat-khau": frozenset({"admin"}),
    "POST /nguoi-dung/ket-thuc": frozenset({"admin"}),
    "POST /nguoi-dung/doi": frozenset({"admin"}),
    "POST /nguoi-dung/doi/sua": frozenset({"admin"}),
    "GET /nhat-ky": frozenset({"director", "admin"}),
    "GET /hom-nay": frozenset({"sales", "team_lead", "director", "admin"}),
    "GET /ho-so/{subject:path}": frozenset({"sales", "care", "team_lead", "director", "admin"}),
    "GET /tim": WORKERS | {"director"},
    "POST /tim": WORKERS | {"director"},
    "GET /ket-qua": frozenset({"marketing", "director", "admin"}),
    "POST /ket-qua": frozenset({"director", "admin"}),
    "GET /mo-hinh": frozenset({"data", "director", "admin"}),
    "POST /mo-hinh/{target}/dung": frozenset({"data", "admin"}),
    "POST /mo-hinh/{target}/quay-lai": frozenset({"data", "admin"}),
    "GET /du-lieu": frozenset({"data", "team_lead", "director", "admin"}),
    "POST /du-lieu/gui-lai": frozenset({"data", "admin"}),
    "GET /canh-bao": frozenset({"sales", "care", "team_lead", "director", "admin"}),
    "POST /canh-bao/da-xem": frozenset({"sales", "care", "team_lead", "director", "admin"}),
    "POST /canh-bao/nhan": frozenset({"sales", "care", "team_lead"}),
    "GET /doi": frozenset({"team_lead", "director", "admin"}),
    "POST /doi/giao": frozenset({"team_lead", "director", "admin"}),
    "POST /doi/nguong": frozenset({"team_lead", "director", "admin"}),
    "GET /khach-co-nguy-co": frozenset({"care", "team_lead", "director", "admin"}),
    "GET /list.js": ANYBODY,
    "GET /xuat-excel": WORKERS | {"director"},
    "POST /xuat-excel": WORKERS | {"director"},
    "POST /ghi": WORKERS,
    "POST /ghi/hoan-tac": WORKERS,
    "POST /ghi/cho-lien-he": WORKERS,
    "POST /lien-he": WORKERS | {"director"},
}
"""Opened by a signed-in browser."""

EXPORT: Final = frozenset({"GET /xuat-excel", "POST /xuat-excel"})
"""Taking a whole list away is a right of its own beside the role: a person's (``may_export``), and administrators'."""


class SignInNeeded(Forbidden):
    """A page was asked for by a browser that has not signed in."""


Bearer = Annotated[HTTPAuthorizationCredentials | None, Security(HTTPBearer(auto_error=False))]


async def check(request: Request, bearer: Bearer) -> None:
    """Lets a request through, or raises Forbidden, Unauthorized without a key; a route without a rule is nobody's.

    A page's form is read here, so that its token can be checked: handlers find it as ``request.state.form``.
    """
    route = request.scope["route"]
    rule = f"{request.method} {route.path}"
    allowed = API.get(rule) or PAGES.get(rule)
    if allowed is None:
        raise Forbidden(
            "nobody may do this", value=rule, todo="give the route a rule in serving/rights/access.py"
        )
    form = request.method == "POST" and rule in PAGES
    if form:
        _same_origin(request)
        request.state.form = await _form(request)
    if allowed is ANYBODY:
        return
    home = request.app.state.home
    caller = await (
        apart(home, _by_key, request, bearer) if rule in API else apart(home, _by_cookie, request)
    )
    if form and not compare_digest(request.state.form.get("csrf", "").encode(), request.state.csrf.encode()):
        raise Forbidden("this form is too old", where=request.url.path, todo="open the page again")
    request.state.caller = caller
    what = await apart(home, _lacks, request, caller, allowed, route.endpoint.__module__)
    if what:
        await run_in_threadpool(_note_refusal, request, caller, rule)
        raise Forbidden(what, value=rule, where=caller.prefix, todo="ask an administrator for the right")


async def apart(home: Home, ask: Callable[..., T], *words: object) -> T:
    """What ``ask`` answers from the database: SQLite in less time than the way to another thread and back takes.

    A database server may be slow or gone; meanwhile others are served.
    """
    return ask(*words) if home.inbox_url.startswith("sqlite") else await run_in_threadpool(ask, *words)


def may_export(caller: Caller) -> bool:
    """Whether the caller may take whole lists away, of those the role sees."""
    return caller.may_export or caller.role == "admin"


def sees_whole(caller: Caller) -> bool:
    """Whether a key's lists show numbers and addresses whole: that right is named when the key is made."""
    return keys.EXPORT in (caller.scopes or ())


def _lacks(request: Request, caller: Caller, allowed: frozenset[str], module: str) -> str:
    """What the caller lacks for this request, empty for nothing: the role, the key's scope, the ownership."""
    if caller.role not in _named(allowed, request):
        return f"the role {caller.role} may not do this"
    if f"{request.method} {request.scope['route'].path}" in EXPORT and not may_export(caller):
        return "taking a whole list away is a right of its own"
    if caller.scopes is not None and module.rpartition(".")[2] not in caller.scopes:
        return "this key may not do this"
    subject = _subject(request)
    if subject is not None and caller.role in scope.OWNERS:
        with looking(request.app.state.home) as connection:
            if not scope.may_see(connection, caller, subject):
                return "this is somebody else's"
    return ""


def _subject(request: Request) -> str | None:
    """Whom a request is about: its address says so, or its form."""
    form = getattr(request.state, "form", {})
    said: str | None = request.path_params.get("subject", form.get("subject"))
    return said


def _by_key(request: Request, bearer: HTTPAuthorizationCredentials | None) -> Caller:
    if bearer is None:
        todo = "send the header Authorization: Bearer <key>"
        raise Unauthorized("this needs a key", where="Authorization header", todo=todo)
    return keys.caller(request.app.state.home, bearer.credentials)


def _by_cookie(request: Request) -> Caller:
    cookie = request.cookies.get(COOKIE)
    if cookie and (caller := keys.session_caller(request.app.state.home, cookie)):
        request.state.csrf = keys.csrf(cookie)
        return caller
    raise SignInNeeded("this page needs a sign-in", where=request.url.path, todo="sign in")


def _named(allowed: frozenset[str], request: Request) -> frozenset[str]:
    if "team" not in allowed:
        return allowed
    return allowed | {_team(request.path_params["target"]), "team_lead"}


@lru_cache(maxsize=64)
def _team(target: str) -> str:
    return TEAM[find(target).subject]


async def _form(request: Request) -> dict[str, str]:
    """The text fields of a form; Forbidden for a longer one than any page sends."""
    length = request.headers.get("content-length", "")
    if not length.isascii() or not length.isdigit() or int(length) > LONGEST_FORM:
        raise Forbidden("this form is too long", where=request.url.path)
    fields = await request.form(max_files=0)
    return {name: value for name, value in fields.items() if isinstance(value, str)}


def _note_refusal(request: Request, caller: Caller, rule: str) -> None:
    with writing(request.app.state.home) as session:
        audit.note(session, caller, rule[:64], _subject(request) or "", refused=True)


def _same_origin(request: Request) -> None:
    """Refuses forms of other sites. Browsers say the site only to https and to their own machine."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site", "same-origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign or site not in ("same-origin", "none"):
        raise Forbidden(
            "this form was sent from another site", value=origin, todo="open the page itself and try again"
        )

"""Signing a browser in and out, and what every page needs: the first page, the style, the icon."""

from collections.abc import Callable
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, RedirectResponse, Response

from crm.errors import Forbidden
from crm.settings import Home
from serving import keys
from serving.access import COOKIE, SignInNeeded
from serving.page import HERE, draw, menu

router = APIRouter(include_in_schema=False)
LONGEST_FORM = 1000


@router.get("/")
def first_page(request: Request) -> Response:
    """Sends each role to its own page."""
    cookie = request.cookies.get(COOKIE)
    caller = keys.session_caller(request.app.state.home, cookie) if cookie else None
    if caller is None:
        raise SignInNeeded("this page needs a sign-in")
    own = menu(caller.role)
    if not own:
        raise Forbidden(f"there is no page for the role {caller.role}", todo="use the key with the API")
    return RedirectResponse(own[0].path, 303)


@router.get("/dang-nhap")
def form(request: Request) -> Response:
    """The form for a key."""
    return draw(request, "sign_in", code="", refused="")


@router.post("/dang-nhap")
async def with_key(request: Request) -> Response:
    """Signs in with a key."""
    return await _signed_in(request, "khoa", keys.session_by_key, refused="key")


@router.get("/vao")
def link(request: Request, ma: str = "") -> Response:
    """A button for the one-time link: programs that look at links ahead of people must not use it up."""
    return draw(request, "sign_in", code=ma[:LONGEST_FORM], refused="")


@router.post("/vao")
async def with_link(request: Request) -> Response:
    """Signs in with a one-time link."""
    return await _signed_in(request, "ma", keys.session_by_link, refused="link")


@router.post("/dang-xuat")
def sign_out(request: Request) -> Response:
    """Ends the browser's session."""
    if cookie := request.cookies.get(COOKIE):
        keys.close_session(request.app.state.home, cookie)
    answer = RedirectResponse("/dang-nhap", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/style.css")
def style() -> Response:
    """The one style sheet."""
    return FileResponse(HERE / "static" / "style.css")


@router.get("/icon.svg")
def icon() -> Response:
    """The icon in the browser's tab."""
    return FileResponse(HERE / "static" / "icon.svg")


async def _field(request: Request, name: str) -> str:
    """One field of a small form; Forbidden for what no such form sends."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise Forbidden("this form is too long")
    return parse_qs(body.decode("ascii", "replace")).get(name, [""])[0].strip()


async def _signed_in(request: Request, field: str, by: Callable[[Home, str], str], refused: str) -> Response:
    """Opens a session ``by`` what the form's ``field`` holds, or shows the form again."""
    try:
        said = await _field(request, field)
        cookie = await run_in_threadpool(by, request.app.state.home, said)  # it may wait for another writer
    except Forbidden:
        return draw(request, "sign_in", 403, code="", refused=refused)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=keys.SESSION_LIFE // 1_000_000, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer

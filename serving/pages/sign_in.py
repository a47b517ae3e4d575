"""Signing a browser in and out, and what every page needs: the first page, the style, the icon."""

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from crm.errors import Forbidden
from serving.page import HERE, draw, menu, with_session
from serving.rights import keys, people
from serving.rights.access import COOKIE, SignInNeeded

router = APIRouter(include_in_schema=False)


@router.get("/")
def first_page(request: Request) -> Response:
    """Sends each role to its own page."""
    cookie = request.cookies.get(COOKIE)
    caller = keys.session_caller(request.app.state.home, cookie) if cookie else None
    if caller is None:
        raise SignInNeeded("this page needs a sign-in")
    own = menu(caller.role)
    return RedirectResponse(own[0].path if own else "/tai-khoan", 303)


@router.get("/dang-nhap")
def form(request: Request) -> Response:
    """The form for login and password, or a key."""
    return draw(request, "sign_in", code="", refused="", login="")


@router.post("/dang-nhap")
def with_password(request: Request) -> Response:
    """Signs in with login and password, or with a key."""
    home, said = request.app.state.home, request.state.form
    if "khoa" in said:
        return _signed_in(request, "key", lambda: keys.session_by_key(home, said["khoa"].strip()))
    login, password = said.get("ten", ""), said.get("mat_khau", "")
    return _signed_in(
        request, "password", lambda: people.session_by_password(home, login, password), login=login[:100]
    )


@router.get("/vao")
def link(request: Request, ma: str = "") -> Response:
    """A button for the one-time link: programs that look at links ahead of people must not use it up."""
    return draw(request, "sign_in", code=ma[:1000], refused="", login="")


@router.post("/vao")
def with_link(request: Request) -> Response:
    """Signs in with a one-time link."""
    home, code = request.app.state.home, request.state.form.get("ma", "")
    return _signed_in(request, "link", lambda: keys.session_by_link(home, code))


@router.post("/dang-xuat")
def sign_out(request: Request) -> Response:
    """Ends the browser's session."""
    keys.close_session(request.app.state.home, request.cookies[COOKIE])
    answer = RedirectResponse("/dang-nhap", 303)
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/style.css")
def style() -> Response:
    """The one style sheet."""
    return FileResponse(HERE / "static" / "style.css")


@router.get("/wait.js")
def script() -> Response:
    """The script of every page: it says so when the next one takes long."""
    return FileResponse(HERE / "static" / "wait.js", media_type="text/javascript")


@router.get("/icon.svg")
def icon() -> Response:
    """The icon in the browser's tab."""
    return FileResponse(HERE / "static" / "icon.svg")


def _signed_in(request: Request, refused: str, opened: Callable[[], str], login: str = "") -> Response:
    """Opens a session, or shows the form again with what was ``refused``."""
    try:
        return with_session(request, opened(), "/")
    except Forbidden:
        return draw(request, "sign_in", 403, code="", refused=refused, login=login)

"""Draws a page: its template with its words in the reader's language."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crm.clock import SECOND
from crm.discover import modules
from crm.errors import LeadkeepError, SettingsError
from features.words import code
from serving import say
from serving.rights.access import COOKIE, PAGES, SignInNeeded
from serving.rights.keys import SESSION_LIFE, Caller
from serving.wording import words

HERE = Path(__file__).parent
LANGUAGES = ("vi", "en")
LANGUAGE_COOKIE = "leadkeep_language"
YEAR = 365 * 24 * 3600
SEARCH = "POST /tim"


class Place(NamedTuple):
    """A page in the menu: its address, and the page whose words name it."""

    path: str
    page: str


def menu(role: str) -> list[Place]:
    """The pages that ``role`` may open, in order: those whose module says ``MENU``, its place."""
    found = [
        (module.MENU, name, module)
        for name, module in modules("serving.pages").items()
        if hasattr(module, "MENU")
    ]
    places = [
        Place(module.router.routes[0].path, name)
        for _, name, module in sorted(found, key=lambda one: one[:2])
    ]
    return [place for place in places if role in PAGES[f"GET {place.path}"]]


def draw(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """``templates/<name>.html`` with ``words/<name>.toml`` and the words all pages share."""
    chosen = language(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    other = LANGUAGES[1 - LANGUAGES.index(chosen)]
    text = _environment().get_template(f"{name}.html").render(
        page=name, words=words("layout", chosen) | words(name, chosen), lang=chosen, other=other,
        elsewhere=f"?{request.url.include_query_params(lang=other).query}", path=request.url.path,
        menu=[(place.path, words(place.page, chosen)["title"]) for place in menu(caller.role)] if caller else [],
        may_search=caller is not None and caller.role in PAGES[SEARCH],
        who=getattr(caller, "name", ""), signed_in=caller is not None, csrf=getattr(request.state, "csrf", ""),
        **values,
    )  # fmt: skip
    answer = HTMLResponse(text, status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="strict")
    return answer


def with_session(request: Request, cookie: str, to: str) -> Response:
    """Sends a browser on that was signed in just now."""
    answer = RedirectResponse(to, 303)
    answer.set_cookie(
        COOKIE, cookie, max_age=SESSION_LIFE // SECOND, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip
    return answer


def language(request: Request) -> str:
    """What the address asks for, else what was asked for last, else the company's language."""
    asked = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    if found := next((one for one in asked if one in LANGUAGES), None):
        return found
    try:
        chosen: str = request.app.state.home.settings.language
    except SettingsError:  # the page that says so needs a language too
        return LANGUAGES[0]
    return chosen


def error_page(request: Request, error: LeadkeepError) -> Response:
    """The same four parts an API answer has, for a person; who has not signed in is sent to do so."""
    if isinstance(error, SignInNeeded):
        return RedirectResponse("/dang-nhap", 303)
    return draw(request, "error", error.http_status, kind=type(error).__name__, error=error)


@lru_cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    made.filters |= {
        "code": code,
        "chance": say.chance,
        "about": say.about,
        "counted": say.count,
        "phone": say.phone,
        "masked": say.masked,
        "zalo": say.zalo,
        "called": say.called,
        "apart": say.apart,
    }
    return made

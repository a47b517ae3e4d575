"""Draws a page: its template with its words in the reader's language."""

from functools import lru_cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from crm.errors import LeadkeepError, SettingsError
from features.words import code
from serving import say
from serving.access import PAGES, SignInNeeded
from serving.keys import Caller
from serving.wording import words

HERE = Path(__file__).parent
LANGUAGES = ("vi", "en")
LANGUAGE_COOKIE = "leadkeep_language"
YEAR = 365 * 24 * 3600
FRONT = ("/hom-nay", "/khach-co-nguy-co")
"""The pages in the menu; a role sees those it may open."""


def draw(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """``templates/<name>.html`` with ``words/<name>.toml`` and the words all pages share."""
    chosen = language(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    menu = [path for path in FRONT if caller and caller.role in PAGES[f"GET {path}"]]
    text = _environment().get_template(f"{name}.html").render(
        page=name, words=words("layout", chosen) | words(name, chosen), lang=chosen, path=request.url.path,
        menu=menu, signed_in=caller is not None, **values,
    )  # fmt: skip
    answer = HTMLResponse(text, status)
    if request.query_params.get("lang") in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=YEAR, httponly=True, samesite="strict")
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
        "phone": say.phone,
        "called": say.called,
    }
    return made

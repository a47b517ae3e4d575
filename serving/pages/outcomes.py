"""Takes what came of a contact with one tap, takes it back, and opens a contact's number; with the lists' script."""

from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from crm.clock import parse
from crm.directory import Card, cards
from crm.errors import Forbidden, SettingsError, SourceError
from crm.operations import reading, writing
from crm.tables.work import Tap
from serving.page import HERE, draw, language
from serving.pages.profile import draw_profile
from serving.rights import audit
from serving.say import moment
from serving.wording import words
from serving.work import outcomes
from serving.work.calendar import Calendar
from serving.work.listing import PLACES, draw_list, target_of
from serving.work.taps import Given, tap, undo
from serving.work.wishes import lift, unwilling

router = APIRouter(include_in_schema=False)

PART = "x-leadkeep-part"
"""Sent by our script, which puts a part of a page into the one that stands."""


@router.post("/ghi")
def said(request: Request) -> Response:
    """Keeps an outcome; the same form sent again changes nothing.

    A call is kept for the time they agreed to, whatever the hour: the law excepts calls that were agreed.
    """
    form, home = request.state.form, request.app.state.home
    target = target_of(form, request.state.caller)
    code, due = form.get("code", ""), form.get("soon") or form.get("due") or ""
    asks = outcomes.one(target, code).asks
    try:
        due_at = parse(due, home.settings.zone) if asks == "when" else None
    except SettingsError as error:
        raise SourceError("not a date and time", value=due[:40], todo="choose both") from error
    given = Given(
        form.get("id", ""), form.get("subject", ""), target, code, due_at,
        form.get("why", "") if asks == "why" else "", form.get("note", "").strip(),
    )  # fmt: skip
    kept = tap(home, request.state.caller, given)
    if PART not in request.headers:
        return _back(request, target, kept.subject)
    lang = language(request)
    spoken = outcomes.said(kept.code, lang, kept.why)
    if kept.due_at is not None:
        spoken += f" · {moment(kept.due_at, home.settings.zone, lang, kept.at)}"
    return _part(request, tap=kept, spoken=spoken, target=target, after_hours=_after_hours(request, kept))


@router.post("/ghi/hoan-tac")
def taken_back(request: Request) -> Response:
    """Takes one of today's outcomes back."""
    form = request.state.form
    target = target_of(form, request.state.caller)
    row = undo(request.app.state.home, request.state.caller, form.get("id", ""))
    return Response(status_code=204) if PART in request.headers else _back(request, target, row.subject)


@router.post("/ghi/cho-lien-he")
def allowed(request: Request) -> Response:
    """Somebody who did not want to be contacted agrees to it again."""
    home, subject = request.app.state.home, request.state.form.get("subject", "")
    with writing(home) as session:
        lift(session, home, request.state.caller, subject)
    return RedirectResponse(f"/ho-so/{quote(subject)}", 303)


@router.post("/lien-he")
def opened(request: Request) -> Response:
    """Shows how to reach somebody; who looked is noted. Raises Forbidden for who asked not to be contacted."""
    form, home = request.state.form, request.app.state.home
    target, subject = target_of(form, request.state.caller), form.get("subject", "")
    with writing(home) as session:
        refused = subject in unwilling(session, home)
        audit.note(session, request.state.caller, "phone.open", subject, refused=refused)
    if refused:
        todo = "leave them alone, or note on their profile that they agree to it again"
        raise Forbidden("they asked not to be contacted", value=subject, todo=todo)
    if PART not in request.headers:
        return draw_profile(request, subject, opened=True) if _on_profile(request) \
            else draw_list(request, target, opened=subject)  # fmt: skip
    return _part(request, links=cards(home, [subject])[subject], target=target)


@router.get("/list.js")
def script() -> Response:
    """The lists' script: without it every form still works, by loading the page again."""
    return FileResponse(HERE / "static" / "list.js", media_type="text/javascript")


def _part(
    request: Request,
    *,
    target: str,
    tap: Tap | None = None,
    spoken: str = "",
    links: Card | None = None,
    after_hours: bool = False,
) -> Response:
    terms = words("list", language(request))
    return draw(
        request, "outcomes", terms=terms, tap=tap, spoken=spoken, links=links, target=target,
        after_hours=after_hours,
    )  # fmt: skip


def _after_hours(request: Request, kept: Tap) -> bool:
    """Whether a call was agreed for a time in which its person does not work."""
    home = request.app.state.home
    if kept.due_at is None:
        return False
    with reading(home) as session:
        return not Calendar.of(session, home.settings, kept.person).works(kept.due_at)


def _on_profile(request: Request) -> bool:
    return request.query_params.get("o") == "ho-so"


def _back(request: Request, target: str, subject: str) -> RedirectResponse:
    """To the list as it was looked at, or to the profile."""
    if _on_profile(request):
        return RedirectResponse(f"/ho-so/{quote(subject)}", 303)
    query = urlencode(list(request.query_params.items()))
    return RedirectResponse(PLACES[target][1] + (f"?{query}" if query else ""), 303)

"""Takes a whole list away as an Excel file, for those who have that right; each time is noted."""

from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from crm.clock import now, to_datetime
from crm.operations import reading, writing
from crm.tables.people import Team
from features.words import Language, code
from models.target import find
from serving.page import draw, language
from serving.rights import audit
from serving.work.calendar import Calendar
from serving.work.export import written
from serving.work.listing import PLACES, Asked, target_of
from serving.work.spoken import Spoken
from serving.work.workday import everybody
from serving.work.worklists import Chosen, ranked

router = APIRouter(include_in_schema=False)
KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST: Final = 1_000_000
"""Rows: a sheet holds no more."""


@router.get("/xuat-excel")
def about_to(request: Request) -> HTMLResponse:
    """What the file would hold."""
    home, caller, said = request.app.state.home, request.state.caller, request.query_params
    target, asked = target_of(said, caller), Asked.of(said)
    with reading(home) as session:
        _, found = ranked(session, home, target, caller, asked.chosen)
        narrowed = _narrowed(session, asked.chosen, _language(request))
    return draw(
        request, "export", target=target, here=PLACES[target][1], query=asked.query(trang=""), chosen=asked.chosen,
        count=len(found), narrowed=narrowed,
    )  # fmt: skip


@router.post("/xuat-excel")
def file(request: Request) -> Response:
    """The file: everybody on the caller's list whom the form's filters leave."""
    home, caller, said = request.app.state.home, request.state.caller, request.state.form
    target, asked = target_of(said, caller), Asked.of(said)
    lookup, lang = request.app.state.live.looking_up(), _language(request)
    found, entries, _ = everybody(home, target, caller, asked.chosen, lookup, 0, MOST)
    with reading(home) as session:
        calendar = Calendar.of(session, home.settings, caller.person)
    speaker = Spoken(home.settings, find(target).subject, lang, calendar)
    made = written(entries, found.people, found.run.horizon_days, speaker)
    with writing(home) as session:
        audit.note(session, caller, "export", target, rows=len(entries), **_filters(asked.chosen))
    name = f"{PLACES[target][1][1:]}-{to_datetime(now(), home.settings.zone):%Y%m%d}.xlsx"
    return Response(made, media_type=KIND, headers={"content-disposition": f'attachment; filename="{name}"'})


def _filters(chosen: Chosen) -> dict[str, Any]:
    return {name: value for name, value in chosen._asdict().items() if value}


def _narrowed(session: Session, chosen: Chosen, lang: Language) -> list[str]:
    """The filters in words."""
    team = session.get(Team, chosen.team) if chosen.team is not None else None
    said = (code(chosen.source, lang), team.name if team else "", chosen.branch)
    return [one for one in said if one]


def _language(request: Request) -> Language:
    return "vi" if language(request) == "vi" else "en"

"""What needs somebody now: alerts that concern the caller, and what lies in their team's pool to be taken."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from crm.clock import show
from crm.directory import cards
from crm.discover import modules
from crm.operations import reading
from crm.standing import entered_first
from crm.tables.work import Assignment
from serving.page import draw, language
from serving.typed import whole
from serving.work import alerts, assigning, holding
from serving.work.wishes import unwilling

router = APIRouter(include_in_schema=False)
MENU = 25
POOL: Final = 50
"""The most urgent of the pool are offered."""

WORKING: Final = ("sales", "care", "team_lead")


@router.get("/canh-bao")
def urgent(request: Request, xong: str = "") -> HTMLResponse:
    """The newest alerts first; of the pool the hot ones first."""
    home, caller = request.app.state.home, request.state.caller
    with reading(home) as session:
        found = alerts.shown(session, caller)
        pool: list[str] = []
        if caller.person is not None and caller.role in WORKING:
            mine = Assignment.team == caller.team, Assignment.person.is_(None), Assignment.until.is_(None)
            held = set(session.scalars(select(Assignment.subject).where(*mine))) - unwilling(session, home)
            chances = holding.chances(session, home)
            pool = sorted(held, key=lambda one: assigning.urgency(one, chances))[:POOL]
            hot = {one for one in pool if one in chances and chances[one].hot}
    lang = language(request).upper()
    watches = modules("serving.watches")
    return draw(
        request, "alerts", found=found, pool=pool, hot=hot if pool else set(), done=xong,
        cards=cards(home, [one.subject for one in found] + pool), first=entered_first(home, pool),
        what=lambda kind: getattr(watches[kind], f"ONE_{lang}"),
        todo=lambda kind: getattr(watches[kind], f"TODO_{lang}"),
        when=lambda at: show(at, home.settings.zone),
    )  # fmt: skip


@router.post("/canh-bao/da-xem")
def dismiss(request: Request) -> Response:
    """Takes one alert off the pages."""
    number = whole(request.state.form.get("so", ""))
    alerts.dismiss(request.app.state.home, request.state.caller, -1 if number is None else number)
    return RedirectResponse("/canh-bao?xong=xem", 303)


@router.post("/canh-bao/nhan")
def take(request: Request) -> Response:
    """Takes one out of the pool."""
    assigning.take(request.app.state.home, request.state.caller, request.state.form.get("subject", ""))
    return RedirectResponse("/canh-bao?xong=nhan", 303)

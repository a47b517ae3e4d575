"""The team: who holds how much, what nobody touched, whether it is shared fairly, who is behind and what to do."""

from collections.abc import Collection
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import now, show, to_datetime
from crm.directory import cards
from crm.errors import SourceError
from crm.operations import reading
from crm.standing import entered_first
from crm.tables.people import Team
from crm.tables.work import Tap
from serving.page import draw, language
from serving.rights.keys import Caller
from serving.typed import whole
from serving.wording import words
from serving.work import absences, alerts, assigning, outcomes
from serving.work.calendar import Calendar
from serving.work.playbook import overview

router = APIRouter(include_in_schema=False)
MENU = 30
OUTCOMES: Final = 50
"""Outcomes of today that are shown."""


@router.get("/doi")
def team(request: Request, nhom: int = 0, xong: str = "") -> HTMLResponse:
    """The caller's team; directors and administrators choose one."""
    home, caller = request.app.state.home, request.state.caller
    with reading(home) as session:
        teams = _teams(session, caller)
        chosen = next((one for one in teams if one.id == nhom), teams[0] if teams else None)
        found = overview(session, home, chosen) if chosen else None
        people = {line.person: line.name for line in found.lines} if found else {}
        today = to_datetime(now(), home.settings.zone).date()
        away = absences.coming(session, people, today)
        tapped = _tapped(session, Calendar(home.settings), people)
        urgent = [one for one in alerts.shown(session, caller) if chosen and one.team == chosen.id]
    waiting = [one.subject for one in found.waiting] if found else []
    subjects = [*waiting, *(one.subject for one in tapped)]
    lang = language(request)
    return draw(
        request, "team", teams=teams, found=found, urgent=len(urgent), cards=cards(home, subjects),
        first=entered_first(home, waiting), done=xong, away=away, people=people, today=today,
        time_off=words("leave", lang), when=lambda at: show(at, home.settings.zone), tapped=tapped,
        outcome=lambda tap: outcomes.said(tap.code, lang, tap.why),
    )  # fmt: skip


@router.post("/doi/giao")
def hand_over(request: Request) -> Response:
    """Hands one lead or customer to a colleague, and goes back to the profile where it was done there."""
    said = request.state.form
    to = _number(said, "nguoi")
    assigning.hand_over(request.app.state.home, request.state.caller, said.get("subject", ""), to)
    if request.query_params.get("o") == "ho-so":
        return RedirectResponse(f"/ho-so/{quote(said['subject'], safe='')}?xong=giao", 303)
    return _back(said, "giao")


@router.post("/doi/nguong")
def thresholds(request: Request) -> Response:
    """Sets from which chance on a team's leads go to its people, and when they are recalled."""
    said = request.state.form
    at = _number(said, "nguong") / 100 if said.get("nguong", "").strip() else None
    team, hours = _number(said, "nhom"), _number(said, "gio")
    assigning.qualify(request.app.state.home, request.state.caller, team, at, hours)
    return _back(said, "nguong")


def _teams(session: Session, caller: Caller) -> list[Team]:
    asked = select(Team).order_by(Team.name)
    if caller.role not in assigning.ANYBODY:
        asked = asked.where(Team.id == caller.team)
    return list(session.scalars(asked))


def _tapped(session: Session, calendar: Calendar, people: Collection[int]) -> list[Tap]:
    """What the team's people said today of those they dealt with, the newest first."""
    today = calendar.begins(calendar.day(now()))
    asked = select(Tap).where(Tap.person.in_(people), Tap.at >= today, Tap.undone_at.is_(None))
    return list(session.scalars(asked.order_by(Tap.at.desc()).limit(OUTCOMES)))


def _number(said: dict[str, str], name: str) -> int:
    number = whole(said.get(name, ""))
    if number is None:
        raise SourceError("not a whole number", value=said.get(name, "")[:20], where=name)
    return number


def _back(said: dict[str, str], done: str) -> Response:
    return RedirectResponse(f"/doi?nhom={_number(said, 'nhom')}&xong={done}", 303)

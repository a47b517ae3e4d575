"""Leave entered and taken back, on one's own page and on the team's."""

from datetime import date
from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from crm.errors import SourceError
from serving.work import absences

router = APIRouter(include_in_schema=False)

FROM: Final = {"tai-khoan": "/tai-khoan", "doi": "/doi"}
"""Pages that hold the form."""


@router.post("/nghi")
def enter(request: Request) -> Response:
    """Keeps somebody's leave."""
    said = request.state.form
    first = _day(said, "tu")
    last = _day(said, "den") if said.get("den") else first
    absences.enter(request.app.state.home, request.state.caller, _person(said), first, last)
    return _back(said)


@router.post("/nghi/bo")
def take_back(request: Request) -> Response:
    """Forgets a leave."""
    said = request.state.form
    absences.take_back(request.app.state.home, request.state.caller, _person(said), _day(said, "tu"))
    return _back(said)


def _day(said: dict[str, str], name: str) -> date:
    try:
        return date.fromisoformat(said.get(name, ""))
    except ValueError as error:
        raise SourceError("not a day", value=said.get(name, "")[:20], where=name) from error


def _person(said: dict[str, str]) -> int:
    number = said.get("nguoi", "")
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise SourceError("not a person", value=number[:20], where="nguoi")
    return int(number)


def _back(said: dict[str, str]) -> Response:
    team = said.get("nhom", "")
    page = FROM.get(said.get("tu-trang", ""), "/tai-khoan")
    more = f"nhom={team}&" if page == FROM["doi"] and team.isascii() and team.isdigit() else ""
    return RedirectResponse(f"{page}?{more}xong=nghi", 303)

"""The audit log: who did what lately, and what was refused."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from crm.clock import show
from crm.operations import reading
from crm.tables.people import Deed, Person
from serving.page import draw

router = APIRouter(include_in_schema=False)
MENU = 95
SHOWN = 200


class Line(NamedTuple):
    """One deed: when, by whom (the beginning of the key where nobody signed in by name), what, to what."""

    time: str
    who: str
    role: str
    action: str
    object: str
    refused: bool


@router.get("/nhat-ky")
def log(request: Request, truoc: Annotated[int | None, Query(ge=1, lt=2**62)] = None) -> HTMLResponse:
    """The newest deeds, or those before number ``truoc``."""
    home = request.app.state.home
    asked = select(Deed, Person.name).outerjoin(Person, Person.id == Deed.person).order_by(Deed.id.desc())
    if truoc is not None:
        asked = asked.where(Deed.id < truoc)
    with reading(home) as session:
        rows = session.execute(asked.limit(SHOWN)).all()
    lines = [
        Line(
            show(deed.at, home.settings.zone),
            name or deed.prefix or "",
            deed.role,
            deed.action,
            deed.object,
            deed.refused,
        )
        for deed, name in rows
    ]
    older = rows[-1][0].id if len(rows) == SHOWN else None
    return draw(request, "log", lines=lines, older=older)

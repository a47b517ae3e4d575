"""The audit log in words: who did what lately, and what was refused."""

from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from crm.clock import show
from crm.operations import reading
from crm.tables.people import Deed, Person, Team
from serving.page import draw, language
from serving.rights.audit import COMMAND_LINE
from serving.wording import words

router = APIRouter(include_in_schema=False)
MENU = 95
SHOWN = 200


class Line(NamedTuple):
    """One deed: when, by whom, what, to what. Of what was refused, ``action`` is the address."""

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
        named = {f"person:{id}": name for id, name in session.execute(select(Person.id, Person.name))}
        named |= {f"team:{id}": name for id, name in session.execute(select(Team.id, Team.name))}
    lang = language(request)
    said = words("log", lang) | words("account", lang)
    lines = [
        Line(
            show(deed.at, home.settings.zone), name or _without_name(deed.prefix or "", said),
            said[f"R_{deed.role}"], said.get(f"D_{deed.action}", deed.action),
            named.get(deed.object, "" if deed.action == "sign-in" else deed.object), deed.refused,
        )
        for deed, name in rows
    ]  # fmt: skip
    older = rows[-1][0].id if len(rows) == SHOWN else None
    return draw(request, "log", lines=lines, older=older)


def _without_name(prefix: str, said: dict[str, str]) -> str:
    """Who came without a name: the server's own terminal, a one-time link, or a key, of which its beginning."""
    if prefix == COMMAND_LINE.prefix:
        return said["W_terminal"]
    return said["W_link"] if prefix == "link" else f"{said['W_key']} {prefix}"

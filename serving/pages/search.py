"""Finds a lead or customer by name, number, e-mail, company or id, among those the caller may see."""

from typing import Final, NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import search
from crm.directory import Card, cards
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Person
from serving.page import draw
from serving.rights import audit, scope
from serving.rights.access import COOKIE
from serving.rights.sealed import seal, unseal
from serving.work import holding

router = APIRouter(include_in_schema=False)

LONGEST: Final = 100
"""Letters of a question."""

SHOWN: Final = 30


class Hit(NamedTuple):
    """Somebody found, and whose they are."""

    card: Card
    holder: str


@router.post("/tim")
def ask(request: Request) -> Response:
    """Goes on to the answer, at an address that does not tell whom it is about."""
    asked = " ".join(request.state.form.get("tim", "").split())[:LONGEST]
    if not asked:
        return RedirectResponse("/tim", 303)
    with writing(request.app.state.home) as session:
        audit.note(session, request.state.caller, "search", "")
    return RedirectResponse(f"/tim?ma={seal(asked, request.cookies[COOKIE])}", 303)


@router.get("/tim")
def answer(request: Request, ma: str = "") -> HTMLResponse:
    """Whom the words fit, the closest first.

    Digits complete a number that rows show in part: of whom they were right is noted as of who opened it.
    """
    home, caller = request.app.state.home, request.state.caller
    asked = unseal(ma, request.cookies[COOKIE])
    found = search.find(home, asked) if asked else []
    with writing(home) if search.dialled(asked) else reading(home) as session:
        mine = scope.visible(session, caller, found)
        seen = [subject for subject in found if subject in mine]
        hits = _hits(session, home, seen[:SHOWN])
        if search.dialled(asked):
            for hit in hits:
                audit.note(session, caller, "phone.open", hit.card.subject, searched=True)
    return draw(request, "search", looked_for=asked, hits=hits, count=len(seen))


def _hits(session: Session, home: Home, subjects: list[str]) -> list[Hit]:
    known, held = cards(home, subjects), holding.held(session, subjects)
    who = {one.person for one in held.values() if one.person is not None}
    names = dict(session.execute(select(Person.id, Person.name).where(Person.id.in_(who))).all())
    return [
        Hit(known[one], names.get(held[one].person or 0, "") if one in held else known[one].owner)
        for one in subjects
    ]

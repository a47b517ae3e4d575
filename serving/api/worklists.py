"""Worklists for sales and care, with whom to contact: in part, or whole for a key that may take lists away."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from crm.clock import iso
from crm.operations import writing
from serving import say
from serving.api import FORBIDDEN, INVALID, NO_DATA, OUT_OF_ORDER, UNKNOWN
from serving.api.scores import StoredScore
from serving.rights import audit
from serving.rights.access import sees_whole
from serving.work.worklists import Row, worklist

router = APIRouter(prefix="/api/v1/worklists", tags=["worklists"])


class Contact(BaseModel):
    """Whom to contact; parts the CRM does not hold are empty. ``phone`` and ``email`` are whole or in part."""

    salutation: str
    name: str
    company: str
    phone: str
    email: str
    owner: str
    channel: str
    product: str


class Entry(BaseModel):
    """One place on the list."""

    score: StoredScore
    contact: Contact


class Answer(BaseModel):
    """The list, the most urgent first; ``counts`` says how many people each band holds in all.

    ``masked``: numbers and addresses are shown in part, since the key has no scope ``export``.
    """

    target: str
    as_of: str
    version: str
    stale: bool
    counts: dict[str, int]
    masked: bool
    entries: list[Entry]


@router.get("/{target}", responses=FORBIDDEN | UNKNOWN | NO_DATA | INVALID | OUT_OF_ORDER)
def get(
    request: Request,
    target: str,
    limit: Annotated[int | None, Query(ge=1, le=1000)] = None,
    lang: Literal["vi", "en"] = "vi",
) -> Answer:
    """Whom to contact first; ``limit`` defaults to what its teams can do in a day. Each time is noted."""
    home, caller = request.app.state.home, request.state.caller
    found, whole = worklist(home, target, limit, caller), sees_whole(caller)
    with writing(home) as session:
        audit.note(session, caller, "export" if whole else "list", target, rows=len(found.rows))
    return Answer(
        target=target, as_of=iso(found.run.cutoff), version=found.run.version, stale=found.stale,
        counts=found.counts, masked=not whole, entries=[_entry(row, lang, whole) for row in found.rows],
    )  # fmt: skip


def _entry(row: Row, lang: str, whole: bool) -> Entry:
    contact = Contact(**{name: getattr(row.card, name) or "" for name in Contact.model_fields})
    if not whole:
        contact.phone = contact.phone and say.masked(contact.phone)
        contact.email = contact.email and say.masked_mail(contact.email)
    return Entry(score=StoredScore.of(row.score, lang), contact=contact)

"""A score computed on request, from the newest events and the model in use."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel

from crm.clock import iso
from serving.api import FORBIDDEN, INVALID, NO_DATA, OUT_OF_ORDER, UNKNOWN
from serving.api.scores import SaidReason
from serving.proof.shown import by_rule
from serving.rights import scope
from serving.rights.access import apart

router = APIRouter(prefix="/api/v1/live-scores", tags=["scores"])


class LiveAnswer(BaseModel):
    """A score as of this moment; ``load`` is the import whose events it used."""

    target: str
    subject: str
    as_of: str
    load: int
    version: str
    kind: str
    probability: float
    band: str | None
    reasons: list[SaidReason]


@router.get(
    "/{target}/{subject:path}",
    response_model=LiveAnswer,
    responses=FORBIDDEN | UNKNOWN | NO_DATA | INVALID | OUT_OF_ORDER,
)
async def get(
    request: Request,
    target: str,
    subject: str,
    lang: Literal["vi", "en"] = "vi",
    reasons: Annotated[int, Query(ge=0, le=20)] = 5,
) -> Response:
    """The probability now, with reasons; nothing is stored. Sales and care are told what the lists go by."""
    home, live = request.app.state.home, request.app.state.live
    works = request.state.caller.role in scope.OWNERS
    ruled = works and await apart(home, by_rule, home, target, subject)
    found = await apart(home, live.score, target, subject, lang, reasons, ruled)
    answer = LiveAnswer(
        target=target, subject=subject, as_of=iso(found.cutoff), load=found.load, version=found.version,
        kind=found.kind, probability=found.probability, band=live.band(target, found.probability),
        reasons=[SaidReason(topic=r.topic, text=r.text, contribution=r.contribution) for r in found.reasons],
    )  # fmt: skip
    # Written out here: FastAPI would check the answer against its own model a second time.
    return Response(answer.model_dump_json(), media_type="application/json")

"""How a live score comes about: every topic's part, adding up to the raw score."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel

from crm.clock import iso
from serving.api import FORBIDDEN, INVALID, NO_DATA, OUT_OF_ORDER, UNKNOWN
from serving.api.scores import SaidReason
from serving.proof.shown import by_rule
from serving.rights import scope

router = APIRouter(prefix="/api/v1/explanations", tags=["scores"])
ALL = 1000


class Explanation(BaseModel):
    """``base`` plus all contributions is ``raw``, in log-odds before calibration, within 1e-6."""

    target: str
    subject: str
    as_of: str
    version: str
    kind: str
    probability: float
    raw: float
    base: float
    topics: list[SaidReason]


@router.get("/{target}/{subject:path}", responses=FORBIDDEN | UNKNOWN | NO_DATA | INVALID | OUT_OF_ORDER)
def get(request: Request, target: str, subject: str, lang: Literal["vi", "en"] = "vi") -> Explanation:
    """Why the score is what it is, topic by topic, the strongest first; to sales and care as the lists have it."""
    ruled = request.state.caller.role in scope.OWNERS and by_rule(request.app.state.home, target, subject)
    found = request.app.state.live.score(target, subject, lang, ALL, ruled)
    return Explanation(
        target=target, subject=subject, as_of=iso(found.cutoff), version=found.version, kind=found.kind,
        probability=found.probability, raw=found.raw, base=found.base,
        topics=[SaidReason(topic=r.topic, text=r.text, contribution=r.contribution) for r in found.reasons],
    )  # fmt: skip

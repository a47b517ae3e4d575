"""The stored score of one subject."""

from typing import Any, Literal, Self

from fastapi import APIRouter, Request
from pydantic import BaseModel

from crm.clock import iso
from crm.errors import NotFound
from crm.operations import reading
from crm.tables.scores import Score
from serving.api import FORBIDDEN, INVALID, OUT_OF_ORDER, UNKNOWN
from serving.proof.shown import shown
from serving.rights import scope

router = APIRouter(prefix="/api/v1/scores", tags=["scores"])


class SaidReason(BaseModel):
    """Why, in one language; ``contribution`` is signed log-odds, the strongest first."""

    topic: str
    text: str
    contribution: float


class StoredScore(BaseModel):
    """A score as it was computed for everybody; money is the smallest unit of the company's currency."""

    target: str
    subject: str
    source: str
    source_id: str
    as_of: str
    version: str
    kind: str
    probability: float
    band: str
    value: int | None
    expected: int | None
    reasons: list[SaidReason]

    @classmethod
    def of(cls, score: Score, lang: str) -> Self:
        """The row of the operations database, its reasons in ``lang``."""
        fields: dict[str, Any] = {name: getattr(score, name) for name in SCALARS}
        return cls(as_of=iso(score.cutoff), reasons=said(score.reasons, lang), **fields)


SCALARS = tuple(name for name in StoredScore.model_fields if name not in ("as_of", "reasons"))


def said(reasons: list[dict[str, Any]], lang: str) -> list[SaidReason]:
    """Stored reasons in one language."""
    return [SaidReason(topic=r["topic"], text=r[lang], contribution=r["contribution"]) for r in reasons]


@router.get("/{target}/{subject:path}", responses=FORBIDDEN | UNKNOWN | INVALID | OUT_OF_ORDER)
def get(request: Request, target: str, subject: str, lang: Literal["vi", "en"] = "vi") -> StoredScore:
    """The newest stored score, with the moment it was computed for; to sales and care as the lists show it."""
    with reading(request.app.state.home) as session:
        score = session.get(Score, (target, subject))
        if score is None:
            todo = f"check the id, or run leadkeep score {target}"
            raise NotFound("no score of this subject", value=subject, where=target, todo=todo)
        if request.state.caller.role in scope.OWNERS:
            (score,) = shown(session, [score])
    return StoredScore.of(score, lang)

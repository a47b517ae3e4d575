"""The models a home holds: which is in use, what was measured, and whether it beat the simple rule."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel

from crm.clock import iso
from models.registry import Entry, list_models
from models.target import find
from serving.api import FORBIDDEN, INVALID, OUT_OF_ORDER, UNKNOWN

router = APIRouter(prefix="/api/v1/models", tags=["models"])


class Model(BaseModel):
    """``note`` is the gate's verdict where the rule scores, ``problem`` says why a model cannot be used.

    ``examined`` says on which rows ``metrics`` were measured: the test stretch, a horizon after what was learned
    from, or held-out folds; "" where nothing could be.
    """

    target: str
    version: str
    kind: str
    as_of: str
    champion: bool
    note: str
    problem: str
    examined: str
    metrics: dict[str, Any]

    @classmethod
    def of(cls, entry: Entry) -> "Model":
        """As the registry lists it."""
        return cls(
            target=entry.target, version=entry.version, kind=entry.kind, as_of=iso(entry.as_of),
            champion=entry.champion, note=entry.note, problem=entry.problem,
            examined=(entry.metrics or {}).get("examined", ""), metrics=entry.metrics or {},
        )  # fmt: skip


@router.get("", responses=FORBIDDEN | OUT_OF_ORDER)
def everything(request: Request) -> list[Model]:
    """Every model of every target, the newest first."""
    return [Model.of(entry) for entry in list_models(request.app.state.home)]


@router.get("/{target}", responses=FORBIDDEN | UNKNOWN | INVALID | OUT_OF_ORDER)
def of_target(request: Request, target: str) -> list[Model]:
    """Every model of one target, the newest first."""
    return [Model.of(entry) for entry in list_models(request.app.state.home, find(target).name)]

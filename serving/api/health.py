"""Whether the service is alive, ready, and how old what it knows is."""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from crm import leases
from crm.clock import SECOND, iso, now
from crm.errors import NotFound
from crm.operations import reading
from models.target import all_targets
from serving.api import FORBIDDEN, OUT_OF_ORDER
from serving.runs import newest
from serving.scores import rescoring

router = APIRouter(prefix="/api/v1/health", tags=["health"])

NOBODY = "no process scores live: leadkeep serve starts one within seconds, and its log says what keeps it"


class Alive(BaseModel):
    """That the process answers."""

    status: str


class ModelHealth(BaseModel):
    """What answers live requests for one target; ``problem`` says why a newer model does not."""

    version: str | None
    kind: str | None
    problem: str | None
    scored_as_of: str | None
    age_seconds: int | None


class Health(BaseModel):
    """What is served, from which load of the data; ``problem`` says why nothing newer is, or nobody is scored live."""

    ready: bool
    load: int | None
    problem: str | None
    targets: dict[str, ModelHealth]


@router.get("/live")
def live() -> Alive:
    """Answers as long as the process does."""
    return Alive(status="alive")


@router.get("/ready", responses={503: {"model": Alive, "description": "No model is loaded yet"}})
def ready(request: Request, response: Response) -> Alive:
    """200 once at least one target can be scored live."""
    if request.app.state.live.ready:
        return Alive(status="ready")
    response.status_code = 503
    return Alive(status="starting")


@router.get("", responses=FORBIDDEN | OUT_OF_ORDER)
def health(request: Request) -> Health:
    """The model and the data each target is served from, and how old its scores are."""
    live = request.app.state.live
    targets = {name: _of(request, name) for name in all_targets()}
    problem = live.problem or _unscored(request)
    return Health(ready=live.ready, load=live.load, problem=problem, targets=targets)


def _unscored(request: Request) -> str | None:
    """That nobody is scored live: by no process here or elsewhere."""
    with reading(request.app.state.home) as session:
        return None if leases.held(session, rescoring.NAME) else NOBODY


def _of(request: Request, target: str) -> ModelHealth:
    served = request.app.state.live.served(target)
    try:
        with reading(request.app.state.home) as session:
            cutoff = newest(session, target).cutoff
    except NotFound:
        cutoff = None
    return ModelHealth(
        version=served.version, kind=served.kind, problem=served.problem,
        scored_as_of=None if cutoff is None else iso(cutoff),
        age_seconds=None if cutoff is None else (now() - cutoff) // SECOND,
    )  # fmt: skip

"""Events from other systems, signed, and kept on disk before they are acknowledged."""

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from crm.discover import modules
from crm.errors import SourceError, TooLong
from crm.inbox import Inbox
from serving.api import INVALID, OUT_OF_ORDER, Problem, Responses
from serving.rights import senders

router = APIRouter(prefix="/api/v1/deliveries", tags=["deliveries"])
LONGEST = 1_000_000


class Kept(BaseModel):
    """``kept`` records are on disk; ``known`` says that the same delivery came before, and changed nothing now."""

    kept: int
    known: bool


REFUSED: Responses = {
    403: {"model": Problem, "description": "No sender we know signed this, or not within five minutes"},
    413: {"model": Problem, "description": f"It is longer than {LONGEST} bytes"},
}
BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}},
    "parameters": [
        {"in": "header", "name": name, "required": True, "schema": {"type": "string"}}
        for name in ("webhook-id", "webhook-timestamp", "webhook-signature")
    ],
}


@router.post("/{sender}", response_model=Kept, responses=REFUSED | INVALID | OUT_OF_ORDER, openapi_extra=BODY)
async def post(request: Request, sender: str) -> Kept:
    """Takes one delivery, signed as Standard Webhooks say. Send it again until it is answered with 200."""
    body = await _body(request)
    return await run_in_threadpool(_keep, request, sender, body)


def _keep(request: Request, sender: str, body: bytes) -> Kept:
    home = request.app.state.home
    own, format, reading = senders.verified(home, sender, body, request.headers)
    rows = modules("crm.webhooks")[format].read(_json(body), reading)
    received = Inbox(home).put(f"{sender}/{own}"[:300], rows)
    return Kept(kept=len(rows) if received is not None else 0, known=received is None)


def _json(body: bytes) -> Any:
    try:
        said = json.loads(body, parse_constant=_no_number)
        if b"\\ud" in body.lower():  # half a character may hide here, which no store can keep
            json.dumps(said, ensure_ascii=False).encode()
        return said
    except (ValueError, RecursionError) as error:  # too many digits, or brackets within brackets, among them
        what, todo = "the delivery is not JSON", "see docs/live.md"
        raise SourceError(what, value=str(error)[:100], todo=todo) from error


def _no_number(said: str) -> None:
    raise ValueError(f"{said} is no JSON number")


async def _body(request: Request) -> bytes:
    found = b""
    async for chunk in request.stream():
        found += chunk
        if len(found) > LONGEST:
            raise TooLong("the delivery is too long", value=len(found), todo=f"send up to {LONGEST} bytes")
    return found

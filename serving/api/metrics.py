"""Figures for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from serving import observing
from serving.api import FORBIDDEN, OUT_OF_ORDER, Responses

router = APIRouter(prefix="/api/v1/metrics", tags=["health"])


TEXT: Responses = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


@router.get("", response_class=Response, responses=TEXT | FORBIDDEN | OUT_OF_ORDER)
def metrics(request: Request) -> Response:
    """Requests, their times, and the state of the stores, in Prometheus' text format; no personal data."""
    return Response(observing.metrics(request.app.state.home), media_type=CONTENT_TYPE_LATEST)

"""Customers at risk of leaving: who to look after first, why, what to do next, and what came of it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.work.listing import draw_list

router = APIRouter(include_in_schema=False)
MENU = 20


@router.get("/khach-co-nguy-co")
def at_risk(request: Request) -> HTMLResponse:
    """As many customers as the caller can contact today; ``?xem=tat-ca`` shows everybody."""
    return draw_list(request, "churn")

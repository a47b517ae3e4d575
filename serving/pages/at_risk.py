"""Customers at risk of leaving: who to look after first, and why."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.listing import draw_list

router = APIRouter(include_in_schema=False)
MENU = 20


@router.get("/khach-co-nguy-co")
def at_risk(request: Request) -> HTMLResponse:
    """As many customers as care can contact in a day."""
    return draw_list(request, "at_risk", "churn")

"""Today's leads: who to call first, and why."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.listing import draw_list

router = APIRouter(include_in_schema=False)
MENU = 10


@router.get("/hom-nay")
def today(request: Request) -> HTMLResponse:
    """As many leads as sales can call in a day."""
    return draw_list(request, "today", "lead_conversion")

"""Today's leads: who to call first, why, what to do next, and what came of it."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from serving.work.listing import draw_list

router = APIRouter(include_in_schema=False)
MENU = 10


@router.get("/hom-nay")
def today(request: Request) -> HTMLResponse:
    """As many leads as the caller can contact today; ``?xem=tat-ca`` shows everybody."""
    return draw_list(request, "lead_conversion")

"""Draws a worklist as a page; before the first scoring, the page that says what to do."""

from fastapi import Request
from fastapi.responses import HTMLResponse

from crm.clock import show
from crm.errors import NotFound
from serving.page import draw
from serving.worklists import worklist


def draw_list(request: Request, page: str, target: str) -> HTMLResponse:
    """The page ``page`` of the worklist of ``target``."""
    home = request.app.state.home
    settings = home.settings
    try:
        found = worklist(home, target)
    except NotFound:
        return draw(request, page, list=None, target=target)
    return draw(
        request, page, list=found, time=show(found.run.cutoff, settings.zone), currency=settings.currency,
        all=str(sum(found.counts.values())), days=str(found.run.horizon_days),
    )  # fmt: skip

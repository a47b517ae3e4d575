"""The data: what came in and when, what was refused and why, what people leave out, what is written back, and jobs."""

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from crm.clock import DAY, now, parse, show
from crm.gaps import gaps
from crm.history import History
from crm.inbox import Inbox
from crm.jobs import failures
from crm.loads import FOLDED, LoadReport
from serving.jobs import standings
from serving.page import draw, language
from serving.refusals import field, table, why
from serving.rights.access import PAGES
from serving.write_back import control

router = APIRouter(include_in_schema=False)
MENU = 90
LOADS = 10
FAILURES = 10
WEEK = 7 * DAY
EXAMPLES = 50
RETRY = "POST /du-lieu/gui-lai"


@router.get("/du-lieu")
def data(request: Request, lai: int | None = None) -> HTMLResponse:
    """The newest imports first; folds of what came live, one an hour, in one line, so that they hide none.

    What a refused cell held, and what a destination answered, is shown to administrators only: it may be a name.
    ``lai`` is how many dead letters were given another try just now.
    """
    home, lang = request.app.state.home, language(request)
    history, zone = History(home), home.settings.zone
    imports, folds = _apart(history.loads()[::-1])
    newest = imports[0] if imports else None
    waiting = Inbox.waiting(home, history.inbox)
    return draw(
        request, "data", loads=imports[:LOADS], newest=newest, folds=folds, gaps=gaps(home),
        standings=standings(home), failures=failures(home, FAILURES), moment=now(),
        places=control.status(home), may_retry=request.state.caller.role in PAGES[RETRY], again=lai,
        waiting=waiting.newest() - history.inbox if waiting else 0,
        old=newest is not None and now() - newest.loaded_at > DAY,
        values=request.state.caller.role == "admin", examples=EXAMPLES,
        when=lambda at: show(at, zone), at=lambda text: show(parse(text, zone), zone),
        why=lambda said: why(said, lang), field=lambda name: field(name, lang), table=lambda name: table(name, lang),
    )  # fmt: skip


def _apart(loads: Sequence[LoadReport]) -> tuple[list[LoadReport], dict[str, int] | None]:
    """The imports, and of the folds how often in a week, how many rows, and when last; None where none ever was."""
    folds = [load for load in loads if load.source == FOLDED]
    lately = [load for load in folds if load.loaded_at > now() - WEEK]
    told = {"times": len(lately), "rows": sum(load.read for load in lately)}
    imports = [load for load in loads if load.source != FOLDED]
    return imports, told | {"last": folds[0].loaded_at} if folds else None


@router.post("/du-lieu/gui-lai")
def retry(request: Request) -> Response:
    """Gives what a destination did not take another try."""
    again = control.retry(request.app.state.home, request.state.form.get("noi", ""), request.state.caller)
    return RedirectResponse(f"/du-lieu?lai={again}#ghi-ve", 303)

"""The models: which is in use and how well it does, what else there is, and putting one in use or taking it back."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from sqlalchemy import select

from crm.clock import DAY, now, show
from crm.errors import NotFound
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.scores import Monitoring, Promotion, ScoreRun
from models import registry
from models.registry import Entry
from models.target import Target, all_targets, find
from serving.charts import lines
from serving.page import draw, language
from serving.rights import audit
from serving.runs import newest, watched
from serving.scores.live import Served
from serving.wording import words

router = APIRouter(include_in_schema=False)
MENU = 80
CHOOSE = ("data", "admin")
"""Roles that may change the model in use."""


@dataclass(frozen=True, slots=True)
class Board:
    """One target: the champion and the other models, the newest first, and what is served from them."""

    target: Target
    champion: Entry | None
    others: list[Entry]
    served: Served
    run: ScoreRun | None
    back: Promotion | None
    promotions: list[Promotion]
    chart: Markup | None
    watch: Monitoring | None


@router.get("/mo-hinh")
def boards(request: Request, xong: str = "") -> HTMLResponse:
    """Every target's models; ``xong`` is the model that was put in use just now."""
    home = request.app.state.home
    found = [_board(request, target) for target in all_targets().values()]
    zone = home.settings.zone
    used = {one.champion.version for one in found if one.champion}
    return draw(
        request, "models", boards=found, people=_people(home), done=xong if xong in used else "", figure=figure,
        moment=now(), may_choose=request.state.caller.role in CHOOSE, when=lambda at: show(at, zone), day=DAY,
    )  # fmt: skip


@router.post("/mo-hinh/{target}/dung")
def put_in_use(request: Request, target: str) -> Response:
    """Puts a model in use in the place of the one that was seen."""
    return _change(request, find(target).name, request.state.form.get("version", ""), "model.use")


@router.post("/mo-hinh/{target}/quay-lai")
def take_back(request: Request, target: str) -> Response:
    """Goes back to the model that was in use before."""
    home, name = request.app.state.home, find(target).name
    back = registry.previous(home, name)
    if back is None:
        raise NotFound("there is no earlier model to go back to", value=name)
    return _change(request, name, back.version, "model.back")


def _change(request: Request, target: str, version: str, action: str) -> Response:
    home, form, caller = request.app.state.home, request.state.form, request.state.caller
    registry.put_in_use(
        home,
        target,
        version,
        expected=form.get("seen") or None,
        person=caller.person,
        why=form.get("why", ""),
    )
    with writing(home) as session:
        audit.note(session, caller, action, f"{target}:{version}")
    request.app.state.live.refresh()
    return RedirectResponse(f"/mo-hinh?xong={version}#{target}", 303)


def _board(request: Request, target: Target) -> Board:
    home = request.app.state.home
    entries = registry.list_models(home, target.name)
    champion = next((entry for entry in entries if entry.champion), None)
    with reading(home) as session:
        watch = watched(session, target.name)
        try:
            run = newest(session, target.name)
        except NotFound:
            run = None
    return Board(
        target, champion, [entry for entry in entries if not entry.champion],
        request.app.state.live.served(target.name), run, registry.previous(home, target.name),
        registry.promotions(home, target.name, 10), _reliability(champion, language(request)), watch,
    )  # fmt: skip


def _reliability(entry: Entry | None, lang: str) -> Markup | None:
    """What was said against what came true; None for a model from before it was kept."""
    bins: list[list[float]] = (entry.metrics or {}).get("reliability", []) if entry else []
    if not bins:
        return None
    said = words("models", lang)
    top = next(top for top in (0.1, 0.2, 0.5, 1.0) if top >= max(max(one[:2]) for one in bins))
    ends = [(0.0, "0%"), (top / 2, f"{50 * top:.0f}%"), (top, f"{100 * top:.0f}%")]
    points = {
        said["came_true"]: [(one[0], one[1]) for one in bins],
        said["perfect"]: [(0.0, 0.0), (top, top)],
    }
    return lines(points, said["reliability_label"], across=ends, up=ends)


def _people(home: Home) -> dict[int, str]:
    with reading(home) as session:
        return {number: name for number, name in session.execute(select(Person.id, Person.name))}


def figure(entry: Entry, name: str, of: str = "") -> dict[str, Any] | None:
    """A measured figure with its interval, ``{value, low, high}``; None where it was not measured."""
    found = (entry.metrics or {}).get(of, {}) if of else entry.metrics or {}
    if name not in found:
        return None
    return {
        part: found.get(f"{name}{end}") for part, end in (("value", ""), ("low", "_low"), ("high", "_high"))
    }

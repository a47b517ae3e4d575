"""The director's page: what the company achieves against its goals, what may follow, and what the score is worth."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

import pygal
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from crm.clock import DAY, MINUTE, now, show
from crm.errors import HistoryError, LeadkeepError, NotFound
from crm.history import History
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.work import Goal
from features.words import DECIMALS
from models.target import all_targets
from serving.charts import PLAIN, drawn
from serving.page import draw, language
from serving.proof.earned import Proof, proof
from serving.proof.results import UNITS, Figure, Month, Step, results
from serving.rights import audit
from serving.rights.access import PAGES
from serving.say import about
from serving.wording import words

router = APIRouter(include_in_schema=False)
MENU = 60
KEPT: Final = 10 * MINUTE
SET: Final = "POST /ket-qua"
FEWEST: Final = 5
"""Parties the rule's group needs in a week or of a person before their effect is worth a look."""

MARKS: Final = {"vi": (".", ","), "en": (",", ".")}
"""Between thousands and before decimals, in each language."""


@router.get("/ket-qua")
def board(request: Request) -> HTMLResponse:
    """Everything as of the newest import; before the first, what to do."""
    home: Home = request.app.state.home
    settings, lang = home.settings, language(request)
    try:
        with reading(home) as session:
            found = results(home, session)
    except HistoryError:
        return draw(request, "results", results=None)
    said = words("results", lang)
    return draw(
        request, "results", results=found, time=show(found.end, settings.zone), currency=settings.currency,
        say=lambda figure, goal=False: _said(figure, lang, settings.currency, goal), units=UNITS,
        months=_months(found.months, said, settings.currency), funnel=_funnel(found.funnel, said),
        proofs=_proofs(home), fewest=FEWEST, day=lambda number: show(number * DAY, "UTC")[:10],
        enter=lambda figure: _entered(figure, lang, settings.currency),
        leads=request.state.caller.role in PAGES[SET],
        targets={name: target.vi if lang == "vi" else target.en for name, target in all_targets().items()},
    )  # fmt: skip


@router.post("/ket-qua")
def set_goal(request: Request) -> Response:
    """Sets the goal of one figure, or takes it away where the field is empty."""
    home, form, caller = request.app.state.home, request.state.form, request.state.caller
    metric, entered = form.get("metric", ""), form.get("value", "").strip()
    if metric not in UNITS:
        raise NotFound("no such figure", value=metric, todo=f"choose one of: {', '.join(UNITS)}")
    with writing(home) as session:
        if before := session.get(Goal, metric):
            session.delete(before)
            session.flush()
        if entered:
            value = _number(entered, UNITS[metric], language(request)) * _scale(
                metric, home.settings.currency
            )
            session.add(Goal(metric=metric, value=value, since=now(), person=caller.person))
        audit.note(session, caller, "goal.set", metric, value=entered)
    return RedirectResponse("/ket-qua", 303)


def _number(entered: str, unit: str, lang: str) -> float:
    """What somebody typed: 2.900 in Vietnamese, and 2,900 in English, is two thousand nine hundred.

    Shares and ratings have no thousands: there either mark begins the decimals.
    """
    mark, point = MARKS[lang]
    apart = rf"[1-9]\d{{0,2}}(\{mark}\d{{3}})+(\{point}\d+)?"
    if unit in ("money", "hours") and re.fullmatch(apart, entered, re.ASCII):
        plain = entered.replace(mark, "").replace(point, ".")
    else:
        plain = entered.replace(",", ".")
    value = float(plain) if re.fullmatch(r"\d+(\.\d*)?", plain, re.ASCII) else -1.0
    if not 0 <= value < 1e15:
        todo = f"write it as 1500, 1{mark}500 or 12{point}5"
        problem = LeadkeepError("not a number a goal can have", value=entered, todo=todo)
        problem.http_status = 422
        raise problem
    return value


def _scale(metric: str, currency: str) -> float:
    """What one entered is in the unit of the figure: per cent of a share, millions of the currency."""
    return {"share": 0.01, "money": _million(currency)}.get(UNITS[metric], 1.0)


def _million(currency: str) -> float:
    return 1e6 * float(10 ** DECIMALS.get(currency, 2))


def _entered(figure: Figure, lang: str, currency: str) -> str:
    """The goal as it could have been typed, so that saving it again changes nothing."""
    if figure.goal is None:
        return ""
    whole, _, part = f"{figure.goal / _scale(figure.name, currency):.6f}".partition(".")
    return MARKS[lang][1].join(filter(None, (whole, part.rstrip("0"))))


def _said(figure: Figure, lang: str, currency: str, goal: bool) -> str:
    value = figure.goal if goal else figure.value
    if value is None:
        return "–"
    unit = UNITS[figure.name]
    if unit == "money":
        return about(round(value), lang, currency)
    number = {"share": f"{100 * value:.1f}%", "hours": f"{value:.1f}", "rating": f"{value:.2f}"}[unit]
    after = f" {words('results', lang)['unit_hours']}" if unit == "hours" else ""
    return (number.replace(".", ",") if lang == "vi" else number) + after


def _months(months: list[Month], said: dict[str, str], currency: str) -> Markup | None:
    if not months:
        return None
    millions = _million(currency)
    chart = pygal.StackedBar(**PLAIN, x_label_rotation=45)
    chart.x_labels = [f"{one.month[5:]}/{one.month[2:4]}{'*' * one.running}" for one in months]
    chart.add(said["old_customers"], [one.old / millions for one in months])
    chart.add(said["new_customers"], [(one.everybody - one.old) / millions for one in months])
    return drawn(chart, said["months_label"])


def _funnel(funnel: list[Step], said: dict[str, str]) -> Markup | None:
    if not funnel[0].leads:
        return None
    chart = pygal.HorizontalBar(**PLAIN | {"show_legend": False}, max_scale=4)
    chart.x_labels = [said[step.name] for step in reversed(funnel)]
    chart.add(said["leads"], [step.leads for step in reversed(funnel)])
    return drawn(chart, said["funnel_label"])


def _proofs(home: Home) -> list[Proof]:
    """Of each target that somebody was scored for."""
    found, load = [], History(home).load_number
    for name in all_targets():
        try:
            found.append(_proof(home.path, name, load, now() // KEPT))
        except NotFound:
            continue
    return found


@lru_cache(maxsize=8)
def _proof(path: Path, target: str, load: int, slot: int) -> Proof:
    """Reading everybody's events takes seconds: what was found holds for KEPT."""
    return proof(Home(path), target)

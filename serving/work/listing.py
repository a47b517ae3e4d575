"""Draws a worklist as a page: today's part of it or everybody on it; before the first scoring, what to do."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy import select

from crm.clock import show
from crm.directory import cards, sources
from crm.errors import Forbidden, NotFound, SourceError
from crm.operations import reading
from crm.settings import Home
from crm.tables.people import Team
from features.words import Language
from models.target import find
from serving.page import draw, language
from serving.rights.access import PAGES, TEAM, may_export
from serving.rights.keys import Caller
from serving.rights.scope import mine
from serving.typed import whole
from serving.wording import words
from serving.work.calendar import Calendar
from serving.work.spoken import Spoken
from serving.work.workday import everybody, workday
from serving.work.worklists import Chosen

PLACES: Final = {"lead_conversion": ("today", "/hom-nay"), "churn": ("at_risk", "/khach-co-nguy-co")}
"""The page of each target's list, and its address."""

LONG: Final = 50
"""People on one page of the whole list."""

WHOLE: Final = "tat-ca"
EXPORT: Final = "GET /xuat-excel"
PROFILE: Final = "GET /ho-so/{subject:path}"
TAP: Final = "POST /ghi"


class Asked(NamedTuple):
    """What an address asks of a list: which view, which page of it, narrowed to what."""

    whole: bool
    number: int
    chosen: Chosen

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """Read from an address or a form; what makes no sense there is left out."""
        team, branch, source = (said.get(name, "") for name in ("nhom", "chi-nhanh", "nguon"))
        chosen = Chosen(whole(team) or None, branch.replace("\0", ""), source)
        return cls(said.get("xem") == WHOLE, whole(said.get("trang", "")) or 1, chosen)

    def query(self, **changed: str | int) -> str:
        """The same as an address, with something changed."""
        fields = {
            "xem": WHOLE if self.whole else "", "nhom": self.chosen.team or "", "chi-nhanh": self.chosen.branch,
            "nguon": self.chosen.source, "trang": self.number if self.number > 1 else "",
        } | changed  # fmt: skip
        return urlencode({name: value for name, value in fields.items() if value})


def target_of(said: Mapping[str, str], caller: Caller) -> str:
    """The list that an address or a form names; raises SourceError for none, Forbidden for another role's."""
    target = said.get("danh-sach", said.get("target", ""))
    if target not in PLACES:
        raise SourceError("no list of this name", value=target[:50], todo="open the page again")
    if caller.role not in PAGES[f"GET {PLACES[target][1]}"]:
        raise Forbidden("this is not your list", value=target, where=caller.prefix)
    return target


def draw_list(request: Request, target: str, opened: str = "") -> HTMLResponse:
    """The page of the worklist of ``target``; ``opened`` is the subject whose contact is shown."""
    page, path = PLACES[target]
    home, caller, asked = request.app.state.home, request.state.caller, Asked.of(request.query_params)
    live = request.app.state.live
    lookup = live.looking_up()
    lang: Language = "vi" if language(request) == "vi" else "en"
    try:
        if asked.whole:
            first = (asked.number - 1) * LONG
            found, entries, total = everybody(home, target, caller, asked.chosen, lookup, first, LONG)
            day = None
        else:
            day = workday(home, target, caller, asked.chosen, lookup, lately=live.concerned(0)[0])
            found, entries, total = day.of, day.entries, day.all
    except NotFound:
        return draw(request, page, list=None, target=target)
    with reading(home) as session:
        calendar = Calendar.of(session, home.settings, caller.person)
    return draw(
        request, page, target=target, here=path, list=found, entries=entries, day=day, asked=asked, opened=opened,
        all=f"{total:,}".replace(",", "."), pages=-(-total // LONG), terms=words("list", lang),
        say=Spoken(home.settings, find(target).subject, lang, calendar), currency=home.settings.currency,
        names=cards(home, [tap.subject for tap in day.taps]) if day else {}, options=_options(home, target, caller),
        may_tap=caller.person is not None and caller.role in PAGES[TAP],
        may_export=may_export(caller) and caller.role in PAGES[EXPORT],
        profile=caller.role in PAGES[PROFILE], no_person=caller.person is None, days=str(found.run.horizon_days),
        time=show(found.run.cutoff, home.settings.zone),
    )  # fmt: skip


def _options(home: Home, target: str, caller: Caller) -> dict[str, Any]:
    """What a list may be narrowed to; teams and branches for who sees several."""
    teams: list[Team] = []
    if mine(caller) is None:
        with reading(home) as session:
            teams = list(session.scalars(select(Team).where(Team.kind == TEAM[find(target).subject])))
    branches = sorted({team.branch for team in teams if team.branch})
    return {"sources": sources(home), "teams": [(team.id, team.name) for team in teams] if len(teams) > 1 else [],
            "branches": branches if len(branches) > 1 else []}  # fmt: skip

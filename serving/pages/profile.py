"""Everything known of one lead or customer: the score and why, how it moved, what happened."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from crm.clock import DAY, now, show
from crm.directory import cards
from crm.operations import reading
from crm.tables.scores import ScorePast
from crm.tables.work import Tap
from features.words import Language
from serving.charts import lines
from serving.page import draw, language
from serving.profile import PAGE, profile
from serving.rights.access import PAGES
from serving.rights.keys import Caller
from serving.say import chance
from serving.story import Line
from serving.wording import words
from serving.work import assigning
from serving.work.calendar import Calendar
from serving.work.listing import PLACES, TAP
from serving.work.spoken import Spoken
from serving.work.wishes import who_said

router = APIRouter(include_in_schema=False)


@router.get("/ho-so/{subject:path}")
def of_subject(
    request: Request, subject: str, trang: Annotated[int, Query(ge=0, le=10_000)] = 0, xong: str = ""
) -> HTMLResponse:
    """The card, the score, its course, and ``trang`` pages back in time."""
    return draw_profile(request, subject, trang, handed=xong == "giao")


def draw_profile(
    request: Request, subject: str, back: int = 0, opened: bool = False, handed: bool = False
) -> HTMLResponse:
    """The page of a subject; ``opened`` shows how to reach them."""
    home, caller, settings = request.app.state.home, request.state.caller, request.app.state.home.settings
    lang: Language = "en" if language(request) == "en" else "vi"
    found = profile(request, subject, lang, back)
    with reading(home) as session:
        calendar = Calendar.of(session, settings, caller.person)
        because = who_said(session, home, subject) if found.present.refuses else []
        hands = caller.role in PAGES["POST /doi/giao"]
        to = [(one.id, one.name) for one in assigning.colleagues(session, caller, subject)] if hands else []
    others = [] if subject in because else list(cards(home, because).values())

    def on_its_day(line: Line) -> str:
        return show(line.at, settings.zone)[:10]

    days = [(on_day(row.day), row) for row in found.course]
    return draw(
        request, "profile", found=found, days=days, chart=_course(found.course, lang), currency=settings.currency,
        zone=settings.zone, time=show(found.score.cutoff, settings.zone) if found.score else "",
        stale=found.stale, by_day=[(day, list(some)) for day, some in groupby(found.lines, on_its_day)],
        back=back, more=(back + 1) * PAGE < found.events, when=lambda moment: show(moment, settings.zone),
        opened=opened, handed=handed, to=to,
        terms=words("list", lang), say=Spoken(settings, subject.partition(":")[0], lang, calendar),
        may_reach=found.target is not None and caller.role in PAGES[f"GET {PLACES[found.target][1]}"],
        may_tap=caller.role in PAGES[TAP], is_person=caller.person is not None,
        may_undo=_may_undo(found.present.tap, caller, calendar),
        because=[card.name or card.source_id for card in others],
    )  # fmt: skip


def _may_undo(tap: Tap | None, caller: Caller, calendar: Calendar) -> bool:
    own = tap is not None and tap.person == caller.person
    return tap is not None and own and calendar.day(tap.at) == calendar.day(now())


def on_day(day: int) -> str:
    """A local day number as people write it."""
    return show(day * DAY, "UTC")[:10]


def _course(rows: list[ScorePast], lang: str) -> Markup | None:
    """The chance over time; nothing to draw before there are two days of it."""
    if len(rows) < 2:
        return None
    said = words("profile", lang)
    top = next(top for top in (0.1, 0.2, 0.5, 1.0) if top >= max(row.probability for row in rows))
    first, last = rows[0], rows[-1]
    label = (
        said["chart"]
        .replace("{from}", chance(first.probability, lang))
        .replace("{to}", chance(last.probability, lang))
    )
    return lines(
        {said["chance"]: [(row.day, row.probability) for row in rows]}, label.replace("{day}", on_day(first.day)),
        across=[(first.day, on_day(first.day)[:5]), (last.day, on_day(last.day)[:5])],
        up=[(0.0, "0"), (top / 2, f"{100 * top / 2:.0f}%"), (top, f"{100 * top:.0f}%")],
    )  # fmt: skip

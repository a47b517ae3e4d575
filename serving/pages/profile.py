"""Everything known of one lead or customer: the score and why, how it moved, what happened."""

from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from crm.clock import DAY, show
from crm.tables.scores import ScorePast
from serving.charts import lines
from serving.page import draw, language
from serving.profile import PAGE, profile
from serving.say import chance
from serving.story import Line
from serving.wording import words

router = APIRouter(include_in_schema=False)


@router.get("/ho-so/{subject:path}")
def of_subject(
    request: Request, subject: str, trang: Annotated[int, Query(ge=0, le=10_000)] = 0
) -> HTMLResponse:
    """The card, the score, its course, and ``trang`` pages back in time."""
    lang, settings = language(request), request.app.state.home.settings
    found = profile(request, subject, "en" if lang == "en" else "vi", trang)

    def on_its_day(line: Line) -> str:
        return show(line.at, settings.zone)[:10]

    days = [(on_day(row.day), row) for row in found.course]
    return draw(
        request, "profile", found=found, days=days, chart=_course(found.course, lang), currency=settings.currency,
        zone=settings.zone, time=show(found.score.cutoff, settings.zone) if found.score else "",
        stale=found.stale, by_day=[(day, list(some)) for day, some in groupby(found.lines, on_its_day)],
        back=trang, more=(trang + 1) * PAGE < found.events, when=lambda moment: show(moment, settings.zone),
    )  # fmt: skip


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

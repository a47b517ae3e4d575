"""What is known of one lead or customer: the score and why, how it moved, and everything that happened."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from sqlalchemy import select

from crm import staff
from crm.clock import now
from crm.directory import Card, cards
from crm.errors import NotFound
from crm.events import Events
from crm.glance import Glance, glance
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score, ScorePast, ScoreRun
from features.words import Language
from models.target import all_targets
from serving.runs import newest
from serving.scores import course
from serving.scores.live import Live
from serving.story import Line, Teller, kinds_since

PAGE: Final = 40
"""Events shown at a time."""

SHOWN_DAYS: Final = 180
"""How far back the score's course is drawn."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How a score differs from a week ago; ``came`` and ``went`` are reasons in words."""

    before: ScorePast
    came: list[str]
    went: list[str]


@dataclass(frozen=True, slots=True)
class Profile:
    """One subject. ``score`` is None for who is in no list (bought, left, declined, not scored yet)."""

    subject: str
    card: Card
    glance: Glance
    target: str | None
    score: Score | None
    run: ScoreRun | None
    course: list[ScorePast]
    moved: Moved | None
    lately: list[tuple[str, int]]
    lines: list[Line]
    events: int

    @property
    def stale(self) -> bool:
        """Whether the newest scoring of all left this subject out: it is not on the list any more."""
        score, run = self.score, self.run
        return bool(score and run and (score.cutoff, score.load) < (run.cutoff, run.load))


def profile(request: Request, subject: str, lang: Language, page: int) -> Profile:
    """Everything on one page of the subject; raises NotFound for one the history does not hold."""
    home, live, moment = request.app.state.home, request.app.state.live, now()
    events, teller = _known(home, live, subject, lang)
    lines, count = teller.told(events, moment, page * PAGE, PAGE)
    target = next(
        (name for name, one in all_targets().items() if subject.startswith(f"{one.subject}:")), None
    )
    score, run, past, before = _scores(home, target, subject, moment)
    return Profile(
        subject, cards(home, [subject])[subject], glance(events, moment), target, score, run, past,
        _moved(score, before, lang), kinds_since(events, moment, course.WEEK, lang), lines, count,
    )  # fmt: skip


def _known(home: Home, live: Live, subject: str, lang: Language) -> tuple[Events, Teller]:
    events = live.events_of(subject)
    names, settings = staff.names(home), home.settings
    who = {number: names.get(actor, actor.partition(":")[2]) for number, actor in enumerate(live.actors)}
    ids = {actor.partition(":")[2]: name for actor, name in names.items()}
    return events, Teller(lang, settings.currency, settings.zone, who, ids)


def _scores(
    home: Home, target: str | None, subject: str, moment: int
) -> tuple[Score | None, ScoreRun | None, list[ScorePast], ScorePast | None]:
    if target is None:
        return None, None, [], None
    today = course.day_of(moment, home.settings.zone)
    with reading(home) as session:
        try:
            run = newest(session, target)
        except NotFound:
            run = None
        score = session.scalar(select(Score).where(Score.target == target, Score.subject == subject))
        past = course.course(session, target, subject, today - SHOWN_DAYS)
        before = course.at(session, target, subject, today - course.WEEK)
    return score, run, past, before


def _moved(score: Score | None, before: ScorePast | None, lang: Language) -> Moved | None:
    if score is None or before is None or before.cutoff >= score.cutoff:
        return None
    now_said, then_said = _by_topic(score.reasons), _by_topic(before.reasons or [])
    came = [
        one[lang]
        for topic, one in now_said.items()
        if topic not in then_said or _turned(one, then_said[topic])
    ]
    went = [one[lang] for topic, one in then_said.items() if topic not in now_said]
    return Moved(before, came if before.reasons is not None else [], went)


def _by_topic(reasons: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {reason["topic"]: reason for reason in reasons}


def _turned(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool((one["contribution"] > 0) != (other["contribution"] > 0))

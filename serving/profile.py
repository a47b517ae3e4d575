"""What is known of one lead or customer: the score and why, how it moved, what to do, and all that happened."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from fastapi import Request
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm import staff
from crm.clock import now
from crm.directory import Card, cards
from crm.errors import NotFound
from crm.events import Events
from crm.glance import Glance, glance
from crm.kin import kin
from crm.notes import Note
from crm.operations import reading
from crm.promises import kept, promised
from crm.settings import Home
from crm.standing import First, entered_first, merges
from crm.tables.people import Person, Team
from crm.tables.scores import Score, ScorePast, ScoreRun
from crm.tables.work import Assignment, Tap
from features.words import Language
from serving.proof import trial
from serving.proof.shown import course_by_rule, shown
from serving.rights import scope
from serving.rights.keys import Caller
from serving.runs import newest
from serving.scores import course
from serving.scores.live import Live
from serving.story import Line, Teller, kinds_since
from serving.work.holding import TARGETS
from serving.work.notes import last
from serving.work.wishes import unwilling
from serving.work.workday import agreed
from serving.work.worklists import Place, as_shown, ranked

PAGE: Final = 40
"""Events shown at a time."""

MOST: Final = 10
"""Other records of the same person shown."""

SHOWN_DAYS: Final = 180
"""How far back the score's course is drawn."""


@dataclass(frozen=True, slots=True)
class Moved:
    """How a score differs from a week ago; ``came`` and ``went`` are reasons in words."""

    before: ScorePast
    came: list[str]
    went: list[str]


@dataclass(frozen=True, slots=True)
class Record:
    """Another record of the same person. ``owner`` is a name; ``open`` says whether the reader may open it."""

    subject: str
    since: int | None
    owner: str
    open: bool
    merged: bool


@dataclass(frozen=True, slots=True)
class Present:
    """What is agreed and by whom: ``due`` is a call's time, ``tap`` what was said last, ``note`` what was last
    written, ``owner`` a name.

    ``customer`` is whom a lead became; ``refuses`` whether nobody is to contact them; ``into`` the record this one
    was merged into.
    """

    due: int | None
    tap: Tap | None
    note: Note | None
    owner: str
    refuses: bool
    others: list[Record]
    first: First | None
    into: str | None
    customer: Record | None


@dataclass(frozen=True, slots=True)
class Profile:
    """One subject. ``score`` is None for who is in no list (bought, left, declined, not scored yet).

    ``place`` holds the figures to show: those of the lists, where the control group stands as the rule puts it.
    """

    subject: str
    card: Card
    glance: Glance
    target: str | None
    score: Score | None
    place: Place | None
    run: ScoreRun | None
    course: list[ScorePast]
    moved: Moved | None
    lately: list[tuple[str, int]]
    lines: list[Line]
    events: int
    present: Present

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
    seen, card = glance(events, moment), cards(home, [subject])[subject]
    target = TARGETS.get(subject.partition(":")[0])
    score, run, past, before = _scores(home, target, subject, moment)
    with reading(home) as session:
        place = _place(session, home, request.state.caller, score)
        present = _present(session, home, request.state.caller, card, seen, _became(events, moment))
        if score is not None and place is not None and place.ruled:
            score = as_shown(score, place)
            past = course_by_rule(session, score, past)
            before = next(iter(course_by_rule(session, score, [before] if before else [])), None)
    return Profile(
        subject, card, seen, target, score, place, run, past, _moved(score, before, lang),
        kinds_since(events, moment, course.WEEK, lang), lines, count, present,
    )  # fmt: skip


def _own(score: Score) -> Place:
    return Place(score.subject, score.band, score.probability, score.expected)


def _place(session: Session, home: Home, caller: Caller, score: Score | None) -> Place | None:
    """The figures the lists show: of the control group, the rule's."""
    if score is None or trial.arms(session, score.target, [score]).get(score.subject) != trial.RULE:
        return _own(score) if score else None
    _, found = ranked(session, home, score.target, caller)
    place = next((one for one in found if one.subject == score.subject), None)
    if place is not None:
        return place._replace(person=None, team=None)
    return _own(next(iter(shown(session, [score]))))._replace(
        ruled=True
    )  # a pool's, or one nobody has to call


def _became(events: Events, moment: int) -> bool:
    """Whether a lead was won, as known at ``moment``."""
    kinds = np.array([words.kind == "converted" for words in events.signatures], dtype=bool)
    rows = np.flatnonzero(kinds[events.signature]).tolist()
    return events.subjects[0].startswith("lead:") and any(events.visible(row, moment) for row in rows)


def _present(session: Session, home: Home, caller: Caller, card: Card, seen: Glance, became: bool) -> Present:
    subject = card.subject
    asked = (
        select(Tap).where(Tap.subject == subject, Tap.undone_at.is_(None)).order_by(Tap.at.desc()).limit(1)
    )
    tap = session.scalar(asked)
    promise = agreed(tap, promised(home).get(subject))
    made = promise is None or kept(promise, seen.ours.at if seen.ours else None)
    same = sorted(one for one in kin(home, [subject]) if one.partition(":")[0] in TARGETS)
    others = _records(session, home, caller, [one for one in same if one != subject])
    found, into = entered_first(home, same), merges(home).get(subject)
    return Present(
        promise.due if promise and not made else None, tap, last(session, home, [subject]).get(subject),
        _owners(session, [card])[subject],
        subject in unwilling(session, home), others, next(iter(found.values()), None), into.into if into else None,
        next((one for one in others if became and one.subject.startswith("customer:")), None),
    )  # fmt: skip


def _records(session: Session, home: Home, caller: Caller, subjects: list[str]) -> list[Record]:
    """The oldest first."""
    known, mine, gone = cards(home, subjects), scope.visible(session, caller, subjects), merges(home)
    owners = _owners(session, list(known.values()))
    found = [Record(one, known[one].created_at, owners[one], one in mine, one in gone) for one in subjects]
    return sorted(found, key=lambda one: (one.since or 0, one.subject))[:MOST]


def _owners(session: Session, known: list[Card]) -> dict[str, str]:
    """Who looks after each: as here, of the pool the team, else as the CRM says."""
    mine = (Assignment.subject.in_([card.subject for card in known])) & Assignment.until.is_(None)
    held = dict(
        session.execute(
            select(Assignment.subject, func.coalesce(Person.name, Team.name))
            .join(Person, Person.id == Assignment.person, isouter=True)
            .join(Team, Team.id == Assignment.team)
            .where(mine)
        ).all()
    )
    return {card.subject: held.get(card.subject) or card.owner for card in known}


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

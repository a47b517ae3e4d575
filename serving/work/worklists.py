"""Worklists: the current scores of a target in the order to work them, with whom to contact."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, case, select
from sqlalchemy.orm import Session

from crm.clock import DAY, now
from crm.directory import Card, cards, channels
from crm.operations import portions, reading
from crm.settings import Home
from crm.tables.people import Person, Team
from crm.tables.scores import Score, ScoreRun
from crm.tables.trial import Enrolment
from crm.tables.work import Assignment
from models.target import find
from serving.bands import BANDS
from serving.capacity import of_teams
from serving.proof import trial
from serving.proof.shown import as_ruled
from serving.rights import scope
from serving.rights.audit import COMMAND_LINE
from serving.rights.keys import Caller
from serving.runs import current, newest
from serving.work.endings import done_with
from serving.work.wishes import unwilling

STALE_AFTER: Final = DAY
"""A list older than this is said to be old."""


class Chosen(NamedTuple):
    """What a reader narrows a list to; empty means everything."""

    team: int | None = None
    branch: str = ""
    source: str = ""


EVERYBODY: Final = Chosen()


class Place(NamedTuple):
    """One subject's place on a list, before its card is read: as the score ranks it, or for its arm the rule."""

    subject: str
    band: str
    probability: float
    expected: int | None
    person: int | None = None
    team: int | None = None
    ruled: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One score, as people are shown it, and the card of the person it is about."""

    score: Score
    card: Card
    place: Place


@dataclass(frozen=True, slots=True)
class Worklist:
    """The most urgent first; ``run`` is the newest complete scoring, ``counts`` how many each band holds.

    ``people`` are the names of those who hold a subject, by their id.
    """

    target: str
    run: ScoreRun
    counts: dict[str, int]
    rows: list[Row]
    people: dict[int, str]

    @property
    def stale(self) -> bool:
        """Whether the scores are older than a day."""
        return now() - self.run.cutoff > STALE_AFTER


def worklist(
    home: Home, target: str, limit: int | None = None, caller: Caller = COMMAND_LINE, chosen: Chosen = EVERYBODY,
    first: int = 0,
) -> Worklist:  # fmt: skip
    """The best ``limit`` (default: what the target's teams can do in a day) of ``target``, after the ``first``.

    Who was not in the newest scoring's population (won, lost, gone), asked not to be contacted, was ended by an
    outcome, or is not the caller's, is not on the list. Raises NotFound for an unknown target, and before the
    first scoring.
    """
    kind = find(target).subject
    with reading(home) as session:
        limit = limit or of_teams(session, home.settings, kind)
        run, found = ranked(session, home, target, caller, chosen)
        return listed(session, home, target, run, found, found[first : first + limit])


def listed(
    session: Session, home: Home, target: str, run: ScoreRun, found: Sequence[Place], shown: Sequence[Place]
) -> Worklist:
    """The list of ``shown``, out of all ``found``."""
    scores = {score.subject: score for score in _scores(session, target, [place.subject for place in shown])}
    known = cards(home, [place.subject for place in shown])
    counts = dict.fromkeys(BANDS[find(target).subject], 0)
    for place in found:
        counts[place.band] += 1
    holders = {place.person for place in shown if place.person is not None}
    people = session.execute(select(Person.id, Person.name).where(Person.id.in_(holders))).all()
    rows = [
        Row(as_shown(scores[one.subject], one), known[one.subject], one)
        for one in shown
        if one.subject in scores
    ]
    return Worklist(target, run, counts, rows, {number: name for number, name in people})


def as_shown(score: Score, place: Place) -> Score:
    """The score as its place has it: of the control group the rule's figures and reasons, outside of any session."""
    if not place.ruled:
        return score
    return as_ruled(score, band=place.band, probability=place.probability, expected=place.expected)


def ranked(
    session: Session, home: Home, target: str, caller: Caller, chosen: Chosen = EVERYBODY
) -> tuple[ScoreRun, list[Place]]:
    """The newest scoring and everybody on the caller's list, the most urgent first; raises as :func:`worklist`.

    By what a contact is expected to bring, where that is not known last and by chance; the control group as the
    rule ranks it. The band is a label: a day holds only so many contacts, and they are to bring the most.
    """
    run, left_out = newest(session, target), unwilling(session, home) | done_with(session, home)
    # As plain tuples: ten thousand pass here at each look, and rows of the ORM take longer than the database.
    asked = session.connection().execute(_asked(target, run, caller, chosen)).all()
    rows = [row for row in map(_Ranked._make, asked) if row.subject not in left_out]
    if chosen.source:
        came = channels(home)
        rows = [row for row in rows if came.get(row.subject) == chosen.source]
    return run, _mixed(target, rows, _drawn(session, target))


class _Ranked(NamedTuple):
    """One row of what is asked for, in the order of its columns: first those of a :class:`Place`."""

    subject: str
    band: str
    probability: float
    expected: int | None
    person: int | None
    team: int | None
    value: int | None
    rule_probability: float | None
    cutoff: int
    party: str


def _asked(target: str, run: ScoreRun, caller: Caller, chosen: Chosen) -> Select[*tuple[Any, ...]]:
    held = and_(Assignment.subject == Score.subject, Assignment.until.is_(None))
    order = (Score.expected.is_(None), Score.expected.desc(), Score.probability.desc(), Score.subject)
    asked: Select[*tuple[Any, ...]] = (
        select(Score.subject, Score.band, Score.probability, Score.expected, Assignment.person, Assignment.team,
               Score.value, Score.rule_probability, Score.cutoff, Score.party)
        .outerjoin(Assignment, held)
        .where(current(target, run))
        .order_by(*order)
    )  # fmt: skip
    if (own := scope.listed(caller)) is not None:
        asked = asked.where(own)
    if chosen.team is not None:
        asked = asked.where(Assignment.team == chosen.team)
    if chosen.branch:
        asked = asked.where(Assignment.team.in_(select(Team.id).where(Team.branch == chosen.branch)))
    return asked


def _mixed(target: str, rows: list[_Ranked], drawn: dict[str, str]) -> list[Place]:
    """Places in order: the rule's people where the rule puts them, with the same share of every stretch."""
    arms = [drawn.get(row.subject, drawn.get(row.party, "")) for row in rows]
    placed = [Place(*row[:6]) for row in rows]
    if trial.RULE not in arms:
        return placed
    scored = [place for place, arm in zip(placed, arms, strict=True) if arm == trial.SCORE]
    of_the_rule = _as_ruled([row for row, arm in zip(rows, arms, strict=True) if arm == trial.RULE])
    ruled = _banded(target, of_the_rule, scored)
    mixed = trial.merge(scored, ruled, trial.phase(target, rows[0].subject, rows[0].cutoff))
    spared = [place for place, arm in zip(placed, arms, strict=True) if not arm]
    return _among(mixed, spared, {place.subject: height for height, place in enumerate(placed)})


def _drawn(session: Session, target: str) -> dict[str, str]:
    """The arm of each subject and party; empty for who is exempt now. Joined here: the database has no index."""
    arm = case((Enrolment.exempt.is_not(None), ""), else_=Enrolment.arm)
    asked = select(Enrolment.party, Enrolment.subject, arm).where(Enrolment.target == target)
    rows = session.connection().execute(asked).all()
    return {party: arm for party, _, arm in rows} | {subject: arm for _, subject, arm in rows}


def _among(mixed: list[Place], spared: list[Place], height: dict[str, int]) -> list[Place]:
    """The list with the ``spared``, who are in no arm, among those the score ranks, as it ranks them."""
    found, left = [], deque(spared)
    for place in mixed:
        while not place.ruled and left and height[left[0].subject] < height[place.subject]:
            found.append(left.popleft())
        found.append(place)
    return [*found, *left]


def _banded(target: str, ruled: list[Place], scored: list[Place]) -> list[Place]:
    """Those the rule ranks, the same share of them in each band as of the others, the likeliest by the rule in the
    first: nobody can tell the arm from the bands.
    """
    given = sorted((place.band for place in scored), key=BANDS[find(target).subject].index)
    if not given:
        return ruled
    likeliest = sorted(range(len(ruled)), key=lambda one: (-ruled[one].probability, ruled[one].subject))
    found = list(ruled)
    for height, one in enumerate(likeliest):
        band = given[(2 * height + 1) * len(given) // (2 * len(ruled))]
        if found[one].band != band:
            found[one] = found[one]._replace(band=band)
    return found


def _as_ruled(rows: list[_Ranked]) -> list[Place]:
    """Places by what the rule's chance is expected to bring."""
    made = []
    for row in rows:
        chance = row.probability if row.rule_probability is None else row.rule_probability
        expected = None if row.value is None else round(row.value * chance)
        made.append(Place(row.subject, row.band, chance, expected, row.person, row.team, ruled=True))
    made.sort(key=lambda one: (one.expected is None, -(one.expected or 0), -one.probability, one.subject))
    return made


def _scores(session: Session, target: str, subjects: list[str]) -> list[Score]:
    mine = select(Score).where(Score.target == target)
    return [
        one for some in portions(subjects) for one in session.scalars(mine.where(Score.subject.in_(some)))
    ]

"""Keeps whose each lead and customer is: assigns, recalls, hands over, and never leaves one without a team."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from crm.clock import HOUR, SECOND, now
from crm.errors import Forbidden, NotFound, SourceError
from crm.operations import reading, writing
from crm.settings import Home
from crm.standing import Merge, Standing, arrived, customers, merges, open_leads
from crm.tables.people import Person, Team
from crm.tables.scores import Score
from crm.tables.work import Assignment, Tap
from serving.rights.audit import note
from serving.rights.keys import Caller
from serving.rights.scope import may_see, may_take
from serving.work import holding
from serving.work.sharing import UNSCORED, Chance, Floor, Held, Place

ANYBODY: Final = frozenset({"director", "admin"})
"""Roles that hand over between teams and set any team's thresholds; a team lead does within their own."""


COUNTED_FOR: Final = 10 * SECOND
"""How long newcomers are shared by one count of what everybody holds, what they got themselves counted along."""


@dataclass(frozen=True, slots=True)
class AssignReport:
    """What one run did: how many moved by why, how many ended, and how many have no team because there is none."""

    moved: dict[str, int]
    ended: int
    without_team: int

    def as_dict(self) -> dict[str, Any]:
        """For ``--json`` and the history of jobs."""
        return asdict(self)


def assign(home: Home) -> AssignReport:
    """Gives every open lead and every present customer a team, and a person where the rules say so.

    The CRM's owner comes first; what people did here stands until the CRM names another. Whose lead was won, lost
    or merged away holds it no longer; a merge changes no owner. Raises HistoryError where it cannot be read.
    """
    leads, merged = open_leads(home), merges(home)
    with reading(home) as session:
        served, chances = holding.present_customers(session), holding.chances(session, home)
        floor, held = holding.floor(session, home.settings), holding.held(session)
    everybody = leads | customers(home, served)
    _forget_words_of_merges(everybody, merged, held)
    moves = _moves(floor, everybody, chances, held, merged)
    _keep(home, moves, everybody, held)
    # While nobody was imported or scored there is nothing to tell by that somebody is gone.
    known = {"lead": bool(leads), "customer": bool(served)}
    over = [one for one in held if one not in everybody and known.get(one.partition(":")[0], False)]
    for some in holding.chunks(over):
        with writing(home) as session:
            holding.end(session, some, now())
    touches = [(subject, one.touched_at) for subject, one in leads.items() if one.touched_at is not None]
    for seen in holding.chunks(touches):
        with writing(home) as session:
            holding.note_touches(session, dict(seen))
    without = sum(subject not in held and subject not in moves for subject in everybody)
    return AssignReport(_counted(moves), len(over), without)


def greet(home: Home) -> Callable[[Session, Sequence[Score]], None]:
    """Told of scores as they are stored live: a newcomer is somebody's at once, in the same transaction."""

    loads, counted_at = holding.Loads(), 0

    def assign_newcomers(session: Session, scores: Sequence[Score]) -> None:
        nonlocal loads, counted_at
        subjects = holding.unheld(session, [one.subject for one in scores if one.subject.startswith("lead:")])
        found = arrived(home, subjects)
        if not found:
            return
        if now() - counted_at > COUNTED_FOR:
            loads, counted_at = holding.loads(session), now()
        floor = holding.floor(session, home.settings, loads)
        if floor.groups:
            moves = _moves(floor, found, {one.subject: _chance(one) for one in scores}, {}, {})
            loads = {seat.person: (seat.load, seat.hot) for seat in floor.seats.values()}
            holding.begin(session, [(found[subject], place) for subject, place in moves.items()])

    return assign_newcomers


def recall(home: Home) -> int:
    """Puts leads back into their team's pool that nobody dealt with for its recall hours; returns how many.

    Counted is the working time of who holds it, since they got it and could first see it here; of who is away, the
    company's. 0 hours: never.
    """
    moment, limits = now(), dict[int, int]()
    with reading(home) as session:
        found = [
            (one, who, team) for one, who, team in holding.untouched(session) if who and team.recall_hours
        ]
        calendar = holding.calendars(session, home.settings)
        for _, who, team in found:
            if who.id not in limits:
                limits[who.id] = holding.long_ago(calendar(who.id), moment, team.recall_hours * HOUR)
    over = [one for one, who, _ in found if holding.waits_since(one, who) <= limits[who.id]]
    recalled = 0
    for some in holding.chunks(over):
        with writing(home) as session:
            for one in some:
                place = Place(None, one.team, "recalled")
                recalled += holding.replace(session, one.subject, one.since, place, moment)
    return recalled


def take(home: Home, caller: Caller, subject: str) -> None:
    """Takes a lead out of the caller's pool; raises Forbidden where somebody has it, or it is another team's."""
    with writing(home) as session:
        one = holding.current(session, subject)
        if not may_take(caller, one):
            raise Forbidden(
                "this one is not in your pool", value=subject, todo="take one of your team's pool"
            )
        _take(session, caller, one, now())


def take_along(session: Session, caller: Caller, subject: str, moment: int) -> None:
    """Makes a subject of the caller's pool theirs, who deals with it at ``moment``; any other stays whose it is."""
    one = holding.standing(session, subject)
    if one is not None and may_take(caller, one):
        _take(session, caller, one, moment)


def put_back(session: Session, person: int, subject: str) -> None:
    """Undoes :func:`take_along` once all that this person recorded since is taken back; what moved since then stays."""
    whose = Assignment.subject == subject, Assignment.person == person, Assignment.why == "taken"
    one = session.scalar(select(Assignment).where(*whose, Assignment.until.is_(None)))
    if one is None:
        return
    theirs = select(Tap).where(Tap.subject == subject, Tap.person == person, Tap.at >= one.since)
    taps = session.scalars(theirs.order_by(Tap.at)).all()
    came_along = bool(taps) and taps[0].at == one.since
    if came_along and all(tap.undone_at is not None for tap in taps):
        session.delete(one)
        session.flush()
        before = Assignment.subject == subject, Assignment.until == one.since
        session.execute(update(Assignment).where(*before).values(until=None))


def hand_over(home: Home, caller: Caller, subject: str, to: int) -> None:
    """Hands one subject to a colleague: a team lead within the team, a director or administrator to anybody.

    Raises Forbidden, NotFound where nobody has the subject or the colleague is not at work, and SourceError for a
    colleague on whose lists it would never stand.
    """
    with writing(home) as session:
        one, person = holding.current(session, subject), session.get(Person, to)
        if person is None or person.left_at is not None or person.team is None:
            raise NotFound("no such colleague at work in a team", value=to)
        allowed = caller.role in ANYBODY or (caller.role == "team_lead" and person.team == caller.team)
        if not allowed or not may_see(session, caller, subject):
            raise Forbidden("you may not hand this one over", value=subject, todo="ask its team's lead")
        if session.scalar(holding.fit(session, subject).where(Person.id == to)) is None:
            todo = "choose somebody who works such a list: a lead is for a team of sales, a customer for one of care"
            raise SourceError(
                "this colleague would not see it on any list", value=person.login, where=subject, todo=todo
            )
        _hand(session, one, Place(to, person.team, "handed"), caller.person, now())
        note(session, caller, "lead.hand_over", subject, to=to)


def colleagues(session: Session, caller: Caller, subject: str) -> list[Person]:
    """To whom the caller may hand a subject, by name; nobody where no one has it."""
    one = holding.standing(session, subject)
    if one is None:
        return []
    asked = holding.fit(session, subject).where(Person.id.is_distinct_from(one.person))
    if caller.role not in ANYBODY:
        asked = asked.where(Person.team == caller.team)
    return list(session.scalars(asked.order_by(Person.name, Person.id)))


def hand_over_all(
    session: Session, home: Home, person: int, by: int | None = None, but: int | None = None
) -> int:
    """Shares out what somebody who leaves holds, in the caller's transaction; returns how many.

    What is team ``but``'s stays with them. What no colleague at work can take waits in the team's pool.
    """
    own = Assignment.person == person, Assignment.until.is_(None), Assignment.team.is_distinct_from(but)
    found = {one.subject: one for one in session.scalars(select(Assignment).where(*own))}
    floor, chances = holding.floor(session, home.settings), holding.chances(session, home)
    floor.seats.pop(person, None)
    held = {subject: Held(person, one.team, one.since, one.why) for subject, one in found.items()}
    moves = _moves(floor, {subject: Standing(subject) for subject in found}, chances, held, {})
    return sum(holding.replace(session, name, found[name].since, moves[name], now(), by) for name in moves)


def qualify(home: Home, caller: Caller, team: int, at: float | None, recall_hours: int) -> None:
    """Sets from which chance on a team's leads go to its salespeople (None: all), and when they are recalled.

    Raises SourceError for a figure out of its range, Forbidden, NotFound.
    """
    if (at is not None and not 0 <= at <= 1) or not 0 <= recall_hours <= 1000:
        raise SourceError(
            "a threshold is out of its range", value=f"{at}, {recall_hours}", where=f"team {team}"
        )
    if caller.role not in ANYBODY and not (caller.role == "team_lead" and caller.team == team):
        raise Forbidden("only its lead sets a team's thresholds", where=f"team {team}")
    with writing(home) as session:
        values = {"qualify_at": at, "recall_hours": recall_hours}
        if (
            session.execute(update(Team).where(Team.id == team).values(values).returning(Team.id)).first()
            is None
        ):
            raise NotFound("no such team", value=team)
        note(session, caller, "team.thresholds", f"team:{team}", qualify_at=at, recall_hours=recall_hours)


def _moves(
    floor: Floor,
    everybody: Mapping[str, Standing],
    chances: Mapping[str, Chance],
    held: Mapping[str, Held],
    merged: Mapping[str, Merge],
) -> dict[str, Place]:
    """Where everybody goes who does not stay, the most urgent first."""
    inherited, moves = _inherited(floor, merged, held), {}
    for subject in sorted(everybody, key=lambda subject: urgency(subject, chances)):
        mine = held.get(subject)
        if subject in inherited and (mine is None or mine.person is None):
            moves[subject] = inherited[subject]
        elif place := floor.decide(everybody[subject], chances.get(subject, UNSCORED), mine):
            moves[subject] = place
    return moves


def urgency(subject: str, chances: Mapping[str, Chance]) -> tuple[bool, float, str]:
    """What to sort by for the most urgent first: the hot ones, then by chance."""
    chance = chances.get(subject, UNSCORED)
    return not chance.hot, -(chance.probability or 0), subject


def _inherited(floor: Floor, merged: Mapping[str, Merge], held: Mapping[str, Held]) -> dict[str, Place]:
    """A lead without a person gets that of one merged into it, so that nobody loses theirs by a merge."""
    found = {}
    for gone, merge in sorted(merged.items(), reverse=True):
        mine = held.get(gone)
        if mine is not None and mine.person in floor.seats:
            found[merge.into] = Place(mine.person, mine.team, "merged")
    return found


def _forget_words_of_merges(
    everybody: Mapping[str, Standing], merged: Mapping[str, Merge], held: Mapping[str, Held]
) -> None:
    """A merge in the CRM may name another owner: who has the lead keeps it until the CRM says so by itself."""
    for merge in merged.values():
        one = everybody.get(merge.into)
        if one is not None and merge.into in held and one.owner_load == merge.load:
            one.owner_since = 0


def _keep(
    home: Home, moves: Mapping[str, Place], everybody: Mapping[str, Standing], held: Mapping[str, Held]
) -> None:
    """Keeps what was decided, unless somebody else acted on a subject since."""
    for some in holding.chunks(list(moves)):
        with writing(home) as session:
            holding.begin(session, [(everybody[name], moves[name]) for name in some if name not in held])
            for name in some:
                if name in held:
                    holding.replace(session, name, held[name].since, moves[name], now())


def _take(session: Session, caller: Caller, one: Assignment, moment: int) -> None:
    _hand(session, one, Place(caller.person, one.team, "taken"), caller.person, moment)
    note(session, caller, "lead.take", one.subject)


def _hand(session: Session, one: Assignment, place: Place, by: int | None, moment: int) -> None:
    if not holding.replace(session, one.subject, one.since, place, moment, by):
        raise Forbidden("somebody else was quicker", value=one.subject, todo="look at the page again")


def _chance(score: Score) -> Chance:
    return Chance(score.probability, score.band in holding.URGENT)


def _counted(moves: Mapping[str, Place]) -> dict[str, int]:
    whys = sorted({place.why for place in moves.values()})
    return {why: sum(place.why == why for place in moves.values()) for why in whys}

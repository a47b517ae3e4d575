"""Makes people and teams from the colleagues the CRM names, so that nobody types them twice."""

import itertools
from dataclasses import asdict, dataclass
from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.clock import now
from crm.directory import newest
from crm.history import History
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import Person, Team
from serving.rights import audit, people, teams
from serving.rights.audit import COMMAND_LINE

COLLEAGUES: Final = """
WITH held AS (
    SELECT source, owner AS actor, 1 AS sales, 0 AS care FROM lead
    UNION ALL SELECT source, owner, 1, 0 FROM deal
    UNION ALL SELECT source, actor, 0, 1 FROM ticket
),
work AS (SELECT source, actor, sum(sales) AS sales, sum(care) AS care FROM held GROUP BY source, actor)
SELECT a.source, a.source_id, a.name, a.email, a.team, coalesce(w.sales, 0), coalesce(w.care, 0)
FROM actor a LEFT JOIN work w ON w.source = a.source AND w.actor = a.source_id
WHERE a.left_at IS NULL OR a.left_at > $moment
ORDER BY a.source, a.source_id
"""
READ: Final = {
    "actor": ("name", "email", "team", "left_at"), "lead": ("owner",), "deal": ("owner",), "ticket": ("actor",),
}  # fmt: skip
CALLED: Final = {
    "vi": {"sales": "Kinh doanh", "care": "CSKH"},
    "en": {"sales": "Sales", "care": "Customer care"},
}


class Colleague(NamedTuple):
    """Who is at work by the CRM, and how many leads and deals (``sales``) and tickets (``care``) they hold."""

    source: str
    source_id: str
    name: str | None
    email: str | None
    team: str | None
    sales: int
    care: int

    @property
    def actor(self) -> str:
        """The id a :class:`Person` keeps."""
        return f"{self.source}:{self.source_id}"

    @property
    def kind(self) -> str:
        """sales or care: as the mapping says of their team, else by the work they hold."""
        if self.team in teams.KINDS:
            return self.team
        return "care" if self.care > self.sales else "sales"

    @property
    def login(self) -> str:
        """Their login in the CRM, or what stands before the @ where the CRM has only a number."""
        written = (self.email or "").partition("@")[0]
        return "".join((written if self.source_id.isdigit() and written else self.source_id).split())

    def team_name(self, language: str) -> str:
        """The team they belong to."""
        return CALLED[language].get(self.team or self.kind) or str(self.team)

    def person(self, login: str, team: int) -> Person:
        """The row of somebody new."""
        name, email = self.name or login, self.email or ""
        return people.row(login, name, self.kind, team=team, email=email, actor=self.actor)


@dataclass(frozen=True, slots=True)
class Made:
    """How many teams and people are new, and how many people the CRM says have left."""

    teams: int
    people: int
    gone: int

    def as_dict(self) -> dict[str, int]:
        """For ``--json``."""
        return asdict(self)


def from_crm(home: Home) -> Made:
    """Makes who is missing, in the team the CRM says; run again it adds only who is new.

    They sign in once ``leadkeep people password`` gave them a password. Who left in the CRM is only counted: leaving
    hands their work over, so a person decides it. Raises HistoryError.
    """
    with newest(History(home), READ) as connection:
        rows = connection.execute(COLLEAGUES, {"moment": now()}).fetchall()
    found = [Colleague(*row) for row in rows]
    with writing(home) as session:
        known = {one.actor: one.left_at for one in session.scalars(select(Person)) if one.actor}
        new = [one for one in found if one.actor not in known]
        before = {team.name: team.id for team in session.scalars(select(Team))}
        places = dict(before)
        taken = set(session.scalars(select(Person.login)))
        for one in new:
            name = one.team_name(home.settings.language)
            places[name] = places.get(name) or _team(session, name, one.kind)
            login = _free(people.plain(one.login), taken)
            taken.add(login)
            session.add(one.person(login, places[name]))
        audit.note(session, COMMAND_LINE, "people.from-crm", "", people=len(new))
    here = {one.actor for one in found}
    gone = [actor for actor, left in known.items() if left is None and actor not in here]
    return Made(len(places) - len(before), len(new), len(gone))


def _team(session: Session, name: str, kind: str) -> int:
    made = teams.row(name, kind)
    session.add(made)
    session.flush()
    return made.id


def _free(login: str, taken: set[str]) -> str:
    """The login, with a number where somebody has it."""
    tries = itertools.chain([login], (f"{login}{number}" for number in itertools.count(2)))
    return next(one for one in tries if one not in taken)

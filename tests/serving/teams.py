"""Teams and people for tests, and leads for them."""

from typing import Any
from uuid import uuid4

from crm.clock import DAY, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Person, Team
from crm.tables.work import Assignment, Tap
from serving.rights.keys import Caller


def team(home: Home, name: str, kind: str = "sales", **given: Any) -> int:
    row = Team(
        name=name, kind=kind, branch="", **({"qualify_at": None, "recall_hours": 8, "sources": []} | given)
    )
    with writing(home) as session:
        session.add(row)
    return row.id


def person(home: Home, login: str, team: int, role: str = "sales", **given: Any) -> int:
    """``login`` is also the person's id in the CRM ``crm``; here for a year."""
    defaults = {
        "name": login.title(), "email": "", "actor": f"crm:{login}", "password": None, "capacity": None, "failures": 0,
        "locked_until": None, "created_at": now() - 365 * DAY, "left_at": None,
    }  # fmt: skip
    row = Person(login=login, role=role, team=team, **(defaults | given))
    with writing(home) as session:
        session.add(row)
    return row.id


def as_caller(home: Home, person: int) -> Caller:
    with reading(home) as session:
        row = session.get_one(Person, person)
        return Caller(row.role, "person", row.id, row.team, row.name)


def holders(home: Home) -> dict[str, tuple[int | None, int, str]]:
    """Whose each subject is now: person, team, why."""
    with reading(home) as session:
        rows = session.query(Assignment).filter(Assignment.until.is_(None))
        return {row.subject: (row.person, row.team, row.why) for row in rows}


def tap(home: Home, subject: str, person: int, code: str = "no_answer", **given: Any) -> None:
    defaults = {
        "id": str(uuid4()), "target": "lead_conversion", "at": now(), "due_at": None, "why": "",
        "note": "", "band": "hot", "probability": 0.3, "version": "1", "arm": "score", "undone_at": None,
    }  # fmt: skip
    with writing(home) as session:
        session.add(Tap(subject=subject, person=person, code=code, **(defaults | given)))


def hold(home: Home, subject: str, person: int | None, team: int, since: int, **given: Any) -> None:
    defaults = {"until": None, "why": "rule", "by": None, "touched_at": None}
    with writing(home) as session:
        session.add(Assignment(subject=subject, person=person, team=team, since=since, **(defaults | given)))

"""When somebody leaves, the company or a team: colleagues take over what they held there."""

from collections.abc import Mapping

from sqlalchemy import delete, update

from crm.clock import now
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import SignIn, Team
from crm.tables.work import Assignment
from serving.rights import audit, people
from serving.rights.audit import COMMAND_LINE
from serving.rights.callers import Caller
from serving.work.assigning import hand_over_all
from serving.work.sharing import HOLDING


def leave(home: Home, login: str, by: Caller = COMMAND_LINE) -> int:
    """Ends the work of somebody: sessions and password end at once, and colleagues take over what they held.

    The answer is how many leads and customers changed hands. Raises NotFound.
    """
    with writing(home) as session:
        person = people.at_work(session, login)
        person.left_at, person.password = now(), None
        session.execute(delete(SignIn).where(SignIn.person == person.id))
        session.flush()
        handed = hand_over_all(session, home, person.id, by.person)
        audit.note(session, by, "person.leave", f"person:{person.id}", handed=handed)
    return handed


def change(home: Home, login: str, fields: Mapping[str, str | int | None], by: Caller = COMMAND_LINE) -> int:
    """Changes somebody as :func:`serving.rights.people.change` does; the answer is how many changed hands.

    Who changes team takes along whom the CRM says they look after, into a team that does the same work: until the CRM
    names another, both would call. All others stay with the old team, as when somebody leaves; so do all where the
    new role has no list to work.
    """
    with writing(home) as session:
        before = people.at_work(session, login).team
        person = people.changed(session, login, fields, by)
        session.flush()
        holds = person.role in HOLDING
        if holds and (person.team == before or before is None):
            return 0
        old, new = (
            session.get(Team, before) if before else None,
            session.get(Team, person.team) if person.team else None,
        )
        if holds and old and new and old.kind == new.kind:
            theirs = (Assignment.person == person.id) & Assignment.until.is_(None) & (Assignment.why == "crm")
            session.execute(update(Assignment).where(theirs).values(team=new.id))
        return hand_over_all(session, home, person.id, by.person, but=person.team if holds else None)

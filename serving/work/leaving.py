"""When somebody leaves: nobody signs in as them any more, and colleagues take over what they held."""

from sqlalchemy import delete

from crm.clock import now
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import SignIn
from serving.rights import audit, people
from serving.rights.audit import COMMAND_LINE
from serving.rights.callers import Caller
from serving.work.assigning import hand_over_all


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

"""Whose leads and customers a caller may see: the one place that decides it for lists and for single subjects."""

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm.tables.work import Assignment
from serving.rights.callers import Caller

TEAM: Final = {"lead": "sales", "deal": "sales", "customer": "care"}
"""Whose work a subject is."""

EVERYBODY: Final = frozenset({"director", "admin"})
"""Roles that see every subject."""

OWNERS: Final = frozenset({"sales", "care", "team_lead"})
"""Roles that see what is theirs. The others (marketing, data) see no single person."""


MANY: Final = 500
"""Subjects asked about by name; of more, all that are the caller's are read."""


def mine(caller: Caller) -> ColumnElement[bool] | None:
    """Which rows of ``assignment`` are the caller's: None means that all subjects are, also unassigned ones.

    A person of sales or care sees their own and their team's pool; a team lead, and a key made for a team, what is
    the team's. A key made for no team is the whole company's.
    """
    if caller.role in EVERYBODY:
        return None
    if caller.role not in OWNERS:
        return false()
    if caller.person is None and caller.team is None:
        return None
    of_team = Assignment.team == caller.team if caller.team is not None else false()
    if caller.person is None or caller.role == "team_lead":
        held = of_team
    else:
        held = or_(Assignment.person == caller.person, and_(Assignment.person.is_(None), of_team))
    return and_(Assignment.until.is_(None), held)


def listed(caller: Caller) -> ColumnElement[bool] | None:
    """Which rows of ``assignment`` are the caller's to work: as :func:`mine`, of a person without the pool.

    What lies in the pool is nobody's yet: on everybody's list, several would be sent to the same lead.
    """
    if caller.role in ("sales", "care") and caller.person is not None:
        return and_(Assignment.until.is_(None), Assignment.person == caller.person)
    return mine(caller)


def may_take(caller: Caller, one: Assignment) -> bool:
    """Whether the caller may make theirs what nobody has: of their own team's pool, in a role that holds subjects."""
    return (
        caller.role in OWNERS and caller.person is not None and one.person is None and one.team == caller.team
    )


def within(caller: Caller, subject: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Which rows that name a ``subject`` the caller may see."""
    held = mine(caller)
    if held is not None:
        return subject.in_(select(Assignment.subject).where(held))
    kinds = [kind for kind, role in TEAM.items() if role == caller.role]
    return or_(*(subject.startswith(f"{kind}:") for kind in kinds)) if kinds else true()


def may_see(session: Session | Connection, caller: Caller, subject: str) -> bool:
    """Whether the caller may see this subject; asks the database only where ownership decides."""
    return bool(visible(session, caller, [subject]))


def visible(session: Session | Connection, caller: Caller, subjects: Collection[str]) -> set[str]:
    """Those of ``subjects`` the caller may see."""
    held = mine(caller)
    if held is None:
        whole = caller.role not in ("sales", "care")
        return {one for one in subjects if whole or TEAM.get(one.partition(":")[0]) == caller.role}
    if caller.role not in OWNERS:
        return set()
    asked = select(Assignment.subject).where(held)
    if len(subjects) <= MANY:
        asked = asked.where(Assignment.subject.in_(subjects))
    return {subject for (subject,) in session.execute(asked)} & set(subjects)

"""How many contacts a day holds: of one person their own figure or the company's, of the teams the sum of them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from crm.settings import Settings
from crm.tables.people import Person, Team
from serving.rights.scope import TEAM


def of_teams(session: Session, settings: Settings, kind: str) -> int:
    """What all at work in the teams for subjects of ``kind`` can do in a day; before there is anybody, one's usual."""
    usual: int = getattr(settings.capacity, TEAM[kind])
    at_work = Team.kind == TEAM[kind], Person.role == TEAM[kind], Person.left_at.is_(None)
    asked = select(func.sum(func.coalesce(Person.capacity, usual))).join(Team, Team.id == Person.team)
    return int(session.scalar(asked.where(*at_work)) or usual)

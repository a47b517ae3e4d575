"""Leases: who may do what only one process may do at a time, until when, so that a killed holder blocks nobody."""

from sqlalchemy import delete, or_, update
from sqlalchemy import exc as db
from sqlalchemy.orm import Session

from crm.clock import now
from crm.operations import writing
from crm.settings import Home
from crm.tables.jobs import JobLock


def take(home: Home, name: str, holder: str, life: int) -> bool:
    """Takes or renews a lease for ``life`` microseconds; False where another holds it."""
    moment = now()
    free = or_(JobLock.holder == holder, JobLock.until < moment)
    renewed = (
        update(JobLock).where(JobLock.job == name, free).values(holder=holder, until=moment + life)
        .returning(JobLock.job)
    )  # fmt: skip
    try:
        with writing(home) as session:
            if session.execute(renewed).first() is not None:
                return True
            if session.get(JobLock, name) is not None:
                return False
            session.add(JobLock(job=name, holder=holder, until=moment + life))
    except db.IntegrityError:  # another took it in the same moment
        return False
    return True


def let_go(home: Home, name: str, holder: str) -> None:
    """Ends a lease before its time; nothing where another holds it."""
    with writing(home) as session:
        session.execute(delete(JobLock).where(JobLock.job == name, JobLock.holder == holder))


def held(session: Session, name: str) -> bool:
    """Whether somebody holds a lease now."""
    found = session.get(JobLock, name)
    return found is not None and found.until >= now()

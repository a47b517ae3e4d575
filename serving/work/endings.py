"""Whom the people who work them are done with, though the CRM has not closed them: their last outcome is an end."""

from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, aliased

from crm.pressing import last_heard, last_pressed
from crm.settings import Home
from crm.tables.work import Tap
from serving.work import outcomes

ENDS: Final = frozenset(code for code, outcome in outcomes.BY_CODE.items() if outcome.ends)


def finished() -> Select[str, int]:
    """Subjects whose last outcome that stands ended it, and when; a query, so that others can count without them."""
    later = aliased(Tap)
    after = (later.subject == Tap.subject) & (later.at > Tap.at) & later.undone_at.is_(None)
    return select(Tap.subject, Tap.at).where(
        Tap.code.in_(ENDS), Tap.undone_at.is_(None), ~select(later.id).where(after).exists()
    )


def done_with(session: Session, home: Home) -> set[str]:
    """The same, less those who wrote, opened a ticket or rated us since: a wrong number may still write by Zalo."""
    found = session.execute(finished()).all()
    if not found:
        return set()
    lately, live = last_pressed(home), last_heard(home)
    return {subject for subject, at in found if max(lately.get(subject, 0), live.get(subject, 0)) <= at}

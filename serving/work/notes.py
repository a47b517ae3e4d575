"""The last note about somebody: what a colleague wrote with an outcome here, or in the CRM."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm.notes import Note, notes
from crm.operations import portions
from crm.settings import Home
from crm.tables.work import Tap


def last(session: Session, home: Home, subjects: Sequence[str]) -> dict[str, Note]:
    """The newest note of each of ``subjects`` that has one; raises HistoryError."""
    told = notes(home)
    found = {subject: told[subject] for subject in subjects if subject in told}
    own = select(Tap.subject, Tap.at, Tap.note).where(Tap.note != "", Tap.undone_at.is_(None))
    for some in portions(subjects):
        for subject, at, text in session.execute(own.where(Tap.subject.in_(some)).order_by(Tap.at)):
            if subject not in found or found[subject].at <= at:
                found[subject] = Note(at, text)
    return found

"""Whom nobody is to contact: who asked for that, here or in the CRM, in all records of the same person."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.directory import refusing
from crm.kin import kin
from crm.settings import Home
from crm.tables.work import DoNotContact
from serving.rights.audit import note
from serving.rights.keys import Caller


def unwilling(session: Session, home: Home) -> frozenset[str]:
    """Every lead, deal and customer of those people; raises HistoryError."""
    return kin(home, _said(session, home))


def who_said(session: Session, home: Home, subject: str) -> list[str]:
    """Of the records of these people those in which it was said: why ``subject`` is not to be contacted."""
    return sorted(_said(session, home) & kin(home, [subject]))


def _said(session: Session, home: Home) -> frozenset[str]:
    return refusing(home).union(session.scalars(select(DoNotContact.subject)))


def lift(session: Session, home: Home, caller: Caller, subject: str) -> None:
    """They agree to be contacted again: all that was said here to the contrary is taken back, and that is noted."""
    session.execute(delete(DoNotContact).where(DoNotContact.subject.in_(kin(home, [subject]))))
    note(session, caller, "contact.allow", subject)

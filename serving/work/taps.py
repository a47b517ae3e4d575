"""Keeps what a person says of a contact with one tap: as an event of history, for the lists and for the CRM.

The tap's own id, made by the page, is the id of all it causes: pressed twice, or sent again after a broken
connection, it changes nothing. The row is stored first and the event right after; :func:`complete` does the
second half for whoever was killed between.
"""

import re
from typing import Final, NamedTuple

from sqlalchemy import exc, select
from sqlalchemy.orm import Session

from crm.arrivals import NOTE
from crm.clock import DAY, now, to_datetime
from crm.errors import Forbidden, NotFound, SourceError
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.scores import Score
from crm.tables.work import DoNotContact, Tap
from models.target import find
from serving.proof import trial
from serving.rights import audit, scope
from serving.rights.keys import Caller
from serving.work import assigning, outcomes
from serving.work.calendar import Calendar
from serving.work.tasks import following
from serving.write_back import outbox

FARTHEST: Final = 366 * DAY
"""How far ahead a callback may be promised."""

ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

REACHED_BY: Final = {"lead": "lead", "customer": "party", "deal": "deal"}
"""The column of an activity that names a subject of each kind."""


class Given(NamedTuple):
    """What a page sends: ``due_at`` (UTC microseconds) and ``why`` where the outcome asks for them."""

    id: str
    subject: str
    target: str
    code: str
    due_at: int | None = None
    why: str = ""
    note: str = ""


def tap(home: Home, caller: Caller, given: Given) -> Tap:
    """Keeps one tap, durably when this returns; the same one again changes nothing.

    Raises SourceError for what cannot be meant, Forbidden for somebody else's subject, and for a caller who is
    no person.
    """
    moment = now()
    _check(given, moment)
    person = _person(caller)
    try:
        with writing(home) as session:
            row = _stored(session, caller, person, given, moment)
            said = _said(session, row)
    except exc.IntegrityError:  # the same tap came twice at once
        with reading(home) as session:
            row = _same(session.get_one(Tap, given.id), person, given)
            said = _said(session, row)
    Inbox(home).put(f"leadkeep:{row.id}", said)
    return row


def undo(home: Home, caller: Caller, tap_id: str) -> Tap:
    """Takes a tap of today back, with all it caused; twice changes nothing.

    Raises NotFound, Forbidden for somebody else's tap, SourceError for one of another day.
    """
    person, moment = _person(caller), now()
    with writing(home) as session:
        row = session.get(Tap, tap_id)
        if row is None or row.person != person:
            raise NotFound("no such outcome of yours", value=tap_id[:36])
        if row.undone_at is None:
            zone = home.settings.zone
            if to_datetime(row.at, zone).date() != to_datetime(moment, zone).date():
                todo = "record what is true now instead"
                raise SourceError("only today's outcomes can be taken back", value=tap_id[:36], todo=todo)
            row.undone_at = moment
            _let_contact(session, row)
            assigning.put_back(session, person, row.subject)
            outbox.withdraw_tap(session, row)
            audit.note(session, caller, "tap.undo", row.subject, code=row.code)
        said = _unsaid(session, row)
    Inbox(home).put(f"leadkeep:{row.id}:undo", said)
    return row


def complete(home: Home) -> None:
    """Says to the history what was tapped in the last two days, where a crash kept that from being said."""
    with reading(home) as session:
        taps = session.scalars(select(Tap).where(Tap.at > now() - 2 * DAY).order_by(Tap.at)).all()
        said = [(f"leadkeep:{row.id}", _said(session, row)) for row in taps]
        said += [(f"leadkeep:{row.id}:undo", _unsaid(session, row)) for row in taps if row.undone_at]
    inbox = Inbox(home) if said else None
    for delivery, rows in said:
        assert inbox is not None
        inbox.put(delivery, rows)


def _check(given: Given, moment: int) -> None:
    if not ID.fullmatch(given.id):
        raise SourceError("a tap needs an id of its own (a UUID)", value=given.id[:50])
    outcome = outcomes.one(given.target, given.code)
    if given.subject.partition(":")[0] != find(given.target).subject:
        raise SourceError("not a subject of this list", value=given.subject[:100], where=given.target)
    if (given.due_at is not None) != (outcome.asks == "when"):
        raise SourceError("this outcome needs a time, and no other does", value=given.code)
    if given.due_at is not None and not moment < given.due_at < moment + FARTHEST:
        raise SourceError(
            "a callback lies ahead, within a year", value=given.due_at, todo="choose another time"
        )
    if given.why not in outcomes.WHYS.get(given.code, {""}):
        raise SourceError("this outcome needs one of its reasons", value=given.why[:50], where=given.code)
    if len(given.note) > 2000:
        raise SourceError("this note is too long", value=len(given.note), todo="keep it below 2,000 letters")


def _person(caller: Caller) -> int:
    if caller.person is None:
        todo = "sign in with your own name: leadkeep people add makes one"
        raise Forbidden("only a person can record an outcome", value=caller.prefix, todo=todo)
    return caller.person


def _same(row: Tap, person: int, given: Given) -> Tap:
    if (row.person, row.subject, row.code) != (person, given.subject, given.code):
        raise SourceError("another outcome has this id", value=given.id, todo="load the page again")
    return row


def _stored(session: Session, caller: Caller, person: int, given: Given, moment: int) -> Tap:
    if (known := session.get(Tap, given.id)) is not None:
        return _same(known, person, given)
    if not scope.may_see(session, caller, given.subject):
        raise Forbidden(
            "this is somebody else's", value=given.subject, todo="ask your team lead to hand it over"
        )
    score = session.get(Score, (given.target, given.subject))
    arm = trial.arms(session, given.target, [score]).get(given.subject, "") if score else ""
    row = Tap(
        **given._asdict(), person=person, at=moment, band=score.band if score else "",
        probability=score.probability if score else None, version=score.version if score else "",
        arm=arm, undone_at=None,
    )  # fmt: skip
    session.add(row)
    if given.code == outcomes.DO_NOT_CONTACT.code and session.get(DoNotContact, given.subject) is None:
        session.add(DoNotContact(subject=given.subject, since=moment, why=given.id, person=person))
    session.flush()
    assigning.take_along(session, caller, given.subject, moment)
    settings = session.info["home"].settings
    task = following(row, settings, Calendar.of(session, settings, person))
    spoken = outcomes.said(row.code, settings.language, row.why)
    outbox.queue_tap(session, row, _said(session, row), spoken, task)
    return row


def _let_contact(session: Session, row: Tap) -> None:
    wish = session.get(DoNotContact, row.subject)
    if wish is not None and wish.why == row.id:
        session.delete(wish)


def _said(session: Session, row: Tap) -> list[Said]:
    """The contact, the callback it promises, and the end of the one promised before."""
    outcome, about = outcomes.BY_CODE[row.code], _about(session, row)
    channel = {"call": "phone", "email": "email"}.get(outcome.kind)
    happened = about | {"occurred_at": row.at, "direction": "out"}
    said = [
        _record(row, "", happened | {"kind": outcome.kind, "channel": channel, "outcome": outcome.outcome,
                                     "subject_code": row.code})._replace(custom={NOTE: row.note} if row.note else {}),
    ]  # fmt: skip
    if row.due_at is not None:
        said.append(_record(row, ":callback", happened | {"kind": "callback", "due_at": row.due_at}))
    if (before := _promised(session, row)) is not None:
        said.append(_record(before, ":callback", {"done_at": row.at}))
    return said


def _unsaid(session: Session, row: Tap) -> list[Said]:
    said = [_record(row, "", {})._replace(deleted=True)]
    if row.due_at is not None:
        said.append(_record(row, ":callback", {})._replace(deleted=True))
    if (before := _promised(session, row)) is not None:
        said.append(_record(before, ":callback", {"done_at": None}))
    return said


def _record(row: Tap, part: str, columns: dict[str, object]) -> Said:
    """An activity of the subject's own source: only there does its id mean this subject."""
    source = row.subject.split(":", 2)[1]
    return Said("activity", source, f"leadkeep:{row.id}{part}", dict(columns))


def _about(session: Session, row: Tap) -> dict[str, object]:
    kind, source, source_id = row.subject.split(":", 2)
    actor = session.scalar(select(Person.actor).where(Person.id == row.person)) or ""
    named = actor.removeprefix(f"{source}:") if actor.startswith(f"{source}:") else None
    return {REACHED_BY[kind]: source_id, "actor": named}


def _promised(session: Session, row: Tap) -> Tap | None:
    """The tap before this one of the same subject, where it promised a callback."""
    before = select(Tap).where(Tap.subject == row.subject, Tap.at < row.at, Tap.undone_at.is_(None))
    found = session.scalar(before.order_by(Tap.at.desc()).limit(1))
    return found if found is not None and found.due_at is not None else None

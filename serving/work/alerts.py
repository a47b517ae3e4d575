"""Alerts: finds what needs a person now, shows it to whom it concerns, and sends it where they look."""

import logging
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import apprise
from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from crm import operations
from crm.clock import DAY, now
from crm.discover import modules
from crm.errors import NotFound
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Person, Team
from crm.tables.work import Alert, AlertSeen
from serving.channels import Message, Told
from serving.rights.keys import Caller
from serving.rights.scope import within
from serving.watches import Found
from serving.work import holding
from serving.work.calendar import Calendar
from serving.work.endings import done_with
from serving.work.wishes import unwilling

LOG = logging.getLogger(__name__)

ATTEMPTS: Final = 5
FRESH: Final = 7 * DAY
"""An alert older than this is not sent any more: it was found before anybody gave an address, or over a holiday."""

MOST: Final = 200
"""Alerts shown at once."""


def look(home: Home) -> int:
    """Keeps what the watches find, and settles what they no longer find; returns how many are new or came back.

    What is found of somebody on leave is the team's until they are back.
    """
    moment = now()
    with reading(home) as session:
        refusing = unwilling(session, home) | done_with(session, home)
        away = holding.absent(session, home.settings)
        found = {
            kind: [
                one._replace(person=None) if one.person in away else one
                for one in watch.look(session, home, moment)
                if one.subject not in refusing
            ]
            for kind, watch in modules("serving.watches").items()
        }
    keys = {one.key for some in found.values() for one in some}
    with writing(home) as session:
        open_now = select(Alert.id, Alert.key).where(Alert.settled_at.is_(None))
        over = [id for id, key in session.execute(open_now) if key not in keys]
        session.execute(update(Alert).where(Alert.id.in_(over)).values(settled_at=moment))
        return sum(_keep(session, kind, some, moment) for kind, some in found.items())


def shown(session: Session, caller: Caller, limit: int = MOST) -> list[Alert]:
    """What the caller has not put aside of whom they may see, the newest first."""
    mine = within(caller, Alert.subject), ~_seen_by(caller.person or 0)
    asked = select(Alert).where(Alert.settled_at.is_(None), *mine)
    return list(session.scalars(asked.order_by(Alert.at.desc(), Alert.id.desc()).limit(limit)))


def dismiss(home: Home, caller: Caller, alert: int) -> None:
    """Takes one off the caller's page; others still see it. Raises NotFound for one they may not see."""
    mine = (Alert.id == alert) & within(caller, Alert.subject)
    with writing(home) as session:
        if session.scalar(select(Alert.id).where(mine)) is None:
            raise NotFound("no such alert of yours", value=alert)
        once = operations.insert(session, AlertSeen).on_conflict_do_nothing()
        session.execute(once, [{"alert": alert, "person": caller.person or 0, "at": now()}])


def send(home: Home) -> int:
    """Sends what was not sent yet, in working time only; returns how many messages went out.

    An alert is tried at most five times; with no address in the settings nothing is sent or counted.
    """
    moment, settings = now(), home.settings
    if not Calendar(settings).works(moment):
        return 0
    heard = _waiting(home, moment)
    found = [
        message
        for channel in modules("serving.channels").values()
        for message in channel.messages(settings, list(heard))
    ]
    told = {one.id: set(places) for one, places in heard.items()}
    sent = 0
    for message in found:
        place = _place(message)
        if any(place not in told[id] for id in message.alerts) and _deliver(message):
            sent += 1
            for id in message.alerts:
                told[id].add(place)
    _note(home, found, told, moment)
    return sent


def _seen_by(person: ColumnElement[int] | InstrumentedAttribute[int | None] | int) -> ColumnElement[bool]:
    """Whether this person put the alert aside."""
    mine = AlertSeen.alert == Alert.id, AlertSeen.person == person
    return select(AlertSeen.alert).where(*mine).correlate(Alert).exists()


def _keep(session: Session, kind: str, found: Sequence[Found], moment: int) -> int:
    known: dict[str, Alert] = {}
    for some in holding.chunks(found):
        asked = select(Alert).where(Alert.key.in_([one.key for one in some]))
        known |= {alert.key: alert for alert in session.scalars(asked)}
    returned = sum(_again(session, known[one.key], one, moment) for one in found if one.key in known)
    rows = [
        one._asdict() | {"kind": kind, "at": moment, "settled_at": None, "sent_at": None, "attempts": 0}
        for one in found
        if one.key not in known
    ]
    if not rows:
        return returned
    insert = operations.insert(session, Alert)
    once = insert.on_conflict_do_nothing(index_elements=["key"]).returning(Alert.id)
    return returned + len(session.execute(once, rows).all())


def _again(session: Session, alert: Alert, one: Found, moment: int) -> bool:
    """What is found again goes along with who has the subject now; True where it was settled and has come back.

    Whoever has heard of it already does not hear a second time that it changed hands.
    """
    returned = alert.settled_at is not None
    if returned:
        session.execute(delete(AlertSeen).where(AlertSeen.alert == alert.id))
        alert.detail = one.detail
    if returned or (alert.person, alert.team) != (one.person, one.team):
        alert.person, alert.team, alert.at = one.person, one.team, moment
        alert.settled_at, alert.sent_at, alert.attempts = None, None, 0
    return returned


def _waiting(home: Home, moment: int) -> dict[Told, list[str]]:
    """Alerts to send, each with the places that have heard of it."""
    asked = (
        select(Alert, Person.email, Team.id, Team.name)
        .select_from(Alert)
        .join(
            Person,
            (Person.id == Alert.person) & Person.left_at.is_(None) & ~_seen_by(Alert.person),
            isouter=True,
        )
        .join(Team, Team.id == Alert.team, isouter=True)
        .where(
            Alert.sent_at.is_(None), Alert.settled_at.is_(None), Alert.attempts < ATTEMPTS, Alert.at > moment - FRESH
        )
        .order_by(Alert.id)
    )  # fmt: skip
    with reading(home) as session:
        leads = _leads(session)
        return {
            Told(
                alert.id, alert.kind, tuple(sorted({mail, *leads.get(team, ())} - {"", None})), name or ""
            ): alert.detail.get("told", [])
            for alert, mail, team, name in session.execute(asked)
        }  # fmt: skip


def _leads(session: Session) -> dict[int | None, list[str]]:
    """The addresses of each team's leads."""
    found: dict[int | None, list[str]] = {}
    at_work = (Person.role == "team_lead") & Person.left_at.is_(None)
    for team, mail in session.execute(select(Person.team, Person.email).where(at_work)):
        found.setdefault(team, []).append(mail)
    return found


def _place(message: Message) -> str:
    """An address without its secrets, to remember who has heard."""
    return sha256(message.address.encode()).hexdigest()[:16]


def _deliver(message: Message) -> bool:
    """Whether it went out; an address is a secret, so only its kind is logged."""
    post = apprise.Apprise()
    if post.add(message.address) and post.notify(body=message.body, title=message.title):
        return True
    LOG.warning("an alert could not be sent by %s", message.address.partition(":")[0])
    return False


def _note(home: Home, messages: Sequence[Message], told: dict[int, set[str]], moment: int) -> None:
    """Keeps who has heard what; an alert is sent once every place it was for has."""
    wanted: dict[int, set[str]] = {}
    for message in messages:
        for id in message.alerts:
            wanted.setdefault(id, set()).add(_place(message))
    with writing(home) as session:
        for alert in session.scalars(select(Alert).where(Alert.id.in_(wanted))):
            alert.detail = alert.detail | {"told": sorted(told[alert.id])}
            alert.attempts += 1
            if wanted[alert.id] <= told[alert.id]:
                alert.sent_at = moment

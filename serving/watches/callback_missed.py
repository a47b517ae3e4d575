"""A call that somebody promised, here or in the CRM, for a time that has passed, and nobody made."""

from collections.abc import Iterator, Mapping
from itertools import chain

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from crm.clock import DAY, MINUTE
from crm.promises import Promise, kept, promised
from crm.settings import Home
from crm.tables.work import Assignment, Tap
from serving.watches import Found
from serving.work import holding

VI, EN = "{n} cuộc hẹn gọi lại bị lỡ", "{n} promised calls were missed"
ONE_VI, ONE_EN = "Lỡ cuộc hẹn gọi lại", "A promised call was missed"
TODO_VI, TODO_EN = "Gọi xin lỗi và hẹn lại giờ khác.", "Call, apologise, and agree on another time."

OLDEST = 30 * DAY
"""What was missed longer ago is not news."""


def look(session: Session, home: Home, moment: int) -> Iterator[Found]:
    """Those due for longer than the settings allow, in the working time of who holds the subject, and not made."""
    limit = holding.patience(session, home.settings, moment, home.settings.alerts.callback_minutes * MINUTE)
    latest, oldest = limit(None), moment - OLDEST
    over = {one: given for one, given in promised(home).items() if oldest < given.due <= latest}
    for found in chain(_of_taps(session, latest, oldest), _of_the_crm(session, over)):
        if found.detail["due_at"] <= limit(found.person):
            yield found


def _of_taps(session: Session, limit: int, oldest: int) -> Iterator[Found]:
    later = aliased(Tap)
    done = (
        select(later.id)
        .where(later.subject == Tap.subject, later.at > Tap.at, later.undone_at.is_(None))
        .exists()
    )
    asked = (
        select(Tap, Assignment.person, Assignment.team)
        .join(Assignment, (Assignment.subject == Tap.subject) & Assignment.until.is_(None))
        .where(
            Tap.undone_at.is_(None), Tap.due_at <= limit, Tap.due_at > oldest, ~done,
            Assignment.touched_at.is_(None) | (Assignment.touched_at <= Tap.at),
        )
    )  # fmt: skip
    for tap, person, team in session.execute(asked):
        yield Found(f"callback_missed:{tap.id}", tap.subject, person, team, {"due_at": tap.due_at or 0})


def _of_the_crm(session: Session, over: Mapping[str, Promise]) -> Iterator[Found]:
    """Where nothing was tapped since the promise: of a tap's own, which the history tells too, the above speaks."""
    for some in holding.chunks(sorted(over)):
        tapped = dict(
            session.execute(
                select(Tap.subject, func.max(Tap.at))
                .where(Tap.subject.in_(some), Tap.undone_at.is_(None))
                .group_by(Tap.subject)
            ).all()
        )
        held = select(Assignment).where(Assignment.subject.in_(some), Assignment.until.is_(None))
        for mine in session.scalars(held.order_by(Assignment.subject)):
            promise = over[mine.subject]
            if tapped.get(mine.subject, 0) < promise.at and not kept(promise, mine.touched_at):
                key = f"callback_missed:{mine.subject}:{promise.due}"
                yield Found(key, mine.subject, mine.person, mine.team, {"due_at": promise.due})

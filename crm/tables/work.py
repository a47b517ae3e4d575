"""The day's work: whose a subject is, what people tapped, whom not to contact, what needs attention, the goals."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import NUMBER, Base


class Assignment(Base):
    """Whose a subject was, from ``since`` to ``until`` (none: now); without a person it is in its team's pool.

    ``touched_at`` is when somebody last dealt with the subject, as far as the history says; taps are beside it.
    """

    __tablename__ = "assignment"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team: Mapped[int] = mapped_column(ForeignKey("team.id"))
    since: Mapped[int]
    until: Mapped[int | None]
    touched_at: Mapped[int | None]
    why: Mapped[str] = mapped_column(
        String(32)
    )  # crm | rule | taken | recalled | handed | left | qualified | merged
    by: Mapped[int | None]
    __table_args__ = (
        Index("assignment_current", "subject", unique=True, sqlite_where=text("until IS NULL"),
              postgresql_where=text("until IS NULL")),
        Index("assignment_person", "person", "until"),
        Index("assignment_team", "team", "until"),
    )  # fmt: skip


class Tap(Base):
    """What a person said of a contact with one tap; ``id`` is made by the page, so a second press changes nothing.

    ``band``, ``probability``, ``version`` and ``arm`` are what stood when it was pressed.
    """

    __tablename__ = "tap"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    target: Mapped[str] = mapped_column(String(64))
    person: Mapped[int] = mapped_column(ForeignKey("person.id"))
    code: Mapped[str] = mapped_column(String(32))
    at: Mapped[int]
    due_at: Mapped[int | None]
    why: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(String(2000))
    band: Mapped[str] = mapped_column(String(16))
    probability: Mapped[float | None]
    version: Mapped[str] = mapped_column(String(64))
    arm: Mapped[str] = mapped_column(String(8))
    undone_at: Mapped[int | None]
    __table_args__ = (Index("tap_subject", "subject", "at"), Index("tap_person", "person", "at"))


class DoNotContact(Base):
    """Someone who asked not to be contacted, until it is taken back."""

    __tablename__ = "do_not_contact"
    subject: Mapped[str] = mapped_column(String(300), primary_key=True)
    since: Mapped[int]
    why: Mapped[str] = mapped_column(String(200))
    person: Mapped[int | None]


class Alert(Base):
    """Something that needs a person now; ``key`` keeps one cause from being told twice.

    ``settled_at`` is when its cause was gone; who has put it aside before then is in :class:`AlertSeen`.
    """

    __tablename__ = "alert"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    key: Mapped[str] = mapped_column(String(400))
    kind: Mapped[str] = mapped_column(String(32))  # untouched | risk_jumped | callback_missed
    subject: Mapped[str] = mapped_column(String(300))
    person: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    team: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    at: Mapped[int]
    detail: Mapped[dict[str, Any]]
    settled_at: Mapped[int | None]
    sent_at: Mapped[int | None]
    attempts: Mapped[int]
    __table_args__ = (
        UniqueConstraint("key", name="alert_once"),
        Index("alert_person", "person", "settled_at"),
    )


class AlertSeen(Base):
    """Who put an alert aside, for themselves only; ``person`` is 0 for a caller who is no person here."""

    __tablename__ = "alert_seen"
    alert: Mapped[int] = mapped_column(ForeignKey("alert.id"), primary_key=True)
    person: Mapped[int] = mapped_column(NUMBER, primary_key=True, autoincrement=False)
    at: Mapped[int]


class Goal(Base):
    """What the director wants a figure to reach."""

    __tablename__ = "goal"
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[float]
    since: Mapped[int]
    person: Mapped[int | None]

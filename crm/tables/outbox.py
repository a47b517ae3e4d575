"""The outbox: what is to be written back to other systems, and what became of it."""

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import NUMBER, Base


class Outgoing(Base):
    """One thing to write to one destination; ``key`` is what a receiver tells repetitions by.

    A newer score of a subject takes the place of one that waits for the same destination (``superseded``). Rows of
    one ``batch`` go together, in the same bytes at every attempt. ``before`` is what we had written there before.
    """

    __tablename__ = "outgoing"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    destination: Mapped[str] = mapped_column(String(64))
    batch: Mapped[str | None] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))  # score | undo | tap | withdrawal
    target: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[dict[str, Any]]
    before: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(String(16))  # waiting | sending | sent | dead | superseded | dry
    created_at: Mapped[int]
    due_at: Mapped[int]
    attempts: Mapped[int]
    sent_at: Mapped[int | None]
    error: Mapped[str] = mapped_column(String(500))
    person: Mapped[int | None]
    __table_args__ = (
        Index("outgoing_due", "destination", "state", "due_at"),
        Index("outgoing_subject", "destination", "target", "subject"),
    )

"""Proof of value: which parties are worked by the score, which by the simple rule, and since when."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import Base


class Enrolment(Base):
    """The arm a party counts in, drawn once, and since when (``at``): None while it was exempt whenever it was seen.

    Who is ``exempt`` now (why) is worked by the score, whatever was drawn.
    """

    __tablename__ = "enrolment"
    target: Mapped[str] = mapped_column(String(64), primary_key=True)
    party: Mapped[str] = mapped_column(String(300), primary_key=True)
    subject: Mapped[str] = mapped_column(String(300))
    at: Mapped[int | None]
    arm: Mapped[str] = mapped_column(String(8))  # score | rule
    exempt: Mapped[str | None] = mapped_column(String(32))  # vip | complaint | renewal
    owner: Mapped[int | None]
    probability: Mapped[float]
    __table_args__ = (Index("enrolment_at", "target", "at"), Index("enrolment_subject", "target", "subject"))

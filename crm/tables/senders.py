"""Systems that deliver by webhook. The secret signs both ways, so it is kept as it is: guard the database."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import Base


class Sender(Base):
    """One of them: the source its records belong to, and the format of what it sends."""

    __tablename__ = "sender"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    format: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(64))
    secret: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[int]
    revoked_at: Mapped[int | None]

"""Jobs: which ran when and how it ended, and which runs now."""

from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.tables import NUMBER, Base


class JobRun(Base):
    """One run of a job; without ``finished_at`` it runs, or was killed when its lock is gone."""

    __tablename__ = "job_run"
    id: Mapped[int] = mapped_column(NUMBER, primary_key=True)
    job: Mapped[str] = mapped_column(String(32))
    started_at: Mapped[int]
    finished_at: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))  # running | done | failed | killed
    said: Mapped[str] = mapped_column(String(1000))
    detail: Mapped[dict[str, Any]]
    __table_args__ = (Index("job_run_newest", "job", "id", "state"),)


class JobLock(Base):
    """Held by the process that runs a job; taken over once ``until`` has passed."""

    __tablename__ = "job_lock"
    job: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[int]


class Mark(Base):
    """How far something that goes through the inbox has come: the number of the last row it is done with."""

    __tablename__ = "mark"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int]

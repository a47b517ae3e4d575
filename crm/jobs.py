"""The history of jobs: when each began, how it ended, and which one was killed half-way."""

import secrets
from typing import Any, Final

from sqlalchemy import select, update

from crm import leases
from crm.clock import MINUTE, SECOND, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import JobRun

LEASE: Final = 30 * SECOND
"""A job whose scheduler is silent for this long was killed."""

RETRY: Final = MINUTE
"""How long a killed job is left alone before it runs again."""

KILLS: Final = 3
"""After as many kills in a row a job waits for its next time."""


class Jobs:
    """The jobs one scheduler runs; another one on the same database runs none of them meanwhile."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._holder = secrets.token_hex(8)

    def begin(self, job: str) -> JobRun | None:
        """Writes down that a job begins; None where it runs already."""
        if not self.renew(job):
            return None
        sweep(self.home, job)
        run = JobRun(job=job, started_at=now(), finished_at=None, state="running", said="", detail={})
        with writing(self.home) as session:
            session.add(run)
        return run

    def renew(self, job: str) -> bool:
        """Says that the job still runs; False where another scheduler has taken it for killed."""
        return leases.take(self.home, job, self._holder, LEASE)

    def end(self, run: JobRun, state: str, said: str, detail: dict[str, Any]) -> None:
        """Writes down how it ended: ``done``, ``failed`` or ``killed``, and one sentence without personal data."""
        fields = {"finished_at": now(), "state": state, "said": said[:1000], "detail": detail}
        with writing(self.home) as session:
            session.execute(update(JobRun).where(JobRun.id == run.id).values(fields))
        leases.let_go(self.home, run.job, self._holder)


def sweep(home: Home, *held: str) -> None:
    """Marks runs as killed whose lease is gone, and those of ``held``, whose new holder asks before it begins."""
    with writing(home) as session:
        for run in session.scalars(select(JobRun).where(JobRun.state == "running")):
            if run.job in held or not leases.held(session, run.job):
                run.state, run.finished_at, run.said = "killed", now(), "it was killed half-way"


def newest(home: Home, limit: int = 50) -> list[JobRun]:
    """The newest runs of all jobs, the newest first; those killed half-way are marked so."""
    sweep(home)
    with reading(home) as session:
        return list(session.scalars(select(JobRun).order_by(JobRun.id.desc()).limit(limit)))


def last(home: Home, job: str) -> tuple[int | None, int]:
    """When a job last began that need not run again, and until when it is to be left alone (0: no longer).

    A killed run counts as none, until it was killed KILLS times in a row.
    """
    with reading(home) as session:
        asked = select(JobRun).where(JobRun.job == job).order_by(JobRun.id.desc())
        runs = list(session.scalars(asked.limit(KILLS)))
        ended = session.scalar(asked.where(JobRun.state != "killed").limit(1))
    if not runs or runs[0].state != "killed":
        return (ended.started_at if ended else None), 0
    if len(runs) == KILLS and all(run.state == "killed" for run in runs):
        return runs[0].started_at, 0
    return (ended.started_at if ended else 0), (runs[0].finished_at or 0) + RETRY

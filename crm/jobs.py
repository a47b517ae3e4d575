"""The history of jobs: when each began, how it ended, and which one was killed half-way."""

import secrets
from collections import defaultdict
from typing import Any, Final, NamedTuple

from sqlalchemy import delete, func, select, update

from crm import leases
from crm.clock import DAY, MINUTE, SECOND, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import JobRun, Mark

LEASE: Final = 30 * SECOND
"""A job whose scheduler is silent for this long was killed."""

RETRY: Final = MINUTE
"""How long a killed job is left alone before it runs again."""

KILLS: Final = 3
"""After as many kills in a row a job waits for its next time."""

ENDED: Final = ("done", "failed", "killed")

KEPT: Final = 30 * DAY
"""Runs are remembered this long, and the newest of each job that ended in each way for good."""

FORGOTTEN: Final = "forgotten runs"
"""Names the mark that says when old runs were last forgotten."""


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
        _forget(self.home)


def sweep(home: Home, *held: str) -> None:
    """Marks runs as killed whose lease is gone, and those of ``held``, whose new holder asks before it begins."""
    with reading(home) as session:
        runs = session.scalars(select(JobRun).where(JobRun.state == "running")).all()
        gone = [run.id for run in runs if run.job in held or not leases.held(session, run.job)]
    if not gone:
        return
    killed = {"state": "killed", "finished_at": now(), "said": "it was killed half-way"}
    still = JobRun.id.in_(gone) & (JobRun.state == "running")
    with writing(home) as session:
        session.execute(update(JobRun).where(still).values(killed))


def _forget(home: Home) -> None:
    """Once a day: runs of a month ago, or a job of every minute would fill the database."""
    moment = now()
    with reading(home) as session:
        mark = session.get(Mark, FORGOTTEN)
    if mark and mark.number > moment - DAY:
        return
    with writing(home) as session:
        newest = select(func.max(JobRun.id)).group_by(JobRun.job, JobRun.state)
        session.execute(delete(JobRun).where(JobRun.started_at < moment - KEPT, JobRun.id.not_in(newest)))
        session.merge(Mark(name=FORGOTTEN, number=moment))


class Course(NamedTuple):
    """How a job fares: its last run, the last that ended, and the last that ended well."""

    last: JobRun
    ended: JobRun | None
    done: JobRun | None


def courses(home: Home) -> dict[str, Course]:
    """By job, of those that ever ran; a run that was killed half-way is marked so first."""
    sweep(home)
    newest = select(func.max(JobRun.id)).group_by(JobRun.job, JobRun.state)
    found: dict[str, list[JobRun]] = defaultdict(list)
    with reading(home) as session:
        for run in session.scalars(select(JobRun).where(JobRun.id.in_(newest)).order_by(JobRun.id.desc())):
            found[run.job].append(run)
    return {job: Course(runs[0], _first(runs, ENDED), _first(runs, ("done",))) for job, runs in found.items()}


def _first(runs: list[JobRun], states: tuple[str, ...]) -> JobRun | None:
    return next((run for run in runs if run.state in states), None)


def failures(home: Home, limit: int) -> list[tuple[JobRun, int]]:
    """Runs that did not end well, the newest first; of those of one job that said the same, the newest and how many.

    A job of every minute that fails all night would hide what else failed.
    """
    newest, times = func.max(JobRun.id), func.count()
    alike = select(newest, times).where(JobRun.state.in_(("failed", "killed")))
    alike = alike.group_by(JobRun.job, JobRun.state, JobRun.said).order_by(newest.desc()).limit(limit)
    with reading(home) as session:
        counted = {number: count for number, count in session.execute(alike)}
        runs = session.scalars(select(JobRun).where(JobRun.id.in_(counted)).order_by(JobRun.id.desc()))
        return [(run, counted[run.id]) for run in runs]


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

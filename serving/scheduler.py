"""Runs the jobs that are due, each as the command a person would type, in a process of its own."""

import json
import logging
import os
import re
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from time import monotonic
from types import FrameType
from typing import IO, Any, Final

from crm import schedule
from crm.clock import now
from crm.discover import modules
from crm.errors import LeadkeepError
from crm.jobs import Jobs, last
from crm.settings import Home
from crm.tables.jobs import JobRun
from serving.jobs import schedules

LOG = logging.getLogger(__name__)

STARTER = (sys.executable, "-m", "leadkeep")

LOOK_EVERY: Final = 1.0
"""Seconds between looks at what is due."""

RENEW_EVERY: Final = 10.0
"""Seconds between two signs of life of a job."""

PARENT: Final = "LEADKEEP_PARENT"
"""Names the process without which a command has to end: a killed scheduler leaves none behind."""


@dataclass
class Working:
    """A job that runs: the command it is at, and those to come."""

    run: JobRun
    lane: str
    command: tuple[str, ...]
    to_come: list[tuple[str, ...]]
    process: subprocess.Popen[bytes]
    errors: IO[bytes]
    renewed: float


class Scheduler:
    """Looks again and again until it is told to stop; at most one job of a lane at a time."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.stopping = False
        self._since = now()
        self._jobs = Jobs(home)
        self._working: dict[str, Working] = {}

    def stop(self, signal: int = 0, frame: FrameType | None = None) -> None:
        """Ends it after this look; what runs is killed and runs again at the next start."""
        self.stopping = True

    def step(self) -> None:
        """One look: ends what has ended, and begins what is due."""
        for lane, working in list(self._working.items()):
            self._look_after(lane, working)
        for name, when in schedules(self.home).items():
            lane = modules("serving.jobs")[name].LANE
            if lane not in self._working and self._is_due(name, when):
                self._begin(name, lane)

    def close(self) -> None:
        """Kills what runs."""
        for lane, working in list(self._working.items()):
            working.process.kill()
            working.process.wait()
            self._end(lane, working, "killed", "leadkeep run was stopped")

    def _is_due(self, name: str, when: str) -> bool:
        moment = now()
        newest = schedule.newest(when, moment, self.home.settings.zone)
        began, rest = last(self.home, name)
        return newest is not None and moment >= rest and newest > (self._since if began is None else began)

    def _begin(self, name: str, lane: str) -> None:
        commands = modules("serving.jobs")[name].commands(self.home)
        if not commands or (run := self._jobs.begin(name)) is None:
            return
        LOG.info("job begins", extra={"job": name})
        process, errors = self._start(commands[0])
        self._working[lane] = Working(run, lane, commands[0], commands[1:], process, errors, monotonic())

    def _start(self, command: tuple[str, ...]) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        errors = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the process runs
        told = os.environ | {"LEADKEEP_HOME": str(self.home.path), PARENT: str(os.getpid())}
        line = [*STARTER, *command, "--json"]
        return subprocess.Popen(line, env=told, stdout=subprocess.DEVNULL, stderr=errors), errors  # noqa: S603

    def _look_after(self, lane: str, working: Working) -> None:
        code = working.process.poll()
        if code is None:
            if monotonic() - working.renewed > RENEW_EVERY:
                self._renew(lane, working)
            return
        if code == 0 and working.to_come:
            working.errors.close()
            working.command = working.to_come.pop(0)
            working.process, working.errors = self._start(working.command)
            return
        if code == 0:
            self._end(lane, working, "done", "")
        elif code < 0:
            self._end(lane, working, "killed", f"it was ended by {signal.Signals(-code).name}")
        else:
            self._end(lane, working, "failed", said(_tail(working.errors)))

    def _renew(self, lane: str, working: Working) -> None:
        working.renewed = monotonic()
        if not self._jobs.renew(working.run.job):
            working.process.kill()
            working.process.wait()
            self._end(lane, working, "killed", "another scheduler has taken it over")

    def _end(self, lane: str, working: Working, state: str, sentence: str) -> None:
        working.errors.close()
        del self._working[lane]
        seconds = round((now() - working.run.started_at) / 1_000_000, 1)
        detail: dict[str, Any] = {"seconds": seconds}
        if state != "done":
            detail |= {"command": working.command[0], "code": working.process.returncode}
        self._jobs.end(working.run, state, sentence, detail)
        about = {"job": working.run.job, "state": state, "seconds": seconds}
        LOG.log(logging.INFO if state == "done" else logging.ERROR, "job ended", extra=about)


def _tail(errors: IO[bytes]) -> str:
    errors.seek(0, os.SEEK_END)
    errors.seek(max(0, errors.tell() - 20_000))
    return errors.read().decode(errors="replace")


def said(errors: str) -> str:
    """What a command's errors say without values of rows: the sentence and the advice, or where the fault is.

    >>> said('{"error": "SourceError", "what": "no such file", "value": "Lan.csv", "todo": "check the path"}')
    'no such file; what to do: check the path'
    """
    final = (errors.strip().splitlines() or [""])[-1]
    try:
        told = json.loads(final)
        return "; what to do: ".join(part for part in (told["what"], told["todo"]) if part)
    except (ValueError, KeyError, TypeError):
        frames = re.findall(r'File "[^"]*?([^/"]+)", line (\d+)', errors)
        kind = re.match(r"[\w.]+", final)
        where = f" in {frames[-1][0]}, line {frames[-1][1]}" if frames else ""
        return f"unforeseen: {kind[0] if kind else 'no message'}{where}"


def run(home: Home, wait: Any) -> None:
    """Looks until :meth:`Scheduler.stop` is called by SIGTERM or SIGINT; a database that is away is waited for."""
    scheduler = Scheduler(home)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, scheduler.stop)
    try:
        while not scheduler.stopping:
            try:
                scheduler.step()
            except LeadkeepError as error:
                LOG.error("the jobs wait: %s", error)
            wait(LOOK_EVERY)
    finally:
        scheduler.close()

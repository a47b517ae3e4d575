"""Jobs run when due, one of a lane at a time, and one that was killed is shown so and runs again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from sqlalchemy import select

import leadkeep
from crm import jobs, schedule
from crm.clock import DAY, MINUTE, now
from crm.discover import modules
from crm.errors import SettingsError
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import JobLock
from serving import scheduler
from serving.jobs import LANES, schedules
from serving.scheduler import Scheduler

pytestmark = pytest.mark.databases("sqlite", "postgres")

SLOW = "import time; time.sleep(60)"
FAILS = """
import sys
print('{"what": "no such file", "value": "Chị Lan", "todo": "check"}', file=sys.stderr)
sys.exit(4)
"""
BREAKS = "raise ValueError('Chị Lan 0912345678')"


@pytest.fixture
def minutely(home: Home, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduler]:
    """Only the fold runs, every minute; the last one is long ago."""
    off = "".join(f'{name} = ""\n' for name in modules("serving.jobs"))
    file = home.path / "settings.toml"
    said = file.read_text(encoding="utf-8").replace("[jobs]\n", "[jobs]\n" + off)
    file.write_text(said.replace('fold = ""', 'fold = "every 1 minute"'), encoding="utf-8")
    made = Scheduler(home)
    made._since = now() - 2 * MINUTE
    yield made
    made.close()


def running(made: Scheduler, monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(scheduler, "STARTER", (sys.executable, "-c", program))
    made.step()


def runs(home: Home) -> list[jobs.JobRun]:
    """All that were written down, the newest first."""
    jobs.sweep(home)
    with reading(home) as session:
        return list(session.scalars(select(jobs.JobRun).order_by(jobs.JobRun.id.desc())))


def ended(made: Scheduler) -> jobs.JobRun:
    deadline = time.monotonic() + 60
    while made._working and time.monotonic() < deadline:
        made._look_after("data", made._working["data"])
        time.sleep(0.02)
    return runs(made.home)[0]


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", modules("serving.jobs"))
def test_every_job_says_what_it_does_when_and_with_which_commands(home: Home, name: str) -> None:
    job = modules("serving.jobs")[name]
    assert job.__doc__
    assert job.LANE in LANES
    schedule.newest(job.SCHEDULE, now(), "UTC")
    assert {command[0] for command in job.commands(home)} <= set(typer.main.get_group(leadkeep.app).commands)


def test_a_job_that_is_due_runs_once_and_is_written_down(
    minutely: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(minutely, monkeypatch, "pass")
    assert [(run.job, run.state) for run in runs(minutely.home)] == [("fold", "running")]
    run = ended(minutely)
    assert (run.state, run.said) == ("done", "")
    assert run.finished_at is not None
    minutely._since = now()
    if schedule.newest("every 1 minute", now(), "UTC") == schedule.newest(
        "every 1 minute", run.started_at, "UTC"
    ):
        minutely.step()
        assert len(runs(minutely.home)) == 1


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (FAILS, "no such file; what to do: check"),
        (BREAKS, "unforeseen: ValueError in <string>, line 1"),
    ],
)
def test_a_failure_is_said_without_personal_data(
    minutely: Scheduler, monkeypatch: pytest.MonkeyPatch, program: str, told: str
) -> None:
    running(minutely, monkeypatch, program)
    run = ended(minutely)
    assert (run.state, run.said) == ("failed", told)


def test_a_killed_job_is_shown_as_killed_and_runs_again(
    minutely: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    running(minutely, monkeypatch, SLOW)
    os.kill(minutely._working["data"].process.pid, signal.SIGKILL)
    run = ended(minutely)
    assert (run.state, run.said) == ("killed", "it was ended by SIGKILL")
    minutely.step()
    assert not minutely._working, "it is left alone for a while"
    monkeypatch.setattr(jobs, "RETRY", 0)
    running(minutely, monkeypatch, "pass")
    assert ended(minutely).state == "done"


def test_a_job_killed_again_and_again_waits_for_its_next_time(
    minutely: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "RETRY", 0)
    for _ in range(jobs.KILLS):
        run = minutely._jobs.begin("fold")
        assert run is not None
        minutely._jobs.end(run, "killed", "", {})
    began, rest = jobs.last(minutely.home, "fold")
    assert (began, rest) == (run.started_at, 0)


def test_two_schedulers_never_run_the_same_job(minutely: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Scheduler(minutely.home)
    other._since = minutely._since
    running(minutely, monkeypatch, SLOW)
    other.step()
    assert not other._working
    assert [run.state for run in runs(minutely.home)] == ["running"]
    with writing(minutely.home) as session:
        session.query(JobLock).update({"until": 0})
    assert [run.state for run in runs(minutely.home)] == ["killed"], "its scheduler is silent"
    monkeypatch.setattr(jobs, "RETRY", 0)
    other.step()
    minutely._renew("data", minutely._working["data"])
    assert not minutely._working
    assert other._working
    other.close()


def test_old_runs_are_forgotten_but_the_newest_of_each_end(home: Home) -> None:
    old, lately = now() - 31 * DAY, now() - 29 * DAY
    told = [("fold", "failed", old), ("fold", "done", old), ("fold", "done", old + 1), ("train", "done", old),
            ("write_back", "done", old), ("write_back", "done", lately), ("write_back", "done", lately)]  # fmt: skip
    with writing(home) as session:
        for job, state, at in told:
            session.add(jobs.JobRun(job=job, state=state, started_at=at, finished_at=at, said="", detail={}))
            session.flush()
    again = jobs.Jobs(home)
    for _ in range(2):
        run = again.begin("assign")
        assert run is not None
        again.end(run, "done", "", {})
    assert [(run.job, run.state, run.started_at) for run in runs(home)[::-1]][:5] == [
        ("fold", "failed", old), ("fold", "done", old + 1), ("train", "done", old),
        ("write_back", "done", lately), ("write_back", "done", lately),
    ]  # fmt: skip
    assert len(runs(home)) == 7
    course = jobs.courses(home)["fold"]
    assert course.last is course.ended is course.done


def test_the_command_tells_of_every_job_and_of_what_failed(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADKEEP_HOME", str(home.path))
    held = jobs.Jobs(home)
    for job, state, said in (
        ("import_exports", "failed", "no such file"),
        *[("write_back", "done", "")] * 25,
    ):
        run = held.begin(job)
        assert run is not None
        held.end(run, state, said, {"seconds": 1.5})
    for asked in ([], ["--json"]):
        monkeypatch.setattr("sys.argv", ["leadkeep", "jobs", *asked])
        with pytest.raises(SystemExit):
            leadkeep.main()
    table, _, told = capsys.readouterr().out.rpartition("\n{")
    assert re.search(r"import_exports .* 01:00 .* failed .* 1.5", table)
    assert re.search(r"import_exports .* failed .* 1 .* no such file", table)
    found = json.loads("{" + told)
    assert [one["job"] for one in found["jobs"]] == list(modules("serving.jobs"))
    assert [(one["job"], one["times"]) for one in found["failures"]] == [("import_exports", 1)]


@pytest.mark.databases("sqlite")
def test_an_unknown_job_in_the_settings_is_named(home: Home) -> None:
    (home.path / "settings.toml").write_text('[jobs]\nsweep = "01:00"\n')
    with pytest.raises(SettingsError, match="no such job"):
        schedules(home)


PROGRAM = """
import sys, time
from pathlib import Path
from crm.clock import DAY, MINUTE, now
from crm.settings import Home
from serving import scheduler
waits = "import leadkeep, os, threading, time; parent = int(os.environ['LEADKEEP_PARENT']); " \\
        "threading.Thread(target=leadkeep._end_with, args=(parent,), daemon=True).start(); time.sleep(60)"
scheduler.STARTER = (sys.executable, "-c", waits)
made = scheduler.Scheduler(Home(sys.argv[1]))
made._since = now() - 2 * MINUTE
made.step()
print(made._working["data"].process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.databases("sqlite")
def test_a_killed_scheduler_leaves_no_command_behind(minutely: Scheduler) -> None:
    root = Path(leadkeep.__file__).parent
    line = [sys.executable, "-c", PROGRAM, str(minutely.home.path)]
    with subprocess.Popen(line, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.kill()
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{child}").exists()

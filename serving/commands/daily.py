"""What keeps a day going: assignment, alerts, the schedule, backup."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from serving.commands import Json, here

if TYPE_CHECKING:
    from crm.tables.jobs import JobRun

app = typer.Typer()  # without a name: its commands stand beside import and train


@app.command()
def assign(as_json: Json = False) -> None:
    """Give every lead and customer a team and a person, and recall the leads nobody touched."""
    from serving import terminal
    from serving.work import assigning

    home = here()
    recalled = assigning.recall(home)
    report = assigning.assign(home).as_dict() | {"recalled": recalled}
    terminal.result(report, as_json, terminal.assigned)


@app.command()
def alerts(
    send: Annotated[
        bool, typer.Option("--send/--no-send", help="Also send what [alerts] has addresses for.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Look for what needs somebody now: on the pages at once, and sent where people look."""
    from serving import terminal
    from serving.work import alerts as run

    home = here()
    found = {"new": run.look(home), "sent": run.send(home) if send else 0}
    terminal.result(found, as_json, terminal.alerted)


@app.command("run")
def run_() -> None:
    """Run the jobs by their schedule until stopped: import, fold, score and the others."""
    from crm import logs
    from serving import scheduler

    logs.begin()
    scheduler.run(here().create(), time.sleep)


@app.command()
def jobs(
    limit: Annotated[int, typer.Option(help="How many failures.")] = 20,
    as_json: Json = False,
) -> None:
    """Show when each job ran last, how that ended, when it runs next, and what failed lately."""
    from crm.jobs import failures
    from serving import terminal
    from serving.jobs import standings

    home = here()
    told = [
        {
            "job": one.job, "schedule": one.schedule, "due_at": one.due_at,
            "last": _said(one.course.last) if one.course else None,
            "done_at": one.course.done.started_at if one.course and one.course.done else None,
        }
        for one in standings(home)
    ]  # fmt: skip
    failed = [_said(run) | {"times": times} for run, times in failures(home, limit)]
    found = {"jobs": told, "failures": failed}
    terminal.result(found, as_json, lambda shown: terminal.job_table(shown, home.settings.zone))


def _said(run: "JobRun") -> dict[str, Any]:
    return {
        "job": run.job, "started_at": run.started_at, "state": run.state, "said": run.said,
        "seconds": run.detail.get("seconds"),
    }  # fmt: skip


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="A new file; default: in the home's folder backups.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write everything into one file while the server runs; it holds personal data and secrets."""
    from crm.backup import make
    from serving import terminal

    terminal.result(make(here(), file), as_json, terminal.kept)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that leadkeep backup wrote.")], as_json: Json = False
) -> None:
    """Fill a new home from a backup; nothing is overwritten."""
    from crm.restore import restore as run
    from serving import terminal

    terminal.result(run(here(), file), as_json, terminal.kept)

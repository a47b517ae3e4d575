"""Leadkeep's command line: explained lead and churn scores from a company's own CRM history.

State lives in LEADKEEP_HOME (default ./.leadkeep), settings in its settings.toml. Every command that prints
results takes --json. Exit codes: 0 done, 2 wrong command line, 3 settings, mapping or feature, 4 unreadable
export, 5 history, 6 nobody to train on or score, 7 no usable model, 8 unknown subject, target or model,
9 forbidden, 10 full disk or port in use, 130 interrupted, 1 anything unforeseen (please report it).
"""

import errno
import json
import os
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm.errors import LeadkeepError, NotFound, ResourceError, SettingsError

if TYPE_CHECKING:
    from crm.settings import Home

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
key_app = typer.Typer(help="API keys: who may ask the server what.", no_args_is_help=True)
app.add_typer(key_app, name="keys")
people_app = typer.Typer(help="People who sign in, and what they may do.", no_args_is_help=True)
app.add_typer(people_app, name="people")
team_app = typer.Typer(help="Teams of people.", no_args_is_help=True)
app.add_typer(team_app, name="teams")
sender_app = typer.Typer(help="Systems that deliver events by webhook.", no_args_is_help=True)
app.add_typer(sender_app, name="senders")
write_back_app = typer.Typer(help="Scores and taps on their way to other systems.", no_args_is_help=True)
app.add_typer(write_back_app, name="write-back")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
AsOf = Annotated[
    str, typer.Option(help="Use only what was known before this time, e.g. 2026-03-01; default now.")
]
Target = Annotated[str, typer.Argument(help="lead_conversion or churn.")]
Lang = Annotated[str, typer.Option(help="vi or en; default: the language of settings.toml.")]
Role = Annotated[str, typer.Argument(help="sales, care, team_lead, marketing, data, director or admin.")]
Login = Annotated[str, typer.Argument(help="Their login, as listed.")]


@app.command()
def sample(
    directory: Annotated[Path, typer.Argument(help="Where to write the exports.")],
    customers: Annotated[int, typer.Option(help="About how many customers.")] = 3000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same company.")] = 7,
    until: Annotated[
        str, typer.Option(help="The day the exports were made, YYYY-MM-DD; default today.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Make up a Vietnamese seller of software and equipment, as its CRM exports it."""
    from crm.sample import generate
    from serving import terminal

    with terminal.progress() as tell:
        generate(directory, customers, seed, _day(until), tell)
    files = sorted(str(p.relative_to(directory)) for p in directory.rglob("*") if p.is_file())
    terminal.result({"directory": str(directory), "files": files}, as_json, terminal.files_written)


@app.command("import")
def import_(
    paths: Annotated[list[Path], typer.Argument(help="Exported files, or folders of them.")],
    mapping: Annotated[Path, typer.Option(help="The mapping file: what their columns mean.")],
    loaded_at: Annotated[
        str, typer.Option(help="When the export was taken; default now. Import older exports first.")
    ] = "now",
    as_json: Json = False,
) -> None:
    """Read CRM exports into the history; the same files twice change nothing."""
    from crm.clock import parse
    from crm.loading import load
    from serving import terminal

    home = _home().create()
    with terminal.progress() as tell:
        report = load(home, mapping, paths, parse(loaded_at, home.settings.zone), tell)
    terminal.result(report.as_dict(), as_json, terminal.imported)


@app.command()
def features(
    target: Annotated[str, typer.Argument(help="Only the features of this target.")] = "",
    lang: Lang = "",
    as_json: Json = False,
) -> None:
    """List the features with their words."""
    from features import catalogue
    from models.target import find
    from serving import terminal

    names = find(target).groups if target else list(catalogue.groups())
    rows = [row for name in names for row in catalogue.described(name)]
    language = lang or _home().settings.language
    terminal.result(rows, as_json, lambda found: terminal.feature_table(found, language))


@app.command()
def train(target: Target, as_of: AsOf = "now", as_json: Json = False) -> None:
    """Train a model on what was known by a time, compare it with the simple rule, and register it."""
    from serving import terminal
    from training.run import train as run

    home = _home()
    with terminal.progress() as tell:
        report = run(home, target, _moment(home, as_of), tell)
    terminal.result(report.as_dict(), as_json, terminal.trained)


@app.command()
def score(
    target: Target,
    as_of: AsOf = "now",
    out: Annotated[Path | None, typer.Option(help="Also write a file: .csv or .parquet.")] = None,
    as_json: Json = False,
) -> None:
    """Score everyone eligible at a time, with the newest model no younger than it."""
    from serving import terminal
    from serving.scores.scoring import score as run

    home = _home()
    with terminal.progress() as tell:
        report = run(home, target, _moment(home, as_of), out, tell)
    terminal.result(report.as_dict(), as_json, terminal.scored)


@app.command()
def explain(
    target: Target,
    subject: Annotated[str, typer.Argument(help="e.g. lead:cloudgo:L000123, or the id the CRM shows.")],
    lang: Lang = "",
    as_of: AsOf = "now",
    as_json: Json = False,
) -> None:
    """Score one lead or customer now and say why."""
    from serving import terminal
    from serving.scores.live import explain as run

    home = _home()
    found = run(home, target, subject, _language(home, lang), _moment(home, as_of))
    terminal.result(found, as_json, terminal.explained)


@app.command()
def models(
    target: Annotated[str, typer.Argument(help="Only of this target.")] = "", as_json: Json = False
) -> None:
    """List the models with their quality, and which of them is in use."""
    from models.registry import list_models
    from serving import terminal

    terminal.result(
        [e.as_dict() for e in list_models(_home(), target or None)], as_json, terminal.model_table
    )


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8700,
    host: Annotated[str, typer.Option(help="Only this machine by default.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    """Serve the API and the pages."""
    from serving import server, terminal

    home = _home()
    bound = server.listen(host, port)
    terminal.welcome(server.welcome(home, bound))
    server.run(home, bound, workers)


@app.command()
def fold(as_json: Json = False) -> None:
    """Move what came live into the history."""
    from crm.folding import fold as run
    from serving import terminal

    report = run(_home())
    terminal.result(report.as_dict() if report else {"load": 0}, as_json, terminal.folded)


@app.command()
def assign(as_json: Json = False) -> None:
    """Give every lead and customer a team and a person, and recall the leads nobody touched."""
    from serving import terminal
    from serving.work import assigning

    home = _home()
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

    home = _home()
    found = {"new": run.look(home), "sent": run.send(home) if send else 0}
    terminal.result(found, as_json, terminal.alerted)


@app.command("run")
def run_() -> None:
    """Run the jobs by their schedule until stopped: import, fold, score and the others."""
    from crm import logs
    from serving import scheduler

    logs.begin()
    scheduler.run(_home().create(), time.sleep)


@app.command()
def jobs(
    limit: Annotated[int, typer.Option(help="How many runs.")] = 20,
    as_json: Json = False,
) -> None:
    """Show which jobs ran, how they ended, and when each runs."""
    from crm.jobs import newest
    from serving import terminal
    from serving.jobs import schedules

    home = _home()
    runs = [
        {
            "job": one.job, "started_at": one.started_at, "state": one.state, "said": one.said,
            "seconds": one.detail.get("seconds"),
        }
        for one in newest(home, limit)
    ]  # fmt: skip
    found = {"schedules": schedules(home), "runs": runs}
    terminal.result(found, as_json, lambda shown: terminal.job_table(shown, home.settings.zone))


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

    terminal.result(make(_home(), file), as_json, terminal.kept)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that leadkeep backup wrote.")], as_json: Json = False
) -> None:
    """Fill a new home from a backup; nothing is overwritten."""
    from crm.restore import restore as run
    from serving import terminal

    terminal.result(run(_home(), file), as_json, terminal.kept)


@app.command()
def demo(
    directory: Annotated[Path, typer.Option(help="Where the sample company's exports go.")] = Path(
        "sample-company"
    ),
    customers: Annotated[int, typer.Option(help="About how many customers.")] = 1500,
    serve_pages: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the pages at the end.")
    ] = True,
    port: Annotated[int, typer.Option(help="Of the pages.")] = 8700,
) -> None:
    """Run everything on the sample company: make it, import it, train, score, show today's lists."""
    from models.registry import list_models
    from serving import terminal
    from serving.work.worklists import worklist

    home = _home().create()
    # The first import compiles for half a minute: on the other core, while the sample is made.
    compiling = subprocess.Popen(
        [sys.executable, "-c", "import training.run, serving.scores.scoring, mlflow, shap"]
    )
    # Another day's sample is another company with the same ids: a home keeps the one it began with.
    if not (directory / "mapping.toml").exists():
        _step("sample", str(directory), "--customers", str(customers))
    _step("import", "--mapping", str(directory / "mapping.toml"), str(directory / "export"))
    compiling.wait()
    _together(("train", "lead_conversion"), ("train", "churn"))
    for target in ("lead_conversion", "churn"):
        _step("score", target, "--out", str(directory / f"scores-{target}.csv"))
    terminal.people(worklist(home, "lead_conversion", 10), home.settings, "today")
    terminal.people(worklist(home, "churn", 10), home.settings, "at_risk")
    terminal.quality([entry.as_dict() for entry in list_models(home)])
    if serve_pages:
        _step("serve", "--port", str(port))


@key_app.command("add")
def keys_add(
    role: Role,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None, typer.Option(help="Only this, e.g. scores; may be repeated. Opens no page.")
    ] = None,
    days: Annotated[int | None, typer.Option(help="How long it is good for; default: until revoked.")] = None,
    team: Annotated[str, typer.Option(help="Only this team's leads and customers.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key; it is shown this once."""
    from serving import terminal
    from serving.rights import keys, teams

    home = _home()
    own = teams.named(home, team).id if team else None
    key = keys.create(home, role, label, scopes=scope or (), days=days, team=own)
    terminal.result({"role": role, "key": key}, as_json, terminal.key_made)


@key_app.command("list")
def keys_list(as_json: Json = False) -> None:
    """List the keys by their first letters."""
    from serving import terminal
    from serving.rights import keys

    names = ("prefix", "role", "team", "scopes", "label", "created_at", "expires_at", "revoked_at")
    home = _home()
    rows = [{name: getattr(key, name) for name in names} for key in keys.listed(home)]
    terminal.result(rows, as_json, lambda found: terminal.rows(found, home.settings.zone))


@key_app.command("revoke")
def keys_revoke(prefix: Annotated[str, typer.Argument(help="Its first letters, as listed.")]) -> None:
    """End a key and every session opened with it."""
    from serving.rights import keys

    keys.revoke(_home(), prefix)


@sender_app.command("add")
def senders_add(
    name: Annotated[str, typer.Argument(help="Its name in the address it delivers to.")],
    source: Annotated[str, typer.Option(help="The source its records belong to, as in the mapping file.")],
    format: Annotated[str, typer.Option(help="leadkeep, facebook or zalo.")] = "leadkeep",
    as_json: Json = False,
) -> None:
    """Let a system deliver; the secret it signs with is shown this once."""
    from serving import terminal
    from serving.rights import senders

    secret = senders.create(_home().create(), name, format, source)
    found = {"name": name, "secret": secret, "path": f"/api/v1/deliveries/{name}"}
    terminal.result(found, as_json, terminal.sender_made)


@sender_app.command("list")
def senders_list(as_json: Json = False) -> None:
    """List who may deliver."""
    from serving import terminal
    from serving.rights import senders

    names = ("name", "format", "source", "created_at", "revoked_at")
    rows = [{name: getattr(one, name) for name in names} for one in senders.listed(_home())]
    terminal.result(rows, as_json, terminal.sender_table)


@sender_app.command("revoke")
def senders_revoke(name: Annotated[str, typer.Argument(help="Its name, as listed.")]) -> None:
    """Take nothing more of a system."""
    from serving.rights import senders

    senders.revoke(_home(), name)


Destination = Annotated[str, typer.Argument(help="Its name in settings.toml.")]


@write_back_app.command("status")
def write_back_status(as_json: Json = False) -> None:
    """Show what waits, what was sent, and what was not taken."""
    from serving import terminal
    from serving.write_back import control as write_back

    terminal.result(write_back.status(_home()), as_json, terminal.outbox_table)


@write_back_app.command("send")
def write_back_send(
    seconds: Annotated[float, typer.Option(help="For at most this long.")] = 60.0, as_json: Json = False
) -> None:
    """Send what is due; a new destination gets every current score."""
    from serving import terminal
    from serving.write_back import control as write_back
    from serving.write_back import sending

    home = _home()
    write_back.welcome(home)
    done = [one._asdict() for one in sending.send_due(home, seconds)]
    terminal.result(done, as_json, terminal.sent_table)
    if any(one["problem"] for one in done):
        raise SystemExit(ResourceError.exit_code)


@write_back_app.command("dry-run")
def write_back_dry_run(name: Destination, as_json: Json = False) -> None:
    """Show what would be sent to a destination; nothing is queued or sent."""
    from serving import terminal
    from serving.write_back import control as write_back

    terminal.result(write_back.dry_run(_home(), name), as_json, terminal.dry_run)


@write_back_app.command("retry")
def write_back_retry(name: Destination, as_json: Json = False) -> None:
    """Try again what a destination did not take."""
    from serving import terminal
    from serving.write_back import control as write_back

    again = write_back.retry(_home(), name)
    terminal.result({"destination": name, "again": again}, as_json, terminal.counted)


@write_back_app.command("undo")
def write_back_undo(
    name: Destination,
    since: Annotated[str, typer.Option(help="Take back the scores sent since, e.g. 2026-03-01T09:00.")],
    as_json: Json = False,
) -> None:
    """Write again what stood in our fields before; the next send does it."""
    from serving import terminal
    from serving.write_back import control as write_back

    home = _home()
    back = write_back.undo(home, name, _moment(home, since))
    terminal.result({"destination": name, "taken back": back}, as_json, terminal.counted)


@people_app.command("add")
def people_add(
    login: Annotated[str, typer.Argument(help="What they type to sign in.")],
    role: Role,
    name: Annotated[str, typer.Option(help="As colleagues call them.")] = "",
    team: Annotated[str, typer.Option(help="Their team's name.")] = "",
    email: Annotated[str, typer.Option(help="For alerts.")] = "",
    actor: Annotated[str, typer.Option(help="The same person in the CRM: SOURCE:ID.")] = "",
    capacity: Annotated[
        int | None, typer.Option(help="Contacts a day; default: as settings.toml says.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Let somebody sign in; the password to give them is shown this once."""
    from serving import terminal
    from serving.rights import people, teams

    home = _home().create()
    own = teams.named(home, team).id if team else None
    person, password = people.make(
        home, login, name, role, team=own, email=email, actor=actor or None, capacity=capacity
    )
    terminal.result({"login": person.login, "password": password}, as_json, terminal.password_made)


@people_app.command("list")
def people_list(as_json: Json = False) -> None:
    """List who may sign in, and who left."""
    from serving import terminal
    from serving.rights import people, teams

    home = _home()
    called: dict[int | None, str] = {team.id: team.name for team in teams.listed(home)}
    names = ("login", "name", "role", "actor", "capacity", "locked_until", "left_at")
    rows = [
        {name: getattr(one, name) for name in names}
        | {"team": called.get(one.team), "password": one.password is not None}
        for one in people.listed(home)
    ]
    terminal.result(rows, as_json, lambda found: terminal.rows(found, home.settings.zone))


@people_app.command("change")
def people_change(
    login: Login,
    role: Annotated[str, typer.Option(help="Another role.")] = "",
    team: Annotated[str, typer.Option(help="Another team's name.")] = "",
    name: Annotated[str, typer.Option(help="Another name.")] = "",
    capacity: Annotated[int | None, typer.Option(help="Contacts a day.")] = None,
) -> None:
    """Change somebody's role, team, name or capacity; it holds at once."""
    from serving.rights import people, teams

    home = _home()
    given = {"role": role, "name": name, "capacity": capacity, "team": team and teams.named(home, team).id}
    people.change(home, login, {field: value for field, value in given.items() if value})


@people_app.command("leave")
def people_leave(login: Login, as_json: Json = False) -> None:
    """End somebody's work: they are out at once, and colleagues take over what they held."""
    from serving import terminal
    from serving.work.leaving import leave

    found = {"login": login, "handed_over": leave(_home(), login)}
    terminal.result([found], as_json, terminal.rows)


@people_app.command("password")
def people_password(login: Login, as_json: Json = False) -> None:
    """Make a new password for somebody; it is shown this once, and their sessions end."""
    from serving import terminal
    from serving.rights import people

    found = {"login": login, "password": people.new_password(_home(), login)}
    terminal.result(found, as_json, terminal.password_made)


@people_app.command("from-crm")
def people_from_crm(as_json: Json = False) -> None:
    """Make people and teams of the colleagues the CRM names; they sign in once they have a password."""
    from serving import terminal
    from serving.rights import staff

    terminal.result([staff.from_crm(_home()).as_dict()], as_json, terminal.rows)


@team_app.command("add")
def teams_add(
    name: Annotated[str, typer.Argument(help="Its name.")],
    kind: Annotated[str, typer.Option(help="sales or care.")] = "sales",
    branch: Annotated[str, typer.Option(help="The branch it belongs to.")] = "",
    source: Annotated[
        list[str] | None, typer.Option(help="New leads of this channel go to it; may be repeated.")
    ] = None,
    recall_hours: Annotated[int, typer.Option(help="A lead nobody touched for so long is recalled.")] = 48,
) -> None:
    """Make a team."""
    from serving.rights import teams

    teams.make(_home().create(), name, kind, branch=branch, sources=source or (), recall_hours=recall_hours)


@team_app.command("list")
def teams_list(as_json: Json = False) -> None:
    """List the teams."""
    from serving import terminal
    from serving.rights import teams

    names = ("name", "kind", "branch", "sources", "recall_hours", "qualify_at")
    rows = [{name: getattr(one, name) for name in names} for one in teams.listed(_home())]
    terminal.result(rows, as_json, terminal.rows)


def main() -> None:
    """Runs a command; errors that a person can mend are printed whole, as JSON where --json was asked for."""
    if "LEADKEEP_PARENT" in os.environ:
        Thread(target=_end_with, args=(int(os.environ.pop("LEADKEEP_PARENT")),), daemon=True).start()
    try:
        app()
    except LeadkeepError as error:
        _fail(error)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        todo = "free some space or choose another folder; nothing half-done was kept"
        _fail(ResourceError(error.strerror or "cannot write", value=error.filename, todo=todo))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _end_with(parent: int) -> None:
    """Ends this process when the one that started it is gone: whatever it does can be killed at any moment."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _fail(error: LeadkeepError) -> None:
    if "--json" in sys.argv:
        sys.stderr.write(json.dumps(error.as_dict(), ensure_ascii=False) + "\n")
    else:
        from serving import terminal

        terminal.failed(error)
    raise SystemExit(error.exit_code)


def _home() -> "Home":
    from crm.settings import Home

    return Home()


def _moment(home: "Home", text: str) -> int:
    from crm.clock import now, parse

    moment = parse(text, home.settings.zone)
    if moment > now():
        todo = "give a time that has passed, or leave it out for now"
        raise SettingsError("nothing is known of the future yet", value=text, where="--as-of", todo=todo)
    return moment


def _language(home: "Home", lang: str) -> Any:
    if lang not in ("", "vi", "en"):
        raise NotFound("no such language", value=lang, todo="choose vi or en")
    return lang or home.settings.language


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a day; write it as 2026-03-01") from error


def _step(*command: str) -> None:
    """Runs another command in a process of its own, so that training and serving never share one."""
    _together(command)


def _together(*commands: tuple[str, ...]) -> None:
    """Runs commands side by side, each in a process of its own; ends with the first failure's exit code."""
    from serving import terminal

    relay = subprocess.PIPE if len(commands) > 1 else None  # two progress bars on one terminal would fight
    started = []
    for command in commands:
        terminal.step(" ".join(("leadkeep", *command)))
        line = [sys.executable, "-m", "leadkeep", *command]
        started.append(subprocess.Popen(line, env=os.environ, stderr=relay, text=True))  # noqa: S603
    if relay:
        terminal.relay(
            {command[-1]: process.stderr for command, process in zip(commands, started, strict=True)}
        )
    for code in [process.wait() for process in started]:
        if code:
            raise SystemExit(code)


if __name__ == "__main__":
    main()

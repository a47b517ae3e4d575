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
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm.errors import LeadkeepError, NotFound, ResourceError
from serving.commands import Json, day, groups, here, moment, past

if TYPE_CHECKING:
    from crm.settings import Home

app = typer.Typer(help=__doc__, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

AsOf = Annotated[
    str, typer.Option(help="Use only what was known before this time, e.g. 2026-03-01; default now.")
]
Target = Annotated[str, typer.Argument(help="lead_conversion or churn.")]
Lang = Annotated[str, typer.Option(help="vi or en; default: the language of settings.toml.")]


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
        generate(directory, customers, seed, day(until) if until else None, tell)
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

    home = here().create()
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
    language = lang or here().settings.language
    terminal.result(rows, as_json, lambda found: terminal.feature_table(found, language))


@app.command()
def train(target: Target, as_of: AsOf = "now", as_json: Json = False) -> None:
    """Train a model on what was known by a time, compare it with the simple rule, and register it."""
    from serving import terminal
    from training.run import train as run

    home = here()
    with terminal.progress() as tell:
        report = run(home, target, moment(home, as_of), tell)
    terminal.result(report.as_dict(), as_json, terminal.trained)


@app.command()
def score(
    target: Target,
    as_of: AsOf = "now",
    out: Annotated[Path | None, typer.Option(help="Also write a file: .csv or .parquet.")] = None,
    as_json: Json = False,
) -> None:
    """Score everyone eligible: now with the model in use, or at a time with the newest model by then."""
    from serving import terminal
    from serving.scores.scoring import score as run

    home = here()
    with terminal.progress() as tell:
        report = run(home, target, past(home, as_of), out, tell)
    terminal.result(report.as_dict(), as_json, terminal.scored)


@app.command()
def explain(
    target: Target,
    subject: Annotated[str, typer.Argument(help="e.g. lead:cloudgo:L000123, or the id the CRM shows.")],
    lang: Lang = "",
    as_of: AsOf = "now",
    as_json: Json = False,
) -> None:
    """Score one lead or customer and say why: now with the model in use, or at a time with the newest by then."""
    from serving import terminal
    from serving.scores.live import explain as run

    home = here()
    found = run(home, target, subject, _language(home, lang), past(home, as_of))
    terminal.result(found, as_json, terminal.explained)


@app.command()
def models(
    target: Annotated[str, typer.Argument(help="Only of this target.")] = "", as_json: Json = False
) -> None:
    """List the models with their quality, and which of them is in use."""
    from models.registry import list_models
    from serving import terminal

    terminal.result([e.as_dict() for e in list_models(here(), target or None)], as_json, terminal.model_table)


@app.command()
def monitor(target: Target, as_of: AsOf = "now", as_json: Json = False) -> None:
    """Compare past scores with what came true and with the simple rule, and those scored now with those learned."""
    from serving import terminal
    from training import tracking
    from training.monitor import monitor as run

    home = here()
    report = run(home, target, moment(home, as_of))
    tracking.mirror(home, target)
    terminal.result(report.as_dict(), as_json, terminal.monitored)


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 8700,
    host: Annotated[str, typer.Option(help="Only this machine by default.")] = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
) -> None:
    """Serve the API and the pages."""
    from serving import live_scoring, server, terminal

    home = here()
    bound = server.listen(host, port)
    terminal.welcome(server.welcome(home, bound))
    with live_scoring.beside(home):
        server.run(home, bound, workers)


@app.command()
def fold(as_json: Json = False) -> None:
    """Move what came live into the history."""
    from crm.folding import fold as run
    from serving import terminal

    report = run(here())
    terminal.result(report.as_dict() if report else {"load": 0}, as_json, terminal.folded)


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
    from crm.sample import ADDRESSES
    from models.registry import list_models
    from serving import terminal
    from serving.work.worklists import worklist

    home = here().create(**ADDRESSES)
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


for group in groups():
    app.add_typer(group)


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


def _language(home: "Home", lang: str) -> Any:
    if lang not in ("", "vi", "en"):
        raise NotFound("no such language", value=lang, todo="choose vi or en")
    return lang or home.settings.language


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

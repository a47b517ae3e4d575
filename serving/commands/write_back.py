"""The way of scores and taps to other systems: looked at, sent, tried again, taken back."""

from typing import Annotated

import typer

from crm.errors import ResourceError
from serving.commands import Json, here, moment

app = typer.Typer(
    name="write-back", help="Scores and taps on their way to other systems.", no_args_is_help=True
)


Destination = Annotated[str, typer.Argument(help="Its name in settings.toml.")]


@app.command()
def status(as_json: Json = False) -> None:
    """Show what waits, what was sent, and what was not taken."""
    from serving import terminal
    from serving.write_back import control as write_back

    terminal.result(write_back.status(here()), as_json, terminal.outbox_table)


@app.command()
def send(
    seconds: Annotated[float, typer.Option(help="For at most this long.")] = 60.0, as_json: Json = False
) -> None:
    """Send what is due; a new destination gets every current score."""
    from serving import terminal
    from serving.write_back import control as write_back
    from serving.write_back import sending

    home = here()
    write_back.welcome(home)
    done = [one._asdict() for one in sending.send_due(home, seconds)]
    terminal.result(done, as_json, terminal.sent_table)
    if failing := [one["destination"] for one in done if one["problem"]]:
        what, todo = f"write-back to {', '.join(failing)} waits", "leadkeep write-back status tells why"
        raise ResourceError(what, todo=todo)


@app.command("dry-run")
def dry_run(name: Destination, as_json: Json = False) -> None:
    """Show what would be sent to a destination; nothing is queued or sent."""
    from serving import terminal
    from serving.write_back import control as write_back

    terminal.result(write_back.dry_run(here(), name), as_json, terminal.dry_run)


@app.command()
def retry(name: Destination, as_json: Json = False) -> None:
    """Try again what a destination did not take."""
    from serving import terminal
    from serving.write_back import control as write_back

    again = write_back.retry(here(), name)
    terminal.result({"destination": name, "again": again}, as_json, terminal.counted)


@app.command()
def undo(
    name: Destination,
    since: Annotated[str, typer.Option(help="Take back the scores sent since, e.g. 2026-03-01T09:00.")],
    as_json: Json = False,
) -> None:
    """Write again what stood in our fields before; the next send does it."""
    from serving import terminal
    from serving.write_back import control as write_back

    home = here()
    back = write_back.undo(home, name, moment(home, since))
    terminal.result({"destination": name, "taken back": back}, as_json, terminal.counted)

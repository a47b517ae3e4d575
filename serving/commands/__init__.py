"""The commands that need nothing of training: one group a file, found here, and what all commands ask for alike.

A group's file has ``app``. A name of its app is a word of the command line (``leadkeep keys list``); commands of an
app without a name stand beside ``import`` and ``train``. Every file is imported for ``--help``: what is heavy is
imported inside of a command.
"""

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from crm.discover import modules
from crm.errors import SettingsError

if TYPE_CHECKING:
    from crm.settings import Home

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Role = Annotated[str, typer.Argument(help="sales, care, team_lead, marketing, data, director or admin.")]


def groups() -> list[typer.Typer]:
    """The groups by the name of their file."""
    return [module.app for module in modules("serving.commands").values()]


def here() -> "Home":
    """The home LEADKEEP_HOME names."""
    from crm.settings import Home

    return Home()


def moment(home: "Home", text: str) -> int:
    """UTC microseconds of a time somebody typed; raises SettingsError where it is none, or still to come."""
    from crm.clock import now, parse

    found = parse(text, home.settings.zone)
    if found > now():
        todo = "give a time that has passed, or leave it out for now"
        raise SettingsError("nothing is known of the future yet", value=text, where="--as-of", todo=todo)
    return found


def past(home: "Home", text: str) -> int | None:
    """The same; None for now, which is no moment of the past: the model in use then answers."""
    return None if text == "now" else moment(home, text)


def day(text: str) -> date:
    """A day somebody typed; raises typer.BadParameter."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text} is not a day; write it as 2026-03-01") from error

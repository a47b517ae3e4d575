"""Teams of people: made and listed."""

from typing import Annotated

import typer

from serving.commands import Json, here

app = typer.Typer(name="teams", help="Teams of people.", no_args_is_help=True)


@app.command()
def add(
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

    teams.make(here().create(), name, kind, branch=branch, sources=source or (), recall_hours=recall_hours)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the teams."""
    from serving import terminal
    from serving.rights import teams

    names = ("name", "kind", "branch", "sources", "recall_hours", "qualify_at")
    rows = [{name: getattr(one, name) for name in names} for one in teams.listed(here())]
    terminal.result(rows, as_json, terminal.rows)

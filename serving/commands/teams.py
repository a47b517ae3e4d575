"""Teams of people: made, changed and listed."""

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


@app.command()
def change(
    team: Annotated[str, typer.Argument(help="Its name, as listed.")],
    name: Annotated[str, typer.Option(help="Another name.")] = "",
    branch: Annotated[str | None, typer.Option(help="The branch it belongs to; '' for none.")] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(help="New leads of this channel go to it; may be repeated; '' for any channel."),
    ] = None,
) -> None:
    """Change a team's name, branch or channels; newcomers follow it from then on."""
    from serving.rights import teams

    home = here()
    sources = [one for one in source or () if one]
    given = {"name": name or None, "branch": branch, "sources": sources if source else None}
    fields = {field: value for field, value in given.items() if value is not None}
    teams.change(home, teams.named(home, team).id, fields)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the teams."""
    from serving import terminal
    from serving.rights import teams

    names = ("name", "kind", "branch", "sources", "recall_hours", "qualify_at")
    rows = [{name: getattr(one, name) for name in names} for one in teams.listed(here())]
    terminal.result(rows, as_json, terminal.rows)

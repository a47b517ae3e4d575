"""API keys: made, listed, revoked."""

from typing import Annotated

import typer

from serving.commands import Json, Role, here

app = typer.Typer(name="keys", help="API keys: who may ask the server what.", no_args_is_help=True)


@app.command()
def add(
    role: Role,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="Only this, e.g. scores; may be repeated. Opens no page. export beside worklists: whole numbers."
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="How long it is good for.")] = 365,
    team: Annotated[str, typer.Option(help="Only this team's leads and customers.")] = "",
    as_json: Json = False,
) -> None:
    """Make a key; it is shown this once."""
    from serving import terminal
    from serving.rights import keys, teams

    home = here()
    own = teams.named(home, team).id if team else None
    key = keys.create(home, role, label, scopes=scope or (), days=days, team=own)
    reaches = (
        f"what {team} holds" if team else "the whole company, as far as its role does; --team narrows it"
    )
    made = {"role": role, "key": key, "reaches": reaches, "days": days}
    terminal.result(made, as_json, terminal.key_made)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the keys by their first letters."""
    from serving import terminal
    from serving.rights import keys

    names = ("prefix", "role", "team", "scopes", "label", "created_at", "expires_at", "revoked_at")
    home = here()
    rows = [{name: getattr(key, name) for name in names} for key in keys.listed(home)]
    terminal.result(rows, as_json, lambda found: terminal.rows(found, home.settings.zone))


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="Its first letters, as listed.")]) -> None:
    """End a key and every session opened with it."""
    from serving.rights import keys

    keys.revoke(here(), prefix)

"""Systems that deliver by webhook: let in, listed, revoked."""

from typing import Annotated

import typer

from serving.commands import Json, here

app = typer.Typer(name="senders", help="Systems that deliver events by webhook.", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="Its name in the address it delivers to.")],
    source: Annotated[str, typer.Option(help="The source its records belong to, as in the mapping file.")],
    format: Annotated[str, typer.Option(help="leadkeep, facebook or zalo.")] = "leadkeep",
    as_json: Json = False,
) -> None:
    """Let a system deliver; the secret it signs with is shown this once."""
    from serving import terminal
    from serving.rights import senders

    secret = senders.create(here().create(), name, format, source)
    found = {"name": name, "secret": secret, "path": f"/api/v1/deliveries/{name}"}
    terminal.result(found, as_json, terminal.sender_made)


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List who may deliver."""
    from serving import terminal
    from serving.rights import senders

    names = ("name", "format", "source", "created_at", "revoked_at")
    rows = [{name: getattr(one, name) for name in names} for one in senders.listed(here())]
    terminal.result(rows, as_json, terminal.sender_table)


@app.command()
def revoke(name: Annotated[str, typer.Argument(help="Its name, as listed.")]) -> None:
    """Take nothing more of a system."""
    from serving.rights import senders

    senders.revoke(here(), name)

"""What goes on between two loads: whom deliveries concern is scored again."""

import typer

from serving.commands import here

app = typer.Typer()  # without a name: its commands stand beside import and train


@app.command()
def rescore() -> None:
    """Score again whom deliveries concern, until stopped; serve keeps one running."""
    from crm import logs
    from serving import live_scoring

    logs.begin()
    live_scoring.run_until_told(here().create())

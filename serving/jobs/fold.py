"""Moves what came live into the history."""

from crm.settings import Home

SCHEDULE, LANE = "every 60 minutes", "data"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One fold."""
    return [("fold",)]

"""Looks for what needs somebody now, and sends it where people look."""

from crm.settings import Home

SCHEDULE, LANE = "every 5 minutes", "people"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One look."""
    return [("alerts",)]

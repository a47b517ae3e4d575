"""Gives every lead a team and a person, and recalls those nobody touched."""

from crm.settings import Home

SCHEDULE, LANE = "every 15 minutes", "people"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One sharing out."""
    return [("assign",)]

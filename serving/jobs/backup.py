"""Writes a backup of everything."""

from crm.settings import Home

SCHEDULE, LANE = "", "upkeep"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One backup, into the folder that backups go to."""
    return [("backup",)]

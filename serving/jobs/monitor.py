"""Compares past scores with what came true, and tells who answers for the models."""

from crm import operations
from crm.settings import Home
from models.target import all_targets

SCHEDULE, LANE = "03:30", "data"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One look a target that has a model."""
    return [("monitor", name) for name in all_targets() if operations.champion(home, name)]

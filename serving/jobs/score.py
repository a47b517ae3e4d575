"""Scores everybody, with the model in use of each target."""

from crm import operations
from crm.settings import Home
from models.target import all_targets

SCHEDULE, LANE = "02:00", "data"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One scoring a target that has a model."""
    return [("score", name) for name in all_targets() if operations.champion(home, name)]

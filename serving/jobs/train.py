"""Trains a model of each target; one that is not better than the rule does not replace it."""

from crm.settings import Home
from models.target import all_targets

SCHEDULE, LANE = "", "data"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One training a target."""
    return [("train", name) for name in all_targets()]

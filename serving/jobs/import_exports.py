"""Reads the CRM's newest exports into the history."""

from crm.settings import Home

SCHEDULE, LANE = "01:00", "data"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One import of all that ``[exports]`` in the settings names; none where it names nothing."""
    said = home.settings.exports
    if not said.mapping:
        return []
    paths = (str(home.path / path) for path in said.paths)
    return [("import", "--mapping", str(home.path / said.mapping), *paths)]

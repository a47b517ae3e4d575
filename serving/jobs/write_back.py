"""Sends changed scores and what people tapped to where the settings say."""

from crm.settings import Home

SCHEDULE, LANE = "every 1 minutes", "upkeep"


def commands(home: Home) -> list[tuple[str, ...]]:
    """One sending, where anything is to be written back."""
    return [("write-back", "send")] if home.settings.write_back else []

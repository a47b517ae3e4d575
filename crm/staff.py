"""Names of staff by their id, as the CRM calls them now."""

from functools import lru_cache
from pathlib import Path

from crm.directory import newest
from crm.history import History
from crm.settings import Home


def names(home: Home) -> dict[str, str]:
    """Name by ``<source>:<staff id>``; the id where the CRM gives no name. Raises HistoryError."""
    return _names(home.path, History(home).load_number)


@lru_cache(maxsize=2)
def _names(path: Path, load: int) -> dict[str, str]:
    if not load:
        return {}
    with newest(History(Home(path), load), {"actor": ("name",)}) as connection:
        rows = connection.execute("SELECT source, source_id, name FROM actor").fetchall()
    return {f"{source}:{number}": name or number for source, number, name in rows}

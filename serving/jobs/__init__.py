"""What runs by itself in ``leadkeep run``: one job a file, found here.

A job's docstring says in one sentence what it does. ``SCHEDULE`` is when it runs unless the settings say
otherwise (:mod:`crm.schedule`), ``LANE`` which jobs it never runs beside, and ``commands(home)`` the commands it
consists of, in order; none where there is nothing to do.
"""

from typing import Final

from crm.discover import modules
from crm.errors import SettingsError
from crm.settings import Home

LANES: Final = ("data", "people", "upkeep")


def schedules(home: Home) -> dict[str, str]:
    """When each job runs, by name; raises SettingsError for a job that does not exist."""
    said, found = home.settings.jobs, modules("serving.jobs")
    for name in said:
        if name not in found:
            todo = f"choose one of {', '.join(found)}"
            raise SettingsError("no such job", value=name, where="settings.toml: jobs", todo=todo)
    return {name: said.get(name, module.SCHEDULE) for name, module in found.items()}

"""What runs by itself in ``leadkeep run``: one job a file, found here.

A job's docstring says in one sentence what it does. ``SCHEDULE`` is when it runs unless the settings say
otherwise (:mod:`crm.schedule`), ``LANE`` which jobs it never runs beside, and ``commands(home)`` the commands it
consists of, in order; none where there is nothing to do.
"""

from typing import Final, NamedTuple

from crm import jobs, schedule
from crm.clock import now
from crm.discover import modules
from crm.errors import SettingsError
from crm.jobs import Course
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


class Standing(NamedTuple):
    """A job and its course so far; ``due_at`` is past where it should have begun, None for never or nothing to do."""

    job: str
    schedule: str
    course: Course | None
    due_at: int | None


def standings(home: Home) -> list[Standing]:
    """Every job there is, in the order of their names; raises SettingsError as :func:`schedules`."""
    courses = jobs.courses(home)
    return [
        Standing(name, when, courses.get(name), _due(home, name, when))
        for name, when in schedules(home).items()
    ]


def _due(home: Home, name: str, when: str) -> int | None:
    if not modules("serving.jobs")[name].commands(home):
        return None
    began, _ = jobs.last(home, name)
    return schedule.coming(when, now() if began is None else began, home.settings.zone)

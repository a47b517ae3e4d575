"""Ways an alert reaches people outside of the pages: one a file, discovered.

A channel has ``messages``: what it would send of some alerts, nothing where the settings give it no address. What
leaves the house says how many and what to do, never who: names and numbers stay on the pages.
"""

from collections.abc import Iterable
from typing import NamedTuple

from crm.discover import modules
from crm.settings import Settings


class Told(NamedTuple):
    """An alert, and who is to hear of it: addresses of people, and the name of a team, "" for none."""

    id: int
    kind: str
    mails: tuple[str, ...]
    team: str


class Message(NamedTuple):
    """What goes to one address; ``alerts`` are the ids of those it tells of."""

    address: str
    title: str
    body: str
    alerts: tuple[int, ...]


def message(settings: Settings, address: str, told: Iterable[Told], page: str) -> Message:
    """Counts by kind with what to do, in the company's language, and where to look."""
    some, lang = list(told), settings.language.upper()
    lines = []
    for kind, watch in modules("serving.watches").items():
        if number := sum(one.kind == kind for one in some):
            what, todo = getattr(watch, lang), getattr(watch, f"TODO_{lang}")
            lines.append(f"{what.replace('{n}', str(number))}. {todo}")
    if settings.alerts.page:
        lines.append(settings.alerts.page.rstrip("/") + page)
    title = "Leadkeep: cần làm ngay" if lang == "VI" else "Leadkeep: needs you now"
    return Message(address, title, "\n".join(lines), tuple(one.id for one in some))

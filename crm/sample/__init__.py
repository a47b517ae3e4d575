"""A made-up Vietnamese seller of software and equipment, as its CRM would export it."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

from crm.sample.days import today
from crm.sample.export import write

__all__ = ["ADDRESSES", "generate"]

ADDRESSES: Final = {
    kind: f"https://crm.example.com/index.php?module={module}&view=Detail&record={{id}}"
    for kind, module in (("lead", "Leads"), ("customer", "Contacts"), ("deal", "Potentials"))
}
"""Where the made-up CRM would show a record of each kind: settings of a home that is made for it."""


def generate(
    directory: str | Path,
    customers: int = 3_000,
    seed: int = 7,
    until: date | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> None:
    """Writes three years of exports up to ``until`` (default today; that day is not in them any more).

    ``directory`` gets ``export/`` (CSV and XLSX), ``mapping.toml``, ``mapping_with_leaks.toml`` and
    ``truth/``, which is never to be imported. About ``customers`` customers and 4.5 times as many leads. The
    same arguments give the same files. ``progress(what, done, of)`` is called as it goes. Raises
    LeadkeepError where ``customers`` is less than 20 or ``until`` is out of the calendar's range,
    ResourceError where a file cannot be written.
    """
    write(Path(directory), customers, seed, until or today(), progress or (lambda what, done, of: None))

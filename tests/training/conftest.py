"""A small sample company, imported once for all tests here."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from crm.clock import DAY, parse
from crm.loading import load
from crm.sample import generate
from crm.settings import Home

UNTIL = date(2026, 3, 1)


@pytest.fixture(scope="session")
def company(once: Callable[[str, Callable[[Path], object]], Path]) -> tuple[Home, int]:
    """The home folder of a company of 300 customers, and the moment its exports were made.

    With 200, no model was surely better than the rule. Nobody changes its history.
    """
    folder = once("sample", imported)
    home = Home(folder / "home")
    return home, parse(UNTIL.isoformat(), home.settings.zone)


def imported(folder: Path) -> None:
    """A company, generated and imported."""
    generate(folder, 300, 5, UNTIL)
    home = Home(folder / "home").create()
    end = parse(UNTIL.isoformat(), home.settings.zone)
    load(home, folder / "mapping_with_leaks.toml", [folder / "export"], end)


@pytest.fixture(scope="session")
def trained(company):
    """The report of a training run on it, as of a month before its end."""
    from training.run import train

    home, end = company
    stages = []
    report = train(
        home, "lead_conversion", end - 30 * DAY, lambda what, done, of: stages.append((what, done, of))
    )
    return report, stages

"""Every file of crm/moments keeps the same contract."""

import re
from types import ModuleType

import pytest

import crm.moments
from crm import discover
from crm.schema import TABLES

MODULES = discover.modules("crm.moments")
WITHOUT_EVENTS = {"stage", "actor", "link"}


@pytest.mark.parametrize("name", MODULES)
def test_a_file_is_named_after_its_table_and_says_what_it_is_for(name: str) -> None:
    module: ModuleType = MODULES[name]
    assert name == module.TABLE
    assert (module.__doc__ or "").strip().endswith(".")
    assert any("INSERT INTO moment BY NAME" in statement.sql for statement in module.MOMENTS)


def test_every_table_with_events_has_a_file() -> None:
    assert set(MODULES) == set(TABLES) - WITHOUT_EVENTS


@pytest.mark.parametrize("name", MODULES)
def test_every_kind_is_among_the_words(name: str) -> None:
    described = crm.moments.__doc__ or ""
    for statement in MODULES[name].MOMENTS:
        for kind in re.findall(r"'(\w+)' AS kind\b", statement.sql):
            assert re.search(rf"\b{kind}\b", described), kind

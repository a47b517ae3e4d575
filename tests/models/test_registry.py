"""Models are written whole, one is in use, and a damaged one lets the last good one go on."""

import logging
from pathlib import Path

import pytest

from crm import operations
from crm.errors import ModelError, ResourceError
from crm.settings import Home
from models import registry
from models.bundle import Bundle

from .conftest import make_bundle


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def damage(home: Home, bundle: Bundle) -> None:
    file = home.models / bundle.target / bundle.version / "spec.json"
    content = file.read_bytes()
    file.write_bytes(content[:-5] + b"#" + content[-4:])


def test_the_registered_model_is_the_champion(home: Home) -> None:
    made = registry.register(home, make_bundle("rates"))
    opened = registry.champion(home, made.target)
    row = operations.champion(home, made.target)
    assert row is not None
    assert (opened.version, opened.manifest_sha256) == (row.version, row.manifest_sha256)
    assert [path.name for path in (home.models / made.target).iterdir() if path.is_dir()] == [made.version]


def test_registering_the_same_again_changes_nothing(home: Home) -> None:
    first = registry.register(home, make_bundle("rule"))
    again = registry.register(home, make_bundle("rule"))
    assert first.version == again.version
    assert len(registry.list_models(home)) == 1


def test_looking_back_does_not_change_what_is_in_use(home: Home) -> None:
    newer = registry.register(home, make_bundle("rule", seed=1))
    older = registry.register(home, make_bundle("rule", seed=0))
    assert registry.champion(home, newer.target).version == newer.version
    assert registry.champion(home, newer.target, as_of=older.as_of).version == older.version


def test_the_newest_as_of_that_is_not_later(home: Home) -> None:
    older = registry.register(home, make_bundle("rule", seed=0))
    newer = registry.register(home, make_bundle("rule", seed=1))
    assert registry.newest(home, older.target, newer.as_of).version == newer.version
    assert registry.champion(home, older.target, as_of=newer.as_of - 1).version == older.version
    with pytest.raises(ModelError, match="as old as"):
        registry.newest(home, older.target, older.as_of - 1)
    assert [entry.version for entry in registry.list_models(home)] == [newer.version, older.version]


@pytest.mark.parametrize("by_time", [False, True])
def test_the_last_good_model_goes_on(home: Home, caplog: pytest.LogCaptureFixture, by_time: bool) -> None:
    good = registry.register(home, make_bundle("rule", seed=0))
    bad = registry.register(home, make_bundle("rates", seed=1))
    damage(home, bad)
    with caplog.at_level(logging.WARNING):
        served = registry.champion(home, good.target, as_of=bad.as_of if by_time else None)
    assert served.version == good.version
    assert bad.version in caplog.text
    problems = {entry.version: entry.problem for entry in registry.list_models(home)}
    assert "changed after training" in problems[bad.version]
    assert problems[good.version] == ""


def test_with_no_good_model_the_error_names_the_damage(home: Home) -> None:
    made = registry.register(home, make_bundle("rule"))
    damage(home, made)
    with pytest.raises(ModelError, match="changed after training"):
        registry.champion(home, made.target)


def test_registering_again_mends_a_damaged_folder(home: Home) -> None:
    made = registry.register(home, make_bundle("rule"))
    damage(home, made)
    registry.register(home, make_bundle("rule"))
    assert registry.champion(home, made.target).version == made.version


def test_a_folder_that_cannot_be_written_is_a_resource_error(home: Home) -> None:
    home.models.write_text("a file where the folder should be")
    with pytest.raises(ResourceError, match="cannot be written to"):
        registry.register(home, make_bundle("rule"))


def test_what_a_killed_run_left_is_no_model(home: Home) -> None:
    left = home.models / "lead_conversion" / ".writing"
    left.mkdir(parents=True)
    (left / "manifest.json").write_text("{}")
    assert registry.list_models(home) == []
    registry.register(home, make_bundle("rule"))
    assert not left.exists()


def test_no_model_yet(home: Home) -> None:
    with pytest.raises(ModelError, match="no model of churn"):
        registry.champion(home, "churn")

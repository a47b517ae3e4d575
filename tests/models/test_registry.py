"""Models are written whole, one is in use, and a damaged one lets the last good one go on."""

import logging

import pytest

from crm import operations
from crm.errors import ModelError, NotFound, ResourceError
from crm.settings import Home
from models import registry
from models.bundle import Bundle

from .conftest import make_bundle


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


def test_a_model_is_put_in_use_by_a_person_and_taken_back(home: Home) -> None:
    older = registry.register(home, make_bundle("rule", seed=0))
    newer = registry.register(home, make_bundle("rule", seed=1))
    back = registry.previous(home, newer.target)
    assert back is not None
    assert back.version == older.version
    registry.put_in_use(
        home, newer.target, older.version, expected=newer.manifest_sha256, person=7, why="x" * 300
    )
    assert registry.champion(home, newer.target).version == older.version
    newest, *_, first = registry.promotions(home, newer.target)
    assert (newest.version, newest.person, len(newest.why)) == (older.version, 7, 200)
    assert (first.version, first.person) == (older.version, None)
    again = registry.previous(home, newer.target)
    assert again is not None
    assert again.version == newer.version


def test_only_a_whole_model_is_put_in_use_and_only_in_the_place_of_the_one_seen(home: Home) -> None:
    older = registry.register(home, make_bundle("rule", seed=0))
    newer = registry.register(home, make_bundle("rule", seed=1))
    with pytest.raises(NotFound, match="no such model"):
        registry.put_in_use(home, newer.target, "20200101-00000000", expected=newer.manifest_sha256)
    with pytest.raises(ModelError, match="meanwhile"):
        registry.put_in_use(home, newer.target, older.version, expected=older.manifest_sha256)
    damage(home, older)
    with pytest.raises(ModelError):
        registry.put_in_use(home, newer.target, older.version, expected=newer.manifest_sha256)
    assert registry.champion(home, newer.target).version == newer.version
    assert len(registry.promotions(home, newer.target)) == 2


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

"""What every destination must do, whatever it is."""

import csv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, text

from crm.discover import modules
from crm.errors import SettingsError
from crm.settings import Home, WriteBack
from serving.cells import meant
from serving.destinations import FIELDS, Item, Unreached
from tests.serving import receiver

KINDS = modules("serving.destinations")
SAID = {
    "leadkeep_percent": 31, "leadkeep_band": "hot", "leadkeep_expected": 3_100_000, "leadkeep_says": "Nóng · =1+1",
    "leadkeep_as_of": "2026-03-01T09:00:00+07:00", "leadkeep_model": "m1",
}  # fmt: skip
ACTION = {
    "code": "no_answer", "said": "Không nghe máy", "at": "2026-03-01T09:00:00+07:00", "kind": "call",
    "outcome": "no_answer", "why": "", "note": "Gọi lại chiều", "task": "Gọi vào giờ khác",
    "due_at": "2026-03-02T09:00:00+07:00", "staff": "crm:U1", "records": [],
}  # fmt: skip
Found = dict[str, dict[str, Any]]


def score(source_id: str, key: str, **changed: Any) -> Item:
    return Item(key, "score", "churn", f"customer:crm:{source_id}", {"fields": SAID | changed})


TAP = Item("t1", "tap", "churn", "customer:crm:K:1", {"action": ACTION})
CLEARED = Item("u1", "undo", "churn", "customer:crm:K:1", {"undoes": "s2", "fields": dict.fromkeys(FIELDS)})
WITHDRAWN = Item("w1", "withdrawal", "churn", "customer:crm:K:1", {"undoes": "t1"})


class Place(NamedTuple):
    """A destination that works, and how to read what stands there: scores by record, actions by key."""

    kind: ModuleType
    home: Home
    settings: WriteBack
    found: Callable[[], tuple[Found, Found]]

    def write(self, batch: str, *items: Item) -> None:
        self.kind.write(self.home, self.settings, batch, items)


def in_the_webhook(address: str) -> tuple[Found, Found]:
    scores: Found = {}
    actions: Found = {}
    for item in receiver.state(address)["by_key"]:
        if item["kind"] in ("score", "undo"):
            scores[item["id"]] = item["fields"]
        elif item["kind"] == "tap":
            actions[item["key"]] = item["action"]
        else:
            del actions[item["undoes"]]
    return scores, actions


def in_the_table(address: str) -> tuple[Found, Found]:
    engine = create_engine(address)
    with engine.connect() as connection:
        scores = connection.execute(text("SELECT * FROM leadkeep_score")).mappings().all()
        actions = connection.execute(text("SELECT * FROM leadkeep_action")).mappings().all()
    engine.dispose()
    return {row["source_id"]: dict(row) for row in scores}, {
        row["leadkeep_key"]: dict(row) for row in actions
    }


def in_the_files(folder: Path) -> tuple[Found, Found]:
    found = []
    for name, key in (("scores", "source_id"), ("actions", "leadkeep_key")):
        file = folder / f"leadkeep-{name}.csv"
        if not file.exists():
            found.append({})
            continue
        with file.open(encoding="utf-8-sig", newline="") as opened:
            found.append({row[key]: dict(row) for row in csv.DictReader(opened)})
    return found[0], found[1]


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, home: Home) -> Iterator[Place]:
    with ExitStack() as until:
        if request.param == "webhook":
            address = until.enter_context(receiver.running())
            found = lambda: in_the_webhook(address)  # noqa: E731
        elif request.param == "table":
            address = f"sqlite:///{home.path / 'theirs.db'}"
            found = lambda: in_the_table(address)  # noqa: E731
        else:
            address = str(home.path / "out")
            found = lambda: in_the_files(Path(address))  # noqa: E731
        settings = WriteBack(name="theirs", to=request.param, address=address, secret=receiver.SECRET)
        KINDS[request.param].check(settings)
        yield Place(KINDS[request.param], home, settings, found)


@pytest.mark.parametrize("name", KINDS)
def test_it_says_what_it_is_and_refuses_what_it_cannot_work_with(name: str) -> None:
    assert KINDS[name].TITLE
    assert KINDS[name].GROUP > 0
    for address in ("", __file__):
        with pytest.raises(SettingsError, match="write_back theirs"):
            KINDS[name].check(WriteBack(name="theirs", to=name, address=address))


def test_what_is_written_stands_there_and_again_changes_nothing(place: Place) -> None:
    place.write("b1", score("K:1", "s1"), score("K2", "s2", leadkeep_expected=None))
    place.write("b2", score("K:1", "s3", leadkeep_percent=7), TAP)
    scores, actions = place.found()
    assert {who: int(said["leadkeep_percent"]) for who, said in scores.items()} == {"K:1": 7, "K2": 31}
    assert scores["K2"]["leadkeep_expected"] in (None, "")
    assert scores["K:1"]["leadkeep_says"] == SAID["leadkeep_says"]
    for name in ("kind", "outcome", "note", "task", "due_at"):
        assert actions["t1"][name] == ACTION[name], name
    place.write("b2", score("K:1", "s3", leadkeep_percent=7), TAP)
    assert place.found() == (scores, actions)


def test_what_is_taken_back_is_gone(place: Place) -> None:
    place.write("b1", score("K:1", "s1"), score("K2", "s2"), TAP)
    place.write("b2", CLEARED, WITHDRAWN)
    place.write("b2", CLEARED, WITHDRAWN)
    scores, actions = place.found()
    assert not any(scores.get("K:1", {}).get(name) for name in FIELDS)
    assert int(scores["K2"]["leadkeep_percent"]) == 31
    assert actions == {}


def test_an_outcome_taken_back_after_its_file_was_imported_is_told(home: Home) -> None:
    settings = WriteBack(name="theirs", to="file", address=str(home.path / "out"))

    def told(batch: str, *items: Item) -> list[tuple[str, str, str, str]]:
        KINDS["file"].write(home, settings, batch, items)
        rows = in_the_files(home.path / "out")[1].values()
        return [(row["leadkeep_key"], row["source_id"], row["code"], row["undoes"]) for row in rows]

    assert told("b1", TAP) == [("t1", "K:1", "no_answer", "")]
    (home.path / "out" / "leadkeep-actions.csv").unlink()
    for _ in range(2):
        assert told("b2", WITHDRAWN) == [("w1", "K:1", "withdrawn", "t1")]
    other, back = TAP._replace(key="t2"), WITHDRAWN._replace(key="w2", body={"undoes": "t2"})
    assert len(told("b3", other)) == 2
    for _ in range(2):
        assert len(told("b4", back)) == 1, (
            "what was never imported needs no withdrawal, however often it is sent"
        )


def test_an_id_that_looks_like_a_formula_stays_one_record(place: Place) -> None:
    for number, percent in enumerate((31, 7)):
        place.write(
            f"b{number}", score("=1+1", f"s{number}", leadkeep_percent=percent), score("-5", f"z{number}")
        )
    scores, _ = place.found()
    assert {meant(who): int(said["leadkeep_percent"]) for who, said in scores.items()} == {
        "=1+1": 7,
        "-5": 31,
    }
    assert "-5" in scores, "a number is what it was"


def test_only_fields_of_our_own_are_written(place: Place) -> None:
    place.write("b1", score("K2", "s2", stage="won", probability=1))
    scores, _ = place.found()
    assert set(scores["K2"]) <= {*FIELDS, "target", "source", "source_id", "leadkeep_key"}


@pytest.mark.parametrize(("name", "address"), [("webhook", "http://127.0.0.1:9/"), ("table", "sqlite:////no/such"),
                                               ("file", "/proc/none")])  # fmt: skip
def test_one_that_is_away_may_come_back(name: str, address: str, home: Home) -> None:
    settings = WriteBack(name="theirs", to=name, address=address, secret=receiver.SECRET)
    with pytest.raises(Unreached):
        KINDS[name].write(home, settings, "b1", [score("K2", "s2")])


def test_a_file_changed_by_hand_is_not_written_over(home: Home) -> None:
    settings = WriteBack(name="theirs", to="file", address=str(home.path / "out"))
    KINDS["file"].write(home, settings, "b1", [score("K2", "s2")])
    file = home.path / "out" / "leadkeep-scores.csv"
    file.write_text("mã;điểm\n1;2\n", encoding="utf-8")
    with pytest.raises(Unreached, match="move it away"):
        KINDS["file"].write(home, settings, "b2", [score("K2", "s3")])
    assert "điểm" in file.read_text(encoding="utf-8")

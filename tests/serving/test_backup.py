"""A backup made while others write holds one moment of everything, and restores to the same scores."""

import io
import tarfile
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import select

from crm import operations
from crm.backup import make
from crm.clock import HOUR, now
from crm.errors import ResourceError, SettingsError, SourceError
from crm.events import EventStore
from crm.folding import fold
from crm.history import History
from crm.inbox import Inbox, Said
from crm.restore import restore
from crm.settings import Home
from crm.tables import everything
from crm.tables.jobs import Mark
from crm.tables.scores import Score
from serving.scores.scoring import score
from tests.conftest import Homes, use

pytestmark = pytest.mark.databases("sqlite", "postgres")


def rows(home: Home) -> dict[str, list[Any]]:
    with operations.looking(home) as connection:
        tables = everything().metadata.sorted_tables
        return {table.name: sorted(map(repr, connection.execute(select(table)))) for table in tables}


def lead(number: int) -> Said:
    return Said("lead", "crm", f"N{number}", {"name": "Nguyễn Thị Hoa", "created_at": now() - HOUR})


@pytest.fixture
def other(homes: Homes, tmp_path: Path) -> Home:
    """Another empty home, on another database of the same kind."""
    return homes.new(tmp_path / "other", tables=False)


def test_a_restored_home_has_the_same_rows_and_scores_the_same(
    at_work: Home, other: Home, tmp_path: Path
) -> None:
    Inbox(at_work).put("web/1", [lead(1), lead(2)])
    file = tmp_path / "b.tar.gz"
    (at_work.path / "trial.key").write_text("drawn with this")
    score(at_work, "churn")
    about = make(at_work, file)
    assert file.stat().st_mode & 0o077 == 0
    assert restore(other, file)["load"] == about["load"] == 1
    assert rows(other) == rows(at_work)
    assert len(rows(other)["score"]) > 10
    assert (other.path / "trial.key").read_text() == "drawn with this"
    assert Inbox(other).after(0) == Inbox(at_work).after(0)
    assert Inbox(other).put("web/1", [lead(1)]) is None, "a delivery that came before the backup"
    as_of = now()
    for home in (at_work, other):
        score(home, "churn", as_of)
    assert rows(other)["score"] == rows(at_work)["score"]
    assert list(EventStore.open(other).subjects("lead")["subject"]) == list(
        EventStore.open(at_work).subjects("lead")["subject"]
    )


def test_what_comes_after_the_restore_has_numbers_of_its_own(
    at_work: Home, other: Home, tmp_path: Path
) -> None:
    inbox = Inbox(at_work)
    inbox.put("web/1", [lead(1), lead(2)])
    fold(at_work)
    restore(other, Path(make(at_work, tmp_path / "b.tar.gz")["file"]))
    Inbox(other).put("web/2", [lead(3)])
    assert Inbox(other).newest() == inbox.newest() + 1 > History(other).inbox
    assert fold(other) is not None
    assert "lead:crm:N3" in set(EventStore.open(other).subjects("lead")["subject"])
    score(other, "churn")


def test_a_backup_while_others_write_is_of_one_moment(at_work: Home, other: Home, tmp_path: Path) -> None:
    stop, inbox, put = Event(), Inbox(at_work), []

    def deliver() -> None:
        while not stop.is_set():
            inbox.put(f"web/{len(put)}", [lead(len(put))])
            with operations.writing(at_work) as session:
                session.merge(Mark(name="live", number=inbox.newest()))
            put.append(len(put))

    def folding() -> None:
        while not stop.wait(0.2):
            fold(at_work)

    writers = [Thread(target=deliver), Thread(target=folding)]
    for writer in writers:
        writer.start()
    try:
        stop.wait(0.5)
        before = len(put)
        make(at_work, tmp_path / "b.tar.gz")
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    restore(other, tmp_path / "b.tar.gz")
    fold(other)
    leads = {name for name in EventStore.open(other).subjects("lead")["subject"] if ":N" in name}
    assert before > 0
    assert leads >= {f"lead:crm:N{number}" for number in range(before)}, "no acknowledged event is lost"
    with operations.reading(other) as session:
        mark = session.get(Mark, "live")
    assert mark is not None
    assert mark.number <= Inbox(other).newest(), "nothing is taken for done that is not there"


def test_nothing_is_overwritten(at_work: Home, other: Home, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    make(at_work, file)
    with pytest.raises(ResourceError, match="such a file already"):
        make(at_work, file)
    with pytest.raises(SettingsError, match="not empty"):
        restore(at_work, file)
    restore(other, file)
    with pytest.raises(SettingsError, match="not empty"):
        restore(other, file)


@pytest.mark.databases("postgres")
def test_a_database_in_use_is_not_filled(at_work: Home, tmp_path: Path) -> None:
    fresh = Home(tmp_path / "fresh")
    file = tmp_path / "b.tar.gz"
    make(at_work, file)
    with pytest.raises(SettingsError, match="database is not empty"):
        restore(fresh, file)
    assert list(fresh.path.glob("*")) in ([], [fresh.path / "operations.lock"])


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("spoil", ["cut", "changed", "other", "missing"])
def test_a_damaged_backup_restores_nothing(at_work: Home, tmp_path: Path, spoil: str) -> None:
    file, fresh = tmp_path / "b.tar.gz", Home(tmp_path / "fresh")
    make(at_work, file)
    if spoil == "cut":
        file.write_bytes(file.read_bytes()[:-5000])
    elif spoil == "other":
        file.write_bytes(b"no tar at all")
    elif spoil == "missing":
        file.unlink()
    else:
        _change(file)
    with pytest.raises(SourceError):
        restore(fresh, file)
    assert list(fresh.path.glob("*")) == []


def _change(file: Path) -> None:
    """One member says something else."""
    aside = file.with_suffix(".new")
    with tarfile.open(file) as old, tarfile.open(aside, "w:gz") as new:
        for member in old:
            body = old.extractfile(member)
            assert body is not None
            said = body.read()
            if member.name == "operations.jsonl":
                said = said.replace(b"churn", b"chrun", 1)
            new.addfile(member, io.BytesIO(said))
    aside.replace(file)


@pytest.mark.databases("sqlite", why="it goes from there to a PostgreSQL of its own")
def test_a_backup_goes_from_one_kind_of_database_to_the_other(
    at_work: Home, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    file, server = tmp_path / "b.tar.gz", Home(tmp_path / "server").create()
    score(at_work, "churn")
    make(at_work, file)
    with request.getfixturevalue("postgres")("template1") as url:
        use(server, url)
        restore(server, file)
        found, kept = ({name: len(some) for name, some in rows(home).items()} for home in (server, at_work))
        assert found == kept
        with operations.reading(server) as session:
            assert session.scalars(select(Score)).first() is not None


@pytest.mark.parametrize(
    "about", ["[]", "{}", '{"members": {"../../etc/passwd": "x"}, "format": 1, "revision": "1"}']
)
@pytest.mark.parametrize("name", ["about.json", "../outside", "/etc/outside", "history/../../outside"])
def test_a_file_made_to_harm_is_refused_and_writes_nothing_elsewhere(
    tmp_path: Path, about: str, name: str
) -> None:
    with tarfile.open(tmp_path / "bad.tar.gz", "w:gz") as tar:
        for one in {"about.json", name}:
            member = tarfile.TarInfo(one)
            member.size = len(about)
            tar.addfile(member, io.BytesIO(about.encode()))
    with pytest.raises(SourceError, match="not a whole backup"):
        restore(Home(tmp_path / "deep" / "home"), tmp_path / "bad.tar.gz")
    assert not list(tmp_path.rglob("outside"))
    assert not Path("/etc/outside").exists()

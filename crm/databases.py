"""Opens a database by its URL: SQLite and PostgreSQL behave alike, as far as they can."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from threading import Event, Thread
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy import exc as db

LOCK_WAIT: Final = 30
"""Seconds a writer waits for another one."""

CONNECT_WAIT: Final = 5
"""Seconds PostgreSQL may take to answer at all."""

WAITING: Final = 10_000
"""Pages of 4 KiB that SQLite keeps beside its file until a commit moves them into it. That commit may take a quarter of
a second, so :func:`tidying` comes before it.
"""

TIDY_EVERY: Final = 1.0
"""Seconds."""

TURN: Final = text(
    "SELECT set_config('lock_timeout', :wait, true), pg_advisory_xact_lock(hashtext('leadkeep writer'))"
)


def engine(url: str, *pragmas: str) -> Engine:
    """An engine; ``pragmas`` are for SQLite. Raises as SQLAlchemy's ``create_engine``.

    Its execution option ``writes`` takes SQLite's lock of a writer at once, ``asks_once`` begins no transaction.
    """
    waits = {"timeout": LOCK_WAIT} if url.startswith("sqlite") else {"connect_timeout": CONNECT_WAIT}
    # A server that was restarted hung up on everybody: a connection is asked before somebody relies on it.
    made = create_engine(url, connect_args=waits, pool_pre_ping=not url.startswith("sqlite"))
    if made.dialect.name == "sqlite":

        def prepare(connection: Any, _: object) -> None:
            connection.isolation_level = None  # sqlite3 itself must not begin transactions: _begin does
            for pragma in ("journal_mode=WAL", f"wal_autocheckpoint={WAITING}", *pragmas):
                connection.execute(f"PRAGMA {pragma}")

        event.listen(made, "connect", prepare)
        event.listen(made, "begin", _begin)
    return made


def in_turn(engine: Engine) -> Engine:
    """Lets PostgreSQL's writers too wait for each other: what one has read stands until it has written."""
    if engine.dialect.name == "postgresql":
        event.listen(engine, "begin", _wait_for_turn)
    return engine


@lru_cache(maxsize=64)
def writing(engine: Engine) -> Engine:
    """One that takes the lock of a writer at once."""
    return engine.execution_options(writes=True)


@lru_cache(maxsize=64)
def asking(engine: Engine) -> Engine:
    """One that begins no transaction: each query sees a moment of its own."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="AUTOCOMMIT")
    return engine.execution_options(asks_once=True)


@contextmanager
def tidying(engine: Engine) -> Iterator[None]:
    """Moves what was written into SQLite's file as it comes, in a thread: no writer has to wait for that."""
    stop = Event()

    def tidy() -> None:
        while not stop.wait(TIDY_EVERY):
            with suppress(db.DatabaseError), asking(engine).connect() as connection:  # then a writer does it
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")

    thread = Thread(target=tidy, name="leadkeep-tidy", daemon=True)
    if engine.dialect.name == "sqlite":
        thread.start()
    try:
        yield
    finally:
        stop.set()
        if thread.is_alive():
            thread.join()


def still(engine: Engine) -> Engine:
    """SQLite's readers see one moment anyway; PostgreSQL's see each query's own, unless asked."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


def _begin(connection: Connection) -> None:
    # A writer takes its lock first; one that reads first and writes later could fail half-way.
    # Who asks but once needs no transaction: each query sees one moment.
    options = connection.get_execution_options()
    if not options.get("asks_once"):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")


def _wait_for_turn(connection: Connection) -> None:
    if connection.get_execution_options().get("writes"):
        connection.execute(TURN, {"wait": f"{LOCK_WAIT}s"})

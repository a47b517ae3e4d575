"""The inbox: what arrives between imports, on disk before it is acknowledged, in one order for everybody.

In SQLite it is a file of its own that is forced to disk at every commit; with PostgreSQL two tables beside the
others. Rows stay until a load of the history holds them, and a day longer for processes that still read an
older load. :mod:`crm.folding` moves them.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from typing import IO, Any, Final, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    text,
    update,
)  # fmt: skip
from sqlalchemy import exc as db
from sqlalchemy.engine import Connection

from crm import databases, dump
from crm.clock import DAY, now
from crm.errors import ResourceError, SourceError
from crm.schema import TABLES
from crm.settings import Home

KEPT: Final = 1 * DAY
"""How long folded rows stay."""

LIVE: Final = ("lead", "party", "deal", "activity", "transaction", "ticket")
"""Tables a delivery may speak of; changes of their fields are told from what stood before."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")
META = MetaData()
CLOCK = Table(
    "inbox_clock", META, Column("id", Integer, primary_key=True), Column("at", BigInteger, nullable=False)
)
DELIVERY = Table(
    "inbox_delivery", META,
    Column("id", String(300), primary_key=True),
    Column("received_at", BigInteger, nullable=False),
)  # fmt: skip
FRESH = Table(
    "inbox_row", META,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("delivery", String(300), nullable=False),
    Column("table", String(16), nullable=False),
    Column("source", String(64), nullable=False),
    Column("source_id", String(200), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("said_at", BigInteger),
    Column("deleted", Boolean, nullable=False),
    Column("said", Text, nullable=False),
    Index("inbox_record", "table", "source", "source_id"),
)  # fmt: skip

ABOVE = (
    select(FRESH).where(FRESH.c.number > bindparam("above")).order_by(FRESH.c.number).limit(bindparam("most"))
)
"""Asked at every live score: built once."""

OF_RECORD = select(FRESH).where(
    FRESH.c.table == bindparam("table"), FRESH.c.source == bindparam("source"),
    FRESH.c.source_id == bindparam("source_id"),
).order_by(FRESH.c.number)  # fmt: skip
KNOWN = select(DELIVERY.c.id).where(DELIVERY.c.id == bindparam("delivery"))
TICK = {
    dialect: update(CLOCK).where(CLOCK.c.id == 1).values(at=later(CLOCK.c.at + 1, bindparam("moment")))
    .returning(CLOCK.c.at)
    for dialect, later in (("sqlite", func.max), ("postgresql", func.greatest))
}  # fmt: skip


class Said(NamedTuple):
    """What a delivery says of one record: canonical columns by name, cleaned; ``custom`` the company's own.

    ``said_at`` is when the source said it (UTC microseconds): an older word that comes later changes only columns
    of which nothing newer was said. None takes the order of arrival.
    """

    table: str
    source: str
    source_id: str
    columns: dict[str, Any]
    custom: dict[str, Any] = {}  # noqa: RUF012
    said_at: int | None = None
    deleted: bool = False


class Fresh(NamedTuple):
    """One row of the inbox: its ``number`` orders all, ``received_at`` grows with it and is its known_at."""

    number: int
    received_at: int
    said: Said


class Inbox:
    """The inbox of one home."""

    def __init__(self, home: Home) -> None:
        self._engine = _engine(home.inbox_url)
        self._writing, self._asking = databases.writing(self._engine), databases.asking(self._engine)

    def tidying(self) -> AbstractContextManager[None]:
        """As :func:`crm.databases.tidying`, of the inbox."""
        return databases.tidying(self._engine)

    @classmethod
    def waiting(cls, home: Home, above: int) -> "Inbox | None":
        """The inbox where it holds a row above number ``above``; nothing is made where there is none."""
        file = home.path / "inbox.db"
        if home.inbox_url.startswith("sqlite") and not file.exists():
            return None
        inbox = cls(home)
        return inbox if inbox.newest() > above else None

    def put(self, delivery: str, rows: Sequence[Said], *, moment: int | None = None) -> int | None:
        """Keeps a delivery, forced to disk when this returns; None for one that is already here.

        ``delivery`` is its id with its sender's name, the same at every attempt. Returns the time from which
        its rows are known: not before ``moment`` (default now) and later than that of any delivery before.
        Raises SourceError for what no history row could hold, ResourceError where it cannot be kept.
        """
        for row in rows:
            _check(row)
        with _plainly(), self._writing.begin() as connection:
            received = self._tick(connection, now() if moment is None else moment)
            if connection.execute(KNOWN, {"delivery": delivery}).first():
                return None
            connection.execute(insert(DELIVERY), {"id": delivery, "received_at": received})
            if rows:
                connection.execute(insert(FRESH), [_stored(row, delivery, received) for row in rows])
        return received

    def after(self, number: int, limit: int = 10_000) -> list[Fresh]:
        """At most ``limit`` rows above ``number``, in order."""
        with _plainly(), self._asking.connect() as connection:
            return [_read(row) for row in connection.execute(ABOVE, {"above": number, "most": limit})]

    def of(self, table: str, source: str, source_id: str) -> list[Fresh]:
        """The rows of one record, in order."""
        record = {"table": table, "source": source, "source_id": source_id}
        with _plainly(), self._asking.connect() as connection:
            return [_read(row) for row in connection.execute(OF_RECORD, record)]

    def newest(self) -> int:
        """The number of the newest row, 0 where none ever came."""
        with _plainly(), self._engine.connect() as connection:
            return int(connection.execute(select(func.max(FRESH.c.number))).scalar() or 0)

    def moment(self) -> int:
        """A time after all that is here and before all that will come."""
        with _plainly(), self._writing.begin() as connection:
            return self._tick(connection, now())

    def prune(self, folded: int, *, before: int | None = None) -> int:
        """Forgets rows up to number ``folded`` that came a day ago (or ``before``); returns how many.

        The newest row stays, so that numbers never start again.
        """
        old = (now() - KEPT) if before is None else before
        with _plainly(), self._writing.begin() as connection:
            newest = connection.execute(select(func.max(FRESH.c.number))).scalar() or 0
            gone = and_(FRESH.c.number <= folded, FRESH.c.number < newest, FRESH.c.received_at < old)
            return int(connection.execute(delete(FRESH).where(gone)).rowcount)

    def dump(self, out: IO[bytes]) -> dict[str, int]:
        """Writes every row as of one moment; returns how many each table has. For backups."""
        with _plainly(), databases.still(self._engine).begin() as connection:
            return dump.write(connection, META.sorted_tables, out)

    def fill(self, lines: Iterable[bytes]) -> None:
        """Fills a new inbox with what :meth:`dump` wrote; raises ResourceError where it is not new."""
        with _plainly(), self._writing.begin() as connection:
            if connection.execute(select(func.count()).select_from(DELIVERY)).scalar():
                raise ResourceError(
                    "the inbox is not empty", todo="name a new database in settings.toml: stores"
                )
            connection.execute(delete(CLOCK))
            dump.read(connection, META.sorted_tables, lines)

    @staticmethod
    def _tick(connection: Connection, moment: int) -> int:
        """The next time of receipt. Its row is locked until the commit: numbers become visible in order."""
        ticked = connection.execute(TICK[connection.dialect.name], {"moment": moment})
        return int(ticked.scalar_one())


def _check(row: Said) -> None:
    if row.table not in LIVE:
        todo = f"send one of {', '.join(LIVE)}"
        raise SourceError("a delivery cannot speak of this table", value=row.table, todo=todo)
    named = 0 < len(row.source) <= 64 and 0 < len(row.source_id) <= 200 and "\0" not in row.source_id
    if not named:
        what = "a record needs its source (up to 64 characters) and its id there (up to 200, none a NUL)"
        raise SourceError(what, value=f"{row.source}:{row.source_id}"[:300], where=row.table)
    for name in row.columns:
        if name not in TABLES[row.table]:
            raise SourceError(f"{row.table} has no column of this name", value=name, todo="see docs/live.md")


def _text(row: Said) -> str:
    return json.dumps([row.columns, row.custom], ensure_ascii=False, sort_keys=True)


def _stored(row: Said, delivery: str, received: int) -> dict[str, Any]:
    return {
        "delivery": delivery, "table": row.table, "source": row.source, "source_id": row.source_id,
        "received_at": received, "said_at": row.said_at, "deleted": row.deleted, "said": _text(row),
    }  # fmt: skip


def _read(row: Any) -> Fresh:
    columns, custom = json.loads(row.said)
    said = Said(row.table, row.source, row.source_id, columns, custom, row.said_at, row.deleted)
    return Fresh(row.number, row.received_at, said)


@lru_cache(maxsize=64)
def _engine(url: str) -> Engine:
    """One engine an inbox and process; its tables are made where missing."""
    engine = databases.engine(url, "synchronous=FULL")
    with _plainly(), databases.writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":  # several processes may find them missing at once
            connection.execute(text("SELECT pg_advisory_xact_lock(hashtext('leadkeep inbox'))"))
        META.create_all(connection)
        connection.execute(text("INSERT INTO inbox_clock (id, at) VALUES (1, 0) ON CONFLICT DO NOTHING"))
    return engine


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except db.DataError as error:
        what, todo = "the inbox cannot keep this value", "shorten it, and leave control characters out"
        raise SourceError(what, value=str(error.orig), todo=todo) from error
    except db.DatabaseError as error:
        todo = "free some disk space, and see that nothing else holds the file; the sender will try again"
        raise ResourceError("the inbox cannot be reached", value=str(error.orig), todo=todo) from error

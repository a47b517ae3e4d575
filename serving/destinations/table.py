"""Two tables of our own in a database of the company's: ``leadkeep_score`` and ``leadkeep_action``."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    create_engine,
    delete,
    insert,
    make_url,
)  # fmt: skip
from sqlalchemy import exc as db
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool

from crm.errors import SettingsError
from crm.settings import Home, WriteBack
from serving.destinations import ACTION as ACTION_FIELDS
from serving.destinations import Item, Refused, Unreached

TITLE = "SQL table"
GROUP = 500

META = MetaData()
SCORE: Final = Table(
    "leadkeep_score", META,
    Column("target", String(64), primary_key=True),
    Column("source", String(64), primary_key=True),
    Column("source_id", String(200), primary_key=True),
    Column("leadkeep_percent", Integer),
    Column("leadkeep_band", String(16)),
    Column("leadkeep_expected", BigInteger),
    Column("leadkeep_says", Text),
    Column("leadkeep_as_of", String(32)),
    Column("leadkeep_model", String(64)),
    Column("leadkeep_key", String(64), nullable=False),
)  # fmt: skip
ACTION: Final = Table(
    "leadkeep_action", META,
    Column("leadkeep_key", String(64), primary_key=True),
    Column("target", String(64), nullable=False),
    Column("source", String(64), nullable=False),
    Column("source_id", String(200), nullable=False),
    Column("code", String(32), nullable=False),
    Column("said", String(200), nullable=False),
    Column("at", String(32), nullable=False),
    Column("kind", String(32)),
    Column("outcome", String(32)),
    Column("why", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("task", Text, nullable=False),
    Column("due_at", String(32)),
    Column("staff", String(200)),
)  # fmt: skip

IDENTITY: Final = ("target", "source", "source_id")

ABOUT_CONTENT: Final = (db.DataError, db.IntegrityError)


def check(place: WriteBack) -> None:
    """A database URL whose driver is here."""
    try:
        make_url(place.address).get_dialect().import_dbapi()
    except (db.ArgumentError, db.NoSuchModuleError, ModuleNotFoundError) as error:
        todo = "write a SQLAlchemy URL, e.g. postgresql+psycopg://USER@HOST/NAME, and install its driver"
        where = f"settings.toml: write_back {place.name}"
        raise SettingsError("not a usable database URL", where=where, todo=todo) from error


def write(home: Home, place: WriteBack, batch: str, items: Sequence[Item]) -> None:
    """One transaction: the rows of these records give way to what is said of them now."""
    try:
        with _engine(place.address).begin() as connection:
            _scores(connection, [item for item in items if item.kind in ("score", "undo")])
            _actions(connection, [item for item in items if item.kind in ("tap", "withdrawal")])
    except ABOUT_CONTENT as error:
        raise Refused(str(error.orig)) from error
    except db.SQLAlchemyError as error:
        raise Unreached(str(getattr(error, "orig", error))) from error


def _scores(connection: Connection, items: Sequence[Item]) -> None:
    rows = {(item.target, *item.record): item for item in items}
    if not rows:
        return
    same = [SCORE.c[name] == bindparam(f"old_{name}") for name in IDENTITY]
    old = [{f"old_{name}": value for name, value in zip(IDENTITY, key, strict=True)} for key in rows]
    connection.execute(delete(SCORE).where(*same), old)
    new = [_score(item) for item in rows.values() if any(item.fields.values())]
    if new:
        connection.execute(insert(SCORE), new)


def _score(item: Item) -> dict[str, Any]:
    source, source_id = item.record
    about = {"target": item.target, "source": source, "source_id": source_id, "leadkeep_key": item.key}
    return about | dict(item.fields)


def _actions(connection: Connection, items: Sequence[Item]) -> None:
    keys = {item.body.get("undoes", item.key) for item in items}
    if not keys:
        return
    connection.execute(delete(ACTION).where(ACTION.c.leadkeep_key.in_(keys)))
    new = [_action(item) for item in {one.key: one for one in items if one.kind == "tap"}.values()]
    if new:
        connection.execute(insert(ACTION), new)


def _action(item: Item) -> dict[str, Any]:
    source, source_id = item.record
    about = {"leadkeep_key": item.key, "target": item.target, "source": source, "source_id": source_id}
    action = item.body["action"]
    return about | {name: action[name] for name in ACTION_FIELDS}


@lru_cache(maxsize=16)
def _engine(address: str) -> Engine:
    """One engine a database; no connection is held between groups."""
    engine = create_engine(address, poolclass=NullPool)
    META.create_all(engine)
    return engine

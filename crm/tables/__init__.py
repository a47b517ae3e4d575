"""The tables of the operations database, one file for each thing they are about; :mod:`crm.operations` opens it.

All times are UTC microseconds, all money the smallest unit of the company's currency.
"""

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Integer, Table
from sqlalchemy.orm import DeclarativeBase

from crm import discover

NUMBER = BigInteger().with_variant(Integer, "sqlite")
"""A key that counts up: SQLite counts only in a plain INTEGER."""


class Base(DeclarativeBase):
    """What every table shares."""

    type_annotation_map: ClassVar = {int: BigInteger, list[Any]: JSON, list[str]: JSON, list[dict[str, Any]]: JSON,
                                     dict[str, Any]: JSON}  # fmt: skip


def table(model: type[Base]) -> Table:
    """The table itself: statements on it pass the ORM by, which takes longer than the database."""
    found = model.__table__
    assert isinstance(found, Table)
    return found


def everything() -> type[Base]:
    """The base with all tables known to it."""
    discover.modules("crm.tables")
    return Base

"""The mapping file: which heading of which export is which canonical column, and what may be a feature."""

import difflib
import fnmatch
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from crm.clock import known_zone
from crm.errors import MappingError
from crm.schema import CREATED, TABLES

CustomType = Literal["code", "text", "integer", "money", "time", "boolean"]
DateOrder = Literal["dmy", "mdy", "ymd"]
NEEDS_TIME = ("lead", "deal", "activity", "transaction", "ticket", "change")
"""Tables whose rows mean nothing without the time they came to be."""

NEEDED: Final = {"change": ("object", "record", "field"), "link": ("table", "record", "subject")}
"""Columns no row may leave blank, beside its id and its time."""


class Part(BaseModel):
    """A part of a mapping; a key it does not know is an error."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Filter(Part):
    """Which rows: the cell of ``column`` is present, equals one of, or starts with one of; or ``not``."""

    column: str
    present: bool | None = None
    equals: list[str] | None = None
    starts: list[str] | None = None
    negated: bool = Field(default=False, alias="not")

    @model_validator(mode="after")
    def _one_test(self) -> "Filter":
        if sum(test is not None for test in (self.present, self.equals, self.starts)) != 1:
            raise ValueError("a filter takes exactly one of present, equals and starts")
        return self


class Product(Part):
    """Two columns multiplied, for a line's amount: ``{ product = ["Quantity", "Price"] }``."""

    product: Annotated[list[str], Field(min_length=2, max_length=2)]


class When(Part):
    """A heading read only in rows that fit a filter.

    ``{ column = "Time", when = { column = "Step", equals = ["won"] } }``
    """

    column: str
    when: Filter


class Custom(Part):
    """A column of the company's own."""

    column: str
    type: CustomType = "code"


Cell = str | Annotated[list[str], Field(min_length=1)] | Product | When
"""A heading; several headings joined by ``/``; a product; or a heading read in some rows only."""


class Entry(Part):
    """One ``[[table]]``: files whose rows become rows of one canonical table."""

    table: str
    files: Annotated[list[str], Field(min_length=1)]
    sheet: str | None = None
    encoding: str | None = None
    separator: str | None = Field(default=None, min_length=1, max_length=1)
    decimal: Literal[".", ","] | None = None
    date_order: DateOrder | None = None
    only: list[Filter] = []
    first: bool = False
    constant: dict[str, str] = {}
    known_at: str | None = None
    assumed: bool = False
    fixed: list[str] = []
    logged: list[str] = []
    feature: list[str] = []
    not_personal: list[str] = []
    columns: dict[str, Cell] = {}
    custom: dict[str, Custom] = {}
    values: dict[str, dict[str, str]] = {}

    @field_validator("only", mode="before")
    @classmethod
    def _several(cls, only: object) -> object:
        return [only] if isinstance(only, dict) else only

    @model_validator(mode="after")
    def _fits_itself(self) -> "Entry":
        if self.table not in TABLES:
            raise ValueError(f"no table {self.table!r}{nearest(self.table, TABLES)}")
        canonical = {*TABLES[self.table], "source_id", "deleted"}
        for name in (*self.columns, *self.constant):
            if name not in canonical:
                raise ValueError(f"{self.table} has no column {name!r}{nearest(name, canonical)}")
        if clash := set(self.custom) & canonical:
            raise ValueError(f"custom column {sorted(clash)[0]!r} has the name of a canonical one; rename it")
        self._declared()
        self._needed()
        return self

    def _declared(self) -> None:
        mapped = {*self.columns, *self.constant, *self.custom}
        for key in ("fixed", "logged", "values") + (() if self.table == "change" else ("feature",)):
            for name in getattr(self, key):
                if name not in mapped:
                    raise ValueError(f"{key} names {name!r}, which is not mapped{nearest(name, mapped)}")
        for name in self.not_personal:
            if name not in self.feature:
                raise ValueError(
                    f"not_personal names {name!r}, which is no feature{nearest(name, self.feature)}"
                )
        if both := set(self.fixed) & set(self.logged):
            raise ValueError(f"{sorted(both)[0]!r} is both fixed and logged; it is one of them")

    def _needed(self) -> None:
        time = CREATED.get(self.table)
        if self.table in NEEDS_TIME and time not in self.columns:
            raise ValueError(f"{self.table} needs a column for {time!r}")
        if self.table in ("lead", "deal", "party", "ticket") and "source_id" not in self.columns:
            raise ValueError(f"{self.table} needs a column for 'source_id'")
        if self.first and "source_id" not in self.columns:
            raise ValueError("first = true needs a column for 'source_id'")
        for name in NEEDED.get(self.table, ()):
            if name not in self.columns and name not in self.constant:
                raise ValueError(f"{self.table} needs {name!r}, as a column or a constant")

    def matches(self, file: str) -> bool:
        """Whether one of the patterns fits the file's name, letter case aside."""
        return any(fnmatch.fnmatch(file.casefold(), pattern.casefold()) for pattern in self.files)


class Mapping(Part):
    """A whole mapping file."""

    source: Annotated[str, Field(pattern=r"^[a-z0-9_\-]{1,64}$")]
    zone: Annotated[str, AfterValidator(known_zone)] = "Asia/Ho_Chi_Minh"
    date_order: DateOrder = "dmy"
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "VND"
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "VN"
    reliable_since: str | None = None
    table: Annotated[list[Entry], Field(min_length=1)]

    @field_validator("reliable_since", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return value if value is None or isinstance(value, str) else str(value)

    def features(self, table: str) -> set[str]:
        """Columns of ``table`` that may become features, over all its entries."""
        return {name for entry in self.table if entry.table == table for name in entry.feature}

    def kind(self, table: str, column: str) -> str:
        """The type of a column of ``table``, canonical or the company's own; "" for one it does not have."""
        own = {
            name: one.type
            for entry in self.table
            if entry.table == table
            for name, one in entry.custom.items()
        }
        return (own | TABLES.get(table, {})).get(column, "")

    def words(self, table: str, column: str) -> dict[str, str]:
        """The value map of a column of ``table``, over all its entries."""
        found: dict[str, str] = {}
        for entry in self.table:
            if entry.table == table:
                found |= entry.values.get(column, {})
        return found


def read(path: str | Path) -> Mapping:
    """The mapping in ``path``; raises MappingError naming the file, the key and its value."""
    where = str(path)
    try:
        return Mapping.model_validate(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise MappingError("no such mapping file", value=where, todo="see docs/mapping.md") from error
    except UnicodeDecodeError as error:
        raise MappingError("the mapping file is not UTF-8", where=where, todo="save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise MappingError("the mapping file is not valid TOML", value=str(error), where=where) from error
    except ValidationError as error:
        raise _explained(min(error.errors(), key=_vagueness), where) from error


def _vagueness(found: Any) -> int:
    """Of the errors of a value that may take several forms, the one about the form meant says most."""
    return ("string_type", "list_type", "missing", "extra_forbidden").count(found["type"])


def _explained(first: Any, where: str) -> MappingError:
    place = ".".join(str(part) for part in first["loc"])
    value = first["input"]
    return MappingError(
        first["msg"].removeprefix("Value error, "),
        value=value if isinstance(value, str | int | float | bool) else None,
        where=f"{where}: {place}" if place else where,
        todo="see docs/mapping.md for what each key may be",
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """``"; the nearest is 'x'"``, or nothing where none is near.

    >>> nearest("chanel", ["channel", "status"])
    "; the nearest is 'channel'"
    """
    folded = {other.casefold(): other for other in known}
    close = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.5)
    return f"; the nearest is {folded[close[0]]!r}" if close else ""

"""What other systems deliver by webhook: one file a format.

Each has ``TITLE`` (what sends it), and ``read(body, sender)``, from the JSON of one delivery to what it says of
records; SourceError for what it cannot mean. The signature was checked before (:mod:`serving.api.deliveries`).
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from crm.cleaning import Context, clean
from crm.clock import parse, to_micros
from crm.errors import SettingsError, SourceError
from crm.schema import TABLES


class Sender(NamedTuple):
    """Who delivers: the source its records belong to, and how its values are read."""

    source: str
    context: Context


def cleaned(table: str, columns: dict[str, Any], sender: Sender) -> dict[str, Any]:
    """Canonical values of canonical columns, read as an import reads cells; blank is unknown.

    Raises SourceError naming the column and the value that cannot be read.
    """
    kinds = TABLES[table]
    found: dict[str, Any] = {}
    for name, value in columns.items():
        if name not in kinds:
            todo = f"send one of {', '.join(kinds)}; the company's own go under custom"
            raise SourceError(f"{table} has no column of this name", value=name, todo=todo)
        found[name] = value_of(kinds[name], value, sender, f"{table}.{name}")
    return found


def value_of(kind: str, value: object, sender: Sender, where: str) -> object:
    """One value of a canonical type."""
    if value is None or value == "":
        return None
    if isinstance(value, dict | list):
        raise SourceError(
            "not one value", value=str(value)[:100], where=where, todo="send a text or a number"
        )
    if kind == "time":
        return moment(value, sender.context.zone, where)
    read = clean(kind, [value], sender.context)
    if read.reasons[0] and kind not in ("phone", "email"):
        raise SourceError(
            read.reasons[0], value=str(value)[:100], where=where, todo="correct it and send it again"
        )
    return read.values[0]


def moment(value: object, zone: str, where: str) -> int:
    """UTC microseconds of an ISO 8601 text, or of seconds or milliseconds since 1970."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise SourceError(
            "not a time", value=str(value)[:100], where=where, todo="send ISO 8601 with an offset"
        )
    try:
        number = float(value)
    except ValueError:
        return _iso(str(value), zone, where)
    seconds = number / 1000 if number > 1e11 else number
    try:
        return to_micros(datetime.fromtimestamp(seconds, UTC))
    except (OverflowError, ValueError, OSError) as error:
        raise SourceError("not a time", value=str(value)[:100], where=where) from error


def _iso(value: str, zone: str, where: str) -> int:
    try:
        return parse(value.replace("Z", "+00:00"), zone)
    except SettingsError as error:
        todo = "send ISO 8601 with an offset, e.g. 2026-03-01T09:30:00+07:00"
        raise SourceError("not a time", value=value[:100], where=where, todo=todo) from error


def part(body: object, name: str, kind: type[Any], where: str) -> Any:
    """A field of a JSON object, which must be of ``kind``; raises SourceError."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, kind):
        what = f"{name} is missing" if found is None else f"{name} is not {SAID.get(kind, 'as it should be')}"
        raise SourceError(
            what, value=None if found is None else str(found)[:100], where=where, todo="see docs/live.md"
        )
    return found


SAID: dict[type[Any], str] = {str: "a text", list: "a list", dict: "an object"}

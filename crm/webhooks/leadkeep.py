"""Leadkeep's own format: any records, in canonical columns, from a CRM's automation or a script."""

from typing import Any

from crm.errors import SourceError
from crm.inbox import LIVE, Said
from crm.webhooks import Sender, cleaned, moment, part, value_of

TITLE = "Leadkeep"
MOST = 500


def read(body: dict[str, Any], sender: Sender) -> list[Said]:
    """``{"records": [{"table", "id", "said_at"?, "columns"?, "custom"?, "deleted"?}]}``."""
    records = part(body, "records", list, "the delivery")
    if not 0 < len(records) <= MOST:
        raise SourceError(f"a delivery holds 1 to {MOST} records", value=len(records), where="records")
    return [_one(record, sender, f"records[{place}]") for place, record in enumerate(records)]


def _one(record: object, sender: Sender, where: str) -> Said:
    table = part(record, "table", str, where)
    if table not in LIVE:
        raise SourceError(
            "no such table", value=table[:100], where=where, todo=f"send one of {', '.join(LIVE)}"
        )
    assert isinstance(record, dict)
    if unknown := set(record) - {"table", "id", "said_at", "columns", "custom", "deleted"}:
        raise SourceError("no such field", value=sorted(map(str, unknown))[0][:100], where=where)
    columns, custom = record.get("columns", {}), record.get("custom", {})
    if not isinstance(columns, dict) or not isinstance(custom, dict):
        raise SourceError("columns and custom are objects", where=where, todo="see docs/live.md")
    own = {str(name): _plain(value, f"{where}.custom.{name}") for name, value in custom.items()}
    said_at = record.get("said_at")
    deleted = record.get("deleted", False)
    if not isinstance(deleted, bool):
        raise SourceError("deleted is true or false", value=str(deleted)[:100], where=where)
    return Said(
        table, sender.source, str(value_of("text", part(record, "id", str, where), sender, where) or ""),
        cleaned(table, columns, sender), own,
        None if said_at is None else moment(said_at, sender.context.zone, f"{where}.said_at"), deleted,
    )  # fmt: skip


def _plain(value: object, where: str) -> object:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise SourceError("not one value", value=str(value)[:100], where=where, todo="send a text or a number")

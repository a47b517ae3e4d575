"""Logs as lines of JSON on standard error, without personal data.

Of an error its sentence and advice are kept, not the value it met; of an unforeseen one its kind and the lines of
code it passed, not its message.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from crm.errors import LeadkeepError

FIELDS: Final = ("job", "state", "seconds", "method", "route", "status", "ms", "role", "key")
"""What a record may carry beside its message."""


class Lines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and the FIELDS a record has."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            said |= _fault(record.exc_info[1])
        return json.dumps(said, ensure_ascii=False, default=str)


def begin(level: int = logging.INFO) -> None:
    """Sends all logs of this process to standard error as such lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("crm", "features", "models", "training", "serving", "leadkeep"):
        logging.getLogger(ours).setLevel(level)
    for server in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(server).handlers.clear()
        logging.getLogger(server).propagate = True


def _message(record: logging.LogRecord) -> str:
    given = record.args if isinstance(record.args, tuple) else ()
    if not given:
        return str(record.msg)
    return str(record.msg) % tuple(_plain(one) for one in given)


def _plain(one: Any) -> Any:
    if isinstance(one, LeadkeepError):
        return "; what to do: ".join(part for part in (one.what, one.todo) if part)
    return type(one).__name__ if isinstance(one, BaseException) else one


def _fault(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "fault": type(error).__name__,
        "at": [f"{Path(one.filename).name}:{one.lineno}" for one in frames],
    }

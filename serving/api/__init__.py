"""Endpoints: one file a subject of conversation, each with a ``router``; errors are :class:`Problem`."""

from typing import Any

from pydantic import BaseModel


class Problem(BaseModel):
    """What went wrong: the kind, what, the value, where, and what to do."""

    error: str
    what: str
    value: str | None
    where: str
    todo: str


Responses = dict[int | str, dict[str, Any]]

KEYLESS: Responses = {
    401: {
        "model": Problem,
        "description": "The key is missing, wrong, too old or taken back",
        "headers": {"WWW-Authenticate": {"required": True, "schema": {"const": "Bearer"}}},
    }
}
FORBIDDEN: Responses = KEYLESS | {403: {"model": Problem, "description": "The key lacks the right"}}
UNKNOWN: Responses = {404: {"model": Problem, "description": "No such target or subject, or no score of it"}}
NO_DATA: Responses = {
    409: {"model": Problem, "description": "Nothing was imported, or the history is damaged"}
}
INVALID: Responses = {422: {"model": Problem, "description": "A parameter is out of its range"}}
OUT_OF_ORDER: Responses = {
    503: {"model": Problem, "description": "No usable model, or the database is unreachable"}
}

"""Who may ask: the roles, and what is known of a caller."""

from typing import NamedTuple

ROLES = ("sales", "care", "team_lead", "marketing", "data", "director", "admin")


class Caller(NamedTuple):
    """Who is asking: a role, and the prefix of the key (``link`` for a one-time link, ``person`` for a password).

    ``person`` and ``team`` are the ids of who signed in, or the team a key is narrowed to; ``scopes`` narrow a key.
    ``may_export`` is given to a person, whatever their role.
    """

    role: str
    prefix: str
    person: int | None = None
    team: int | None = None
    name: str = ""
    scopes: frozenset[str] | None = None
    may_export: bool = False

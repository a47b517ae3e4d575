"""Teams of a branch: made, changed, listed, found by name."""

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import exc as db
from sqlalchemy import select

from crm.errors import NotFound, SettingsError
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Team
from serving.rights import audit
from serving.rights.audit import COMMAND_LINE
from serving.rights.callers import Caller

KINDS = ("sales", "care")
CHANGEABLE: Final = frozenset({"name", "branch", "sources"})
RECALL_HOURS = 48
"""How long nobody may touch a lead before it goes back to the pool, unless a team says otherwise."""


def make(
    home: Home,
    name: str,
    kind: str,
    *,
    branch: str = "",
    sources: Sequence[str] = (),
    recall_hours: int = RECALL_HOURS,
    by: Caller = COMMAND_LINE,
) -> Team:
    """A new team; new leads of the channels ``sources`` go to it (none: of any). Raises SettingsError."""
    made = row(name, kind, branch=branch, sources=sources, recall_hours=recall_hours)
    try:
        with writing(home) as session:
            session.add(made)
            session.flush()
            audit.note(session, by, "team.add", f"team:{made.id}", kind=kind)
    except db.IntegrityError as error:
        raise SettingsError("there is a team of this name", value=name, todo="choose another name") from error
    return made


def row(
    name: str, kind: str, *, branch: str = "", sources: Sequence[str] = (), recall_hours: int = RECALL_HOURS
) -> Team:
    """A team as stored; raises SettingsError."""
    if kind not in KINDS:
        raise SettingsError(
            "no such kind of team", value=kind, where="teams", todo=f"choose {' or '.join(KINDS)}"
        )
    if not 0 < len(name.strip()) <= 100 or recall_hours < 1:
        todo = "give it a name of up to 100 letters, and at least one hour"
        raise SettingsError("not a usable team", value=name[:100], where="teams", todo=todo)
    return Team(
        name=name.strip(), kind=kind, branch=branch.strip()[:100], qualify_at=None, recall_hours=recall_hours,
        sources=list(sources),
    )  # fmt: skip


def change(
    home: Home, team: int, fields: Mapping[str, str | Sequence[str]], by: Caller = COMMAND_LINE
) -> None:
    """Changes any of CHANGEABLE, each noted with what it was; raises NotFound, SettingsError."""
    assert fields.keys() <= CHANGEABLE
    try:
        with writing(home) as session:
            found = session.get(Team, team)
            if found is None:
                raise NotFound("no such team", value=team, todo="see leadkeep teams list")
            name, branch = (str(fields.get(one, getattr(found, one))) for one in ("name", "branch"))
            checked = row(name, found.kind, branch=branch, sources=fields.get("sources", found.sources))
            for field in sorted(CHANGEABLE):
                old, new = getattr(found, field), getattr(checked, field)
                if new != old:
                    setattr(found, field, new)
                    audit.note(session, by, "team.change", f"team:{team}", field=field, old=old, new=new)
    except db.IntegrityError as error:
        raise SettingsError(
            "there is a team of this name", value=fields.get("name"), todo="choose another name"
        ) from error


def listed(home: Home) -> list[Team]:
    """All teams, by name."""
    with reading(home) as session:
        return list(session.scalars(select(Team).order_by(Team.name)))


def named(home: Home, name: str) -> Team:
    """The team of this name; raises NotFound."""
    with reading(home) as session:
        found = session.scalar(select(Team).where(Team.name == name.strip()))
    if found is None:
        raise NotFound("no such team", value=name[:100], todo="see leadkeep teams list")
    return found

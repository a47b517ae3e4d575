"""The audit log: who did what to what, and what was refused; never changed, without personal data of customers."""

from typing import Any

from sqlalchemy.orm import Session

from crm.clock import now
from crm.tables.people import Deed
from serving.rights.callers import Caller

COMMAND_LINE = Caller("admin", "cli")
"""Who acts in the terminal of the server itself."""


def note(
    session: Session, caller: Caller, action: str, object: str, *, refused: bool = False, **detail: Any
) -> None:
    """Adds a deed to the caller's own transaction, so that it stands exactly when the deed does.

    ``action`` is a short code (``export``, ``phone.open``), ``object`` an id, ``detail`` figures and codes: never
    names, numbers or free text.
    """
    session.add(
        Deed(
            at=now(), person=caller.person, prefix=caller.prefix, role=caller.role, action=action,
            object=object[:300], refused=refused, detail=detail,
        )
    )  # fmt: skip

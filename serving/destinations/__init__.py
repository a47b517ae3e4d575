"""Where scores and taps are written back to: one file a kind of destination.

Each has ``TITLE`` (for people), ``GROUP`` (how many records go in one request), ``check(place)``, which raises
SettingsError for settings it cannot work with, and ``write(home, place, batch, items)``, which returns once all
of ``items`` are kept there. The same items again, under the same ``batch``, must change nothing. It raises
:class:`Refused` or :class:`Unreached`, and nothing else. Fields are Leadkeep's own; none is a CRM's stage or
probability.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

FIELDS: Final = ("leadkeep_percent", "leadkeep_band", "leadkeep_expected", "leadkeep_says", "leadkeep_as_of",
                 "leadkeep_model")  # fmt: skip
"""What is written of a score: all there is, everywhere."""

ACTION: Final = ("code", "said", "at", "kind", "outcome", "why", "note", "task", "due_at", "staff")
"""What is written of a tap as columns: the contact, with its note, and the next task."""


class Item(NamedTuple):
    """One thing to write. ``body`` holds ``fields`` (score, undo) or ``action`` (tap), ``undoes`` a key."""

    key: str
    kind: str
    target: str
    subject: str
    body: Mapping[str, Any]

    @property
    def record(self) -> tuple[str, str]:
        """The source's name and the record's id there."""
        _, source, source_id = self.subject.split(":", 2)
        return source, source_id

    @property
    def fields(self) -> Mapping[str, Any]:
        """Values of :data:`FIELDS`; all None for a score that is taken back with none before it."""
        return {name: self.body["fields"].get(name) for name in FIELDS}


class Refused(Exception):
    """The destination will never take these items as they are, and kept none of them."""


class Unreached(Exception):
    """It may be that nothing was kept, or everything: the same items must be sent again.

    ``after`` is how long the destination asks to be left alone, in seconds.
    """

    def __init__(self, said: str, after: float = 0.0) -> None:
        super().__init__(said)
        self.after = after

"""The event table in memory, and how it is read from its files."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.clock import FOREVER, UNKNOWN

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]


class Signature(NamedTuple):
    """The words of an event. Events with the same words share a signature number."""

    kind: str
    field: str = ""
    code: str = ""
    channel: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Events:
    """Events of some subjects, ordered by subject, then ``(occurred_at, event_id)``.

    ``offsets`` has one entry more than there are subjects: subject ``i`` owns rows
    ``offsets[i]:offsets[i+1]``. Times are UTC microseconds; ``known_until`` is FOREVER while knowledge stands.
    ``value`` and ``duration`` (seconds) are UNKNOWN where not recorded. ``signature`` indexes
    ``signatures``; ``actor`` indexes the store's staff, -1 where nobody is named; ``day`` is the local day
    number in the company's zone.
    """

    subjects: list[str]
    offsets: Int64
    occurred_at: Int64
    known_at: Int64
    known_until: Int64
    signature: Int32
    value: Int64
    duration: Int64
    actor: Int32
    day: Int32
    signatures: tuple[Signature, ...]

    def __len__(self) -> int:
        return int(self.offsets[-1])

    def visible(self, row: int, cutoff: int) -> bool:
        """Whether one event is visible at ``cutoff``: happened and known before it, and still standing."""
        return bool(
            self.occurred_at[row] < cutoff
            and self.known_at[row] < cutoff <= self.known_until[row]
        )


__all__ = ["FOREVER", "UNKNOWN", "Events", "Signature"]

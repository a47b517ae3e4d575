"""Finds one subject's events: in memory where a kind's events fit there, else in files; and what came live."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

import numpy as np

from crm.errors import NotFound
from crm.events import COLUMNS, Events, EventStore, joined
from crm.fresh import Overlay

MEMORY = 256 * 1024**2
"""Bytes of event files of one kind that each process may hold in memory."""


class Lookup:
    """The events of one load and of the inbox above it, for a process asked about one subject at a time."""

    def __init__(
        self, store: EventStore, kinds: Iterable[str], overlay: Overlay | None = None, memory: int = MEMORY
    ) -> None:
        self.store, self._overlay = store, overlay
        self._places: dict[str, tuple[Events, int]] = {}
        for kind in kinds:
            if _size(store, kind) <= memory:
                self._hold(store.read(kind))

    @property
    def load(self) -> int:
        """The load the events belong to."""
        return self.store.load

    @property
    def number(self) -> int:
        """The newest row of the inbox that was read."""
        return self._overlay.number if self._overlay is not None else 0

    def some(self, kind: str, most: int) -> list[str]:
        """Up to ``most`` subjects of a kind, from all over."""
        found = self.store.parties(kind)["subject"]
        return [str(one) for one in found[:: max(len(found) // most, 1)][:most]]

    def one(self, subject: str) -> Events:
        """The events of one subject, microseconds where they are in memory; raises NotFound."""
        self.catch_up()
        return self.seen(subject)

    def catch_up(self) -> None:
        """Reads what came live since the last look."""
        if self._overlay is not None:
            self._overlay.catch_up()

    def seen(self, subject: str) -> Events:
        """The same with what came up to the last look at the inbox."""
        if self._overlay is not None and self._overlay.concerns(subject):
            return self._overlay.one(subject)
        place = self._places.get(subject)
        if place is None:
            return self.store.one(subject)
        events, number = place
        start, end = events.offsets[number : number + 2].tolist()
        columns = {name: getattr(events, name)[start:end] for name in COLUMNS}
        offsets = np.array([0, end - start], dtype=np.int64)
        return replace(events, subjects=[subject], offsets=offsets, **columns)

    def several(self, subjects: Iterable[str]) -> Events | None:
        """The same of several at once, without those nobody knows; None where that leaves nobody."""
        found = []
        for subject in subjects:
            with suppress(NotFound):
                found.append(self.seen(subject))
        return joined(found) if found else None

    def since(self, number: int) -> tuple[dict[str, int], int]:
        """The subjects that rows of the inbox above ``number`` concern, and the number read up to so far."""
        return self._overlay.since(number) if self._overlay is not None else ({}, number)

    def _hold(self, events: Events) -> None:
        self._places |= {subject: (events, number) for number, subject in enumerate(events.subjects)}


def _size(store: EventStore, kind: str) -> int:
    """Bytes of the kind's event files, which hold more than memory would."""
    return sum(size for name, size in store.about.files.items() if name.startswith(f"{kind}-"))

"""Counts, for many subjects and moments at once, the spans of time that cover a moment."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crm.clock import FOREVER
from crm.events import Events, Signature
from crm.held import Held

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Times:
    """Moments of each subject in ascending order; subject ``i`` owns ``offsets[i]:offsets[i+1]``."""

    offsets: Int64
    moments: Int64

    @classmethod
    def of(cls, n_subjects: int, subject: NDArray[np.integer], moments: Int64) -> "Times":
        """Groups ``moments[k]`` under ``subject[k]``, in any order."""
        order = np.lexsort((moments, subject))
        counts = np.bincount(subject, minlength=n_subjects)
        offsets = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
        return cls(offsets, moments[order])

    def before(self, subject: NDArray[np.integer], moment: Int64) -> Int64:
        """How many of a subject's moments are strictly before ``moment``; both arrays of one length."""
        start = self.offsets[subject]
        low, high = start.copy(), self.offsets[np.asarray(subject) + 1]
        last = max(len(self.moments) - 1, 0)
        while np.any(open_ := low < high):
            middle = (low + high) >> 1
            smaller = open_ & (self.moments[np.minimum(middle, last)] < moment)
            low = np.where(smaller, middle + 1, low)
            high = np.where(open_ & ~smaller, middle, high)
        return np.asarray(low - start, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Spans:
    """Spans ``(start, end]`` of each subject: a moment ``t`` is covered where ``start < t <= end``."""

    starts: Times
    ends: Times

    @classmethod
    def of(cls, n_subjects: int, subject: NDArray[np.integer], start: Int64, end: Int64) -> "Spans":
        """Groups spans by subject, in any order; empty ones are left out."""
        keep = start < end
        subject, start, end = subject[keep], start[keep], end[keep]
        return cls(Times.of(n_subjects, subject, start), Times.of(n_subjects, subject, end))

    def covering(self, subject: NDArray[np.integer], moment: Int64) -> Int64:
        """How many spans of each ``subject[k]`` cover ``moment[k]``."""
        return self.starts.before(subject, moment) - self.ends.before(subject, moment)


@lru_cache(maxsize=256)
def _wanted(signatures: Held[tuple[Signature, ...]], kinds: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which signatures are of ``kinds``; of a vocabulary without any, one that nothing has."""
    return np.array([not kinds or s.kind in kinds for s in signatures.value] or [False], dtype=bool)


@dataclass(frozen=True, slots=True)
class Happenings:
    """Some events of one meaning, in the order of Events: whose they are, when, and the rows they come from."""

    n_subjects: int
    subject: Int32
    occurred_at: Int64
    known_at: Int64
    known_until: Int64
    value: Int64
    rows: Int64

    @classmethod
    def of(cls, events: Events, *kinds: str) -> "Happenings":
        """The events of ``kinds``, or all of them where no kind is named."""
        rows = np.flatnonzero(_wanted(Held(events.signatures), kinds)[events.signature])
        subject = np.searchsorted(events.offsets, rows, side="right") - 1
        return cls(
            len(events.subjects),
            subject.astype(np.int32),
            events.occurred_at[rows],
            events.known_at[rows],
            events.known_until[rows],
            events.value[rows],
            rows,
        )

    def where(self, keep: NDArray[np.bool_]) -> "Happenings":
        """Those of them that ``keep`` says."""
        return Happenings(
            self.n_subjects,
            self.subject[keep],
            self.occurred_at[keep],
            self.known_at[keep],
            self.known_until[keep],
            self.value[keep],
            self.rows[keep],
        )

    def as_known(self, as_of: int) -> "Happenings":
        """Those visible at ``as_of``."""
        return self.where((self.occurred_at < as_of) & (self.known_at < as_of) & (as_of <= self.known_until))

    def visible(self, subject: NDArray[np.integer], cutoff: Int64, within: int = FOREVER) -> Int64:
        """How many are visible to each ``subject[k]`` at ``cutoff[k]``, happened at most ``within`` before."""
        start = np.maximum(self.occurred_at, self.known_at)
        end = self.known_until
        if within < FOREVER:
            end = np.minimum(end, self.occurred_at + within)
        return self._covering(start, end, subject, cutoff)

    def unknown(self, subject: NDArray[np.integer], cutoff: Int64) -> Int64:
        """How many of each subject had happened at the cutoff and were not known yet."""
        return self._covering(self.occurred_at, self.known_at, subject, cutoff)

    def _covering(self, start: Int64, end: Int64, subject: NDArray[np.integer], cutoff: Int64) -> Int64:
        if len(cutoff) == 1:  # one subject online: looking at its few events beats sorting them
            covers = (start < cutoff[0]) & (cutoff[0] <= end) & (self.subject == subject[0])
            return np.array([np.count_nonzero(covers)], dtype=np.int64)
        return Spans.of(self.n_subjects, self.subject, start, end).covering(subject, cutoff)

    def times(self) -> Times:
        """When each happened."""
        return Times.of(self.n_subjects, self.subject, self.occurred_at)

    def first(self, otherwise: int = FOREVER) -> Int64:
        """The earliest moment each subject had one visible, int64[n_subjects]."""
        earliest = np.full(self.n_subjects, otherwise, dtype=np.int64)
        if len(self.subject):
            begins = np.flatnonzero(np.diff(self.subject, prepend=-1))
            moment = np.maximum(self.occurred_at, self.known_at)
            earliest[self.subject[begins]] = np.minimum.reduceat(moment, begins)
        return earliest

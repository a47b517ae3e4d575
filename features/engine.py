"""Feature values of snapshots: one function for a batch of many cutoffs and for one subject online."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from crm.clock import HOUR, to_datetime
from crm.errors import FeatureError
from crm.events import Events, Signature
from crm.held import Held
from features.kernel import fill
from features.plan import Looks, Plan, compile_plan
from features.spec import FeatureSpec

THREADS = 2
ROWS_A_TASK = 16_384


def compute(
    spec: FeatureSpec,
    events: Events,
    subject_index: NDArray[np.int32],
    cutoff: NDArray[np.int64],
    out: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Features of ``n`` snapshots: float32 ``[n, len(spec.features)]``, row-major, NaN for unknown.

    ``subject_index[i]`` is a position in ``events.subjects``, ``cutoff[i]`` UTC microseconds. Nothing that
    is not visible at a snapshot's cutoff has any part in its row. ``out`` is filled where given, so that
    blocks of a large matrix need no copy. Raises FeatureError for a snapshot of a subject that the events
    do not hold.
    """
    subject_index = np.ascontiguousarray(subject_index, dtype=np.int32)
    cutoff = np.ascontiguousarray(cutoff, dtype=np.int64)
    n = len(cutoff)
    if n and (subject_index.min() < 0 or subject_index.max() >= len(events.offsets) - 1):
        raise FeatureError("a snapshot names a subject outside the events", value=int(subject_index.max()))
    plan = plan_of(spec, events)
    if out is None:
        out = np.empty((n, plan.columns), dtype=np.float32)
    rows = (subject_index, cutoff, cutoff + _offsets(cutoff, spec.zone))

    def run(first: int) -> None:
        fill(*_arrays(events), *rows, first, min(first + ROWS_A_TASK, n), *plan.arrays, out)

    if n <= ROWS_A_TASK:
        run(0)
    else:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(run, range(0, n, ROWS_A_TASK)))
    return out


def plan_of(spec: FeatureSpec, events: Events) -> Plan:
    """The compiled plan of a spec over a vocabulary, kept for the next call."""
    actors = int(events.actor.max()) + 1 if len(events.actor) else 0
    return _plan(Held(spec), Held(events.signatures), 1 << max(actors, 1).bit_length())


@lru_cache(maxsize=32)
def _plan(spec: Held[FeatureSpec], signatures: Held[tuple[Signature, ...]], actors: int) -> Plan:
    pairs = [(f.expression, f.categories) for f in spec.value.features]
    return compile_plan(pairs, signatures.value, actors, spec.value.zone, _looks(spec))


@lru_cache(maxsize=32)
def _looks(spec: Held[FeatureSpec]) -> Looks:
    """Kept for the next plan: live, a vocabulary grows by one signature, while somebody waits for a score."""
    return {}


def _arrays(e: Events) -> tuple[NDArray[np.generic], ...]:
    return (
        e.offsets, e.occurred_at, e.known_at, e.known_until, e.signature, e.value, e.duration, e.actor, e.day,
    )  # fmt: skip


def _offsets(cutoff: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The zone's offset from UTC at each cutoff, in microseconds."""
    if len(cutoff) == 1:
        return np.array([_offset(int(cutoff[0]) // HOUR, zone)], dtype=np.int64)
    hours, where = np.unique(cutoff // HOUR, return_inverse=True)
    return np.array([_offset(int(hour), zone) for hour in hours], dtype=np.int64)[where]


@lru_cache(maxsize=65_536)
def _offset(hour: int, zone: str) -> int:
    offset = to_datetime(hour * HOUR, zone).utcoffset()
    return 0 if offset is None else offset // timedelta(microseconds=1)

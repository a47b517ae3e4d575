"""Snapshots to train on and populations to score: who, seen when, with which outcome."""

from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, FOREVER, MINUTE, iso
from crm.errors import PopulationError
from crm.events import Events
from crm.settings import Settings
from models.spans import Happenings
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Candidates, Target

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

DERIVED = frozenset(
    {
        "change",
        "callback_overdue",
        "invoice_overdue",
        "subscription_active",
        "subscription_ended",
        "ticket_open",
    }
)
"""Kinds that nobody entered at the moment they carry, so they do not tell how far a history reaches."""


@dataclass(frozen=True, slots=True)
class Snapshots:
    """Training rows: one subject at one cutoff each, ordered by cutoff, then subject.

    ``subject_index`` points into ``events.subjects``; ``weight`` adds up to the number of leads;
    ``party`` numbers the people behind the subjects (one person may be several leads); ``created_at`` is when
    the subject came to be. ``events`` is the history as serving would have seen it: compute features from it.
    ``dropped`` counts the candidates left out, by reason; ``label_delay`` includes the target's grace. Times in
    UTC microseconds, spans too.
    """

    target: str
    as_of: int
    horizon: int
    label_delay: int
    arrival_delay: int
    events: Events
    subject_index: Int32
    cutoff: Int64
    label: Int8
    weight: NDArray[np.float64]
    party: Int32
    created_at: Int64
    dropped: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.subject_index)

    def take(self, rows: NDArray[np.integer] | Bool) -> "Snapshots":
        """The chosen rows, in the order given; weights stay as they are."""
        return replace(
            self,
            subject_index=self.subject_index[rows],
            cutoff=self.cutoff[rows],
            label=self.label[rows],
            weight=self.weight[rows],
            party=self.party[rows],
            created_at=self.created_at[rows],
        )


class Population(NamedTuple):
    """Who is eligible at one cutoff, and how many are not, by reason ("eligible" counts those who are)."""

    subject_index: Int32
    counts: dict[str, int]


def make(
    target: Target,
    events: Events,
    as_of: int,
    settings: Settings,
    *,
    parties: list[str] | None = None,
    reliable_since: int | None = None,
    arrival_delay: int = 0,
    seed: int = 0,
    later: bool = False,
) -> Snapshots:
    """Every matured snapshot of ``target``, using nothing known at or after ``as_of``.

    ``parties`` names the person behind each of ``events.subjects``; subjects created before
    ``reliable_since`` do not train; ``arrival_delay`` (microseconds) is how long after the source knew
    something it usually reaches us. ``later`` asks for subjects beyond the last age, which the rule scores.
    Raises PopulationError with the counts where nothing is left.
    """
    end = min(as_of, history_end(events, as_of))
    horizon = target.horizon(events, end, settings) * DAY
    delay = label_delay(events, target.outcomes, end) + target.grace(events, end)
    seen, created = arrive_later(events, arrival_delay), created_at(events, end)
    rng = np.random.default_rng(seed)
    candidates = _candidates(target, seen, end - horizon - delay, horizon, rng, later=later)
    keep, dropped = _eligible(target, seen, candidates, horizon, later)
    if reliable_since is not None:
        early = keep & (created[candidates.subject] < reliable_since)
        dropped["created before the source's reliable start"] = int(early.sum())
        keep &= ~early
    chosen, label = _labelled(target, seen, candidates.take(keep), horizon, end + arrival_delay)
    dropped["outcome happened but was not known yet"] = int(keep.sum()) - len(label)
    if not len(label):
        raise _nothing_matured(target, dropped, end, horizon, delay)
    return Snapshots(
        target.name, as_of, horizon, delay, arrival_delay, seen, chosen.subject, chosen.cutoff, label,
        _weights(target, chosen.subject), _party_codes(events, parties)[chosen.subject],
        created[chosen.subject], dropped,
    )  # fmt: skip


def population(
    target: Target, events: Events, as_of: int, settings: Settings, horizon: int = 0
) -> Population:
    """Everyone eligible at the cutoff ``as_of``; ``horizon`` (microseconds) is the model's own, if any.

    Subjects beyond the last age are in ``counts``; :func:`beyond` lists them. Raises PopulationError saying
    why when nobody is eligible.
    """
    standing = _standing(target, events, as_of, settings, horizon)
    counts = {reason: int(np.sum(standing == place)) for place, reason in enumerate(target.reasons)}
    eligible = np.flatnonzero(standing == ELIGIBLE).astype(np.int32)
    if not len(eligible):
        end = history_end(events, as_of)
        raise PopulationError(
            f"nobody to score for {target.name}",
            value=_said(counts) or "no subjects at all",
            where=f"as of {iso(as_of)}, with a history up to {iso(end)}",
            todo="choose an --as-of within the history, or import newer exports",
        )
    return Population(eligible, counts)


def beyond(target: Target, events: Events, as_of: int, settings: Settings, horizon: int = 0) -> Int32:
    """Subjects at the cutoff ``as_of`` that only the rule scores, such as leads past the last age."""
    if not target.beyond:
        return np.zeros(0, dtype=np.int32)
    standing = _standing(target, events, as_of, settings, horizon)
    return np.flatnonzero(standing == target.reasons.index(target.beyond)).astype(np.int32)


def arrive_later(events: Events, delay: int) -> Events:
    """The same history with everything known ``delay`` microseconds later, as it usually reaches us.

    Records made by hand in an export are known to their CRM at once and to us with the next import; training
    on the CRM's own clock would show it fresher data than serving ever has.
    """
    if delay == 0:
        return events
    until = np.where(events.known_until == FOREVER, FOREVER, events.known_until + delay)
    return replace(events, known_at=events.known_at + delay, known_until=until)


def arrival_delay(loaded_at: list[int], newest_known_at: list[int]) -> int:
    """The usual age of the newest record when a load brings it: the median over loads, microseconds.

    The first load brings the past and tells nothing, so with fewer than two the delay is 0.
    """
    ages = [loaded - newest for loaded, newest in zip(loaded_at[1:], newest_known_at[1:], strict=True)]
    return max(int(np.median(ages)), 0) if ages else 0


def history_end(events: Events, as_of: int) -> int:
    """When the history stops, at most ``as_of``: the newest thing people entered, but for one row in 10,000.

    An old export loaded today says nothing about yesterday: silence since then is not an outcome.
    """
    entered = np.array([s.kind not in DERIVED for s in events.signatures], dtype=bool)
    usable = (events.occurred_at < as_of) & (events.known_at < as_of)
    if len(entered):
        usable &= entered[events.signature]
    moments = events.occurred_at[usable]
    if not len(moments):
        return as_of
    place = len(moments) - 1 - len(moments) // 10_000
    return min(int(np.partition(moments, place)[place]) + MINUTE, as_of)


def label_delay(events: Events, kinds: tuple[str, ...], as_of: int) -> int:
    """How late outcomes usually become known, microseconds.

    The 95th percentile of ``known_at - occurred_at``, of the kind that is latest.
    """
    delays = [0]
    for kind in kinds:
        outcomes = Happenings.of(events, kind).as_known(as_of)
        if len(outcomes.rows):
            late = np.maximum(outcomes.known_at - outcomes.occurred_at, 0)
            delays.append(int(np.quantile(late, 0.95)))
    return max(delays)


def created_at(events: Events, as_of: int) -> Int64:
    """When each subject came to be, int64[n_subjects]; its first event where no creation is recorded."""
    found = np.full((2, len(events.subjects)), FOREVER, dtype=np.int64)
    for earliest, kinds in zip(found, (("created",), ()), strict=True):
        known = Happenings.of(events, *kinds).as_known(as_of)
        np.minimum.at(earliest, known.subject, known.occurred_at)
    return np.asarray(np.where(found[0] < FOREVER, found[0], found[1]), dtype=np.int64)


def _candidates(
    target: Target, events: Events, until: int, horizon: int, rng: np.random.Generator, *, later: bool
) -> Candidates:
    if not later:
        return target.cutoffs(events, until, horizon, rng)
    if target.later_cutoffs is None:
        return Candidates(np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int64))
    return target.later_cutoffs(events, until, rng)


def _eligible(
    target: Target, events: Events, candidates: Candidates, horizon: int, later: bool
) -> tuple[Bool, dict[str, int]]:
    standing = target.standing(events, candidates.subject, candidates.cutoff, horizon)
    wanted = target.reasons.index(target.beyond) if later and target.beyond else ELIGIBLE
    counts = {reason: int(np.sum(standing == place)) for place, reason in enumerate(target.reasons)}
    del counts[target.reasons[wanted]]
    return standing == wanted, counts


def _labelled(
    target: Target, seen: Events, candidates: Candidates, horizon: int, as_of: int
) -> tuple[Candidates, Int8]:
    """The candidates whose outcome was open at their cutoff, in order of cutoff, and their labels."""
    label = target.labels(seen, candidates.subject, candidates.cutoff, horizon, as_of)
    order = np.lexsort((candidates.subject, candidates.cutoff))
    order = order[label[order] != UNKNOWN_OUTCOME]
    return candidates.take(order), label[order]


def _nothing_matured(
    target: Target, dropped: dict[str, int], end: int, horizon: int, delay: int
) -> PopulationError:
    return PopulationError(
        f"no matured snapshot to train {target.name} on",
        value=_said(dropped),
        where=f"history up to {iso(end)}; horizon {horizon // DAY} days, label delay {delay // DAY}",
        todo="import a longer history, or shorten the horizon in settings.toml",
    )


def _standing(target: Target, events: Events, as_of: int, settings: Settings, horizon: int) -> Int8:
    horizon = horizon or target.horizon(events, min(as_of, history_end(events, as_of)), settings) * DAY
    everyone = np.arange(len(events.subjects), dtype=np.int32)
    return target.standing(events, everyone, np.full(len(everyone), as_of, dtype=np.int64), horizon)


def _weights(target: Target, subject: Int32) -> NDArray[np.float64]:
    """Leads weigh one each on average, all their snapshots alike.

    Sharing one among the snapshots a lead happens to have would weigh quick winners, which leave after two or
    three, several times as much as the rest in their first minutes, and every early score would be too high.
    """
    share = len(np.unique(subject)) / len(subject) if target.subject == "lead" else 1.0
    return np.full(len(subject), share)


def _party_codes(events: Events, parties: list[str] | None) -> Int32:
    names = events.subjects if parties is None else parties
    return np.asarray(np.unique(np.array(names, dtype=str), return_inverse=True)[1], dtype=np.int32)


def _said(counts: dict[str, int]) -> str:
    return ", ".join(f"{reason}: {count:,}" for reason, count in counts.items() if count)

"""Whether scores mean what they said: those of the past beside what came true, and who is scored beside who was."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select

from crm.clock import DAY, now
from crm.events import Events, EventStore
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.scores import Monitoring, ScorePast, ScoreRun
from models import registry
from models.snapshots import history_end, label_delay
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Target, find
from training.compare import difference
from training.drift import Drift, drift
from training.evaluate import evaluate
from training.rows import enough, months

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

RECENT: Final = 92 * DAY
"""How long before the last matured moment a score still tells how scores are now."""

MOST: Final = 30_000
"""Past scores looked at, drawn evenly from all."""

SURE: Final = 0.01
"""A calibration error that comes by chance less often than this is none of chance."""

MATERIAL: Final = 0.1
"""The share of the outcome's rate below which a calibration error is too small to matter, however sure."""

MOVED: Final = 0.25
"""A stability index of the probabilities above which those scored now are others than those learned about."""

NOT_BETTER, NOT_CALIBRATED, OTHERS = "not_better", "not_calibrated", "others"


class Past(NamedTuple):
    """Scores of the past with what came of them: float64, float64, int64, str, int64 and int8, all [n].

    ``ruled`` is the simple rule's probability, NaN where it was not kept.
    """

    probability: NDArray[Any]
    ruled: NDArray[Any]
    cutoff: NDArray[Any]
    version: NDArray[Any]
    party: NDArray[Any]
    y: NDArray[Any]

    def take(self, rows: Bool) -> "Past":
        """The chosen ones."""
        return Past(*(part[rows] for part in self))

    @classmethod
    def none(cls) -> "Past":
        """No score at all."""
        return cls(*(np.zeros(0, dtype=kind) for kind in (float, float, np.int64, str, np.int64, np.int8)))


@dataclass(frozen=True, slots=True)
class MonitorReport:
    """What was found: ``figures`` of ``all`` scores and by version, each None where too little is known yet."""

    target: str
    version: str
    rows: int
    figures: dict[str, Any]
    drift: Drift
    warnings: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return asdict(self)


def monitor(home: Home, target_name: str, as_of: int | None = None) -> MonitorReport:
    """Compares the scores of the last matured RECENT with what came true, keeps what it found, and warns.

    Raises NotFound for an unknown target, ModelError where there is no model, HistoryError where nothing was imported,
    PopulationError where nobody is scored.
    """
    began, moment = time.perf_counter(), now() if as_of is None else as_of
    target, bundle = find(target_name), registry.champion(home, target_name)
    store = EventStore.open(home)
    events = store.read(target.subject)
    past = matured(home, target, store, events, moment)
    figures = {"all": judged(past, home.settings.zone)}
    for version in np.unique(past.version):
        figures[str(version)] = judged(past.take(past.version == version), home.settings.zone)
    moved = drift(target, bundle, events, moment, home.settings)
    told = figures.get(bundle.version) or figures["all"]
    said = warnings(told, moved, by_rule=bundle.kind == "rule")
    words = {feature.name: feature.wording for feature in bundle.spec.features}
    kept = asdict(moved) | {
        "features": [[words[name].label("vi"), words[name].label("en"), by] for name, by in moved.features]
    }
    with writing(home) as session:
        session.add(
            Monitoring(target=target.name, version=bundle.version, at=moment, rows=len(past.y), warnings=said,
                       figures=figures | {"drift": kept})
        )  # fmt: skip
    seconds = round(time.perf_counter() - began, 1)
    return MonitorReport(target.name, bundle.version, len(past.y), figures, moved, said, seconds)


def matured(home: Home, target: Target, store: EventStore, events: Events, as_of: int, seed: int = 0) -> Past:
    """Scores whose outcome is known by now, of those the target's population held; newest RECENT, at most MOST."""
    end = min(as_of, history_end(events, as_of))
    delay = label_delay(events, target.outcomes, end) + target.grace(events, end)
    place = {name: number for number, name in enumerate(events.subjects)}
    party = np.unique(store.subjects(target.subject)["party"].to_numpy(str), return_inverse=True)[1]
    found = [Past.none()]
    for version, horizon in _horizons(home, target.name).items():
        subjects, columns = _scores(home, target.name, version, end - horizon - delay, seed)
        index = np.array([place.get(name, -1) for name in subjects], dtype=np.int32)
        known, cutoff = index >= 0, columns[2].astype(np.int64)
        standing = target.standing(events, index[known], cutoff[known], horizon)
        known[known] = standing == ELIGIBLE
        label = target.labels(events, index[known], cutoff[known], horizon, as_of)
        seen = label != UNKNOWN_OUTCOME
        probability, ruled, moments, whose = (part[known][seen] for part in (*columns[:2], cutoff, index))
        versions = np.full(len(moments), version)
        found.append(Past(probability, ruled, moments, versions, party[whose], label[seen]))
    return Past(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def judged(past: Past, zone: str) -> dict[str, Any] | None:
    """Figures as training takes them; None where either outcome came too rarely to tell.

    ``lift`` is how many times as often as on average the outcome came among the highest tenth; ``against_rule`` the
    log loss less the simple rule's, with ``sure`` the share of draws in which it was lower.
    """
    if not enough(past.y):
        return None
    month, weight = months(past.cutoff, zone), np.ones(len(past.y))
    quality = evaluate(past.y, past.probability, weight, past.party, month)
    figures = quality.flat() | {
        "mean": float(past.probability.mean()), "lift": _lift(past), "reliability": quality.reliability,
        "from": int(past.cutoff.min()), "until": int(past.cutoff.max()),
    }  # fmt: skip
    both = ~np.isnan(past.ruled)
    if enough(past.y[both]):
        whose = past.party[both], month[both]
        found = difference(past.y[both], past.probability[both], past.ruled[both], weight[both], *whose)
        figures["against_rule"] = asdict(found)
    return figures


def warnings(figures: dict[str, Any] | None, moved: Drift, *, by_rule: bool) -> list[str]:
    """Codes of what somebody should look at; ``by_rule`` where the rule is what scores."""
    said = []
    if figures is not None:
        if not by_rule and figures.get("against_rule", {}).get("value", -1.0) >= 0:
            said.append(NOT_BETTER)
        by_chance, error = figures["calibration_p"], figures["calibration_error"]
        if by_chance < SURE and error >= MATERIAL * figures["base_rate"]:
            said.append(NOT_CALIBRATED)
    if moved.probability > MOVED:
        said.append(OTHERS)
    return said


def _lift(past: Past) -> float:
    top = np.argsort(-past.probability, kind="stable")[: max(1, len(past.y) // 10)]
    return float(past.y[top].mean() / past.y.mean())


def _horizons(home: Home, target: str) -> dict[str, int]:
    """How far each model that scored looked ahead, microseconds."""
    asked = select(ScoreRun.version, func.max(ScoreRun.horizon_days)).where(ScoreRun.target == target)
    with reading(home) as session:
        return {version: days * DAY for version, days in session.execute(asked.group_by(ScoreRun.version))}


def _scores(home: Home, target: str, version: str, until: int, seed: int) -> tuple[list[str], Float]:
    """Subjects, and probability, the rule's and cutoff of each, float64[3, n]; of many an even draw."""
    mine = (ScorePast.target == target) & (ScorePast.version == version)
    mine &= (ScorePast.cutoff > until - RECENT) & (ScorePast.cutoff <= until)
    columns = (ScorePast.probability, ScorePast.rule_probability, ScorePast.cutoff)
    rng, subjects, rows = np.random.default_rng(seed), list[str](), list[tuple[Any, ...]]()
    with reading(home) as session:
        count = session.scalar(select(func.count()).select_from(ScorePast).where(mine)) or 0
        share = MOST / max(count, 1)
        asked = select(ScorePast.subject, *columns).where(mine).order_by(ScorePast.subject, ScorePast.day)
        for some in session.execute(asked.execution_options(yield_per=10_000)).partitions():
            for row, kept in zip(some, rng.random(len(some)) < share, strict=True):
                if kept:
                    subjects.append(row[0])
                    rows.append((row[1], np.nan if row[2] is None else row[2], row[3]))
    return subjects, np.array(rows, dtype=np.float64).reshape(len(rows), 3).T

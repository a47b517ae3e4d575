"""What a training run has to say: to people in a few lines, to programs as a dictionary."""

from dataclasses import asdict, dataclass, field
from typing import Any

from training.examine import Examined
from training.gate import Verdict
from training.leaks import Leak

SHOWN = 5
"""Features named in one line of a summary."""


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """How a model came about. ``kind`` is what scores now; ``out_of_fold`` is log loss by method."""

    target: str
    version: str
    kind: str
    method: str
    as_of: str
    run_id: str
    folder: str
    rows: int
    subjects: int
    positives: int
    dropped: dict[str, int]
    leaks: list[Leak]
    clocks: list[str]
    out_of_fold: dict[str, float]
    level: str
    examined: Examined
    note: str = ""
    seconds: float = 0.0
    summary: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Plain data for ``--json``."""
        return {
            "target": self.target, "version": self.version, "kind": self.kind, "method": self.method,
            "as_of": self.as_of, "run_id": self.run_id, "folder": self.folder, "rows": self.rows,
            "subjects": self.subjects, "positives": self.positives, "dropped": self.dropped,
            "leaks": [asdict(leak) for leak in self.leaks],
            "clocks": self.clocks, "out_of_fold": self.out_of_fold, "level": self.level,
            "note": self.note, "seconds": round(self.seconds, 1), "summary": self.summary,
            **examined_as_dict(self.examined),
        }  # fmt: skip


def examined_as_dict(examined: Examined) -> dict[str, Any]:
    """Figures with their intervals, differences and verdicts as plain data."""
    return {
        "examined": examined.where,
        "accepted": examined.accepted,
        "verdicts": [{"method": v.method, "accepted": v.accepted, "why": v.why} for v in examined.verdicts],
        "quality": {name: q.flat() for name, q in examined.quality.items()},
        "quality_by_age": {
            name: {age: q.flat() for age, q in ages.items()} for name, ages in examined.ages.items()
        },
        "differences": {
            name: {"value": d.value, "low": d.low, "high": d.high, "sure": d.sure}
            for name, d in examined.differences.items()
        },
    }


def bundle_metrics(examined: Examined) -> dict[str, Any]:
    """What a bundle remembers of its examination: on which rows, the accepted method's figures and how true its
    probabilities came, and the rule's figures."""
    if not examined.quality:
        return {}
    ours, rule = examined.quality[examined.accepted], examined.quality["rule"].flat()
    return {"examined": examined.where, **ours.flat(), "reliability": ours.reliability, "rule": rule}


def note(verdicts: list[Verdict], accepted: str) -> str:
    """Why the rule scores; "" where something better does."""
    refused = [f"{v.method}: {v.why}" for v in verdicts if not v.accepted]
    return "the simple rule scores: " + "; ".join(refused or ["too few outcomes to learn more from"]) \
        if accepted == "rule" else ""  # fmt: skip


def summary(examined: Examined, leaks: list[Leak]) -> list[str]:
    """Two lines on how good the model is against the simple rule, and one for each thing the audit found."""
    lines = []
    if examined.accepted == "rule":
        lines.append(note(examined.verdicts, "rule").capitalize())
    if examined.quality:
        lines += _lines(examined)
    return lines + _audited(leaks)


def _audited(leaks: list[Leak]) -> list[str]:
    """One line for each reason: what was left out, or is to be looked at, and why."""
    found: dict[tuple[bool, str], list[str]] = {}
    for leak in leaks:
        found.setdefault((leak.warning, leak.why), []).append(leak.feature)
    return [
        f"Leak audit {'kept, with a warning' if warning else 'left out'} ({why}): "
        + ", ".join(names[:SHOWN])
        + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
        for (warning, why), names in found.items()
    ]


def _lines(examined: Examined) -> list[str]:
    method, quality = examined.accepted, examined.quality
    ours, rule = quality[method].figures, quality["rule"].figures
    first = (
        f"{examined.where.capitalize()}: AUC {ours['auc']}, log loss {ours['log_loss']}, calibration error"
        f" {ours['calibration_error'].value:.3f}, on {quality[method].rows:,} rows"
    )
    if method == "rule":
        return [first]
    return [
        f"{first} ({method})",
        f"The simple rule: AUC {rule['auc']}, log loss {rule['log_loss']};"
        f" paired difference of log loss {examined.differences['rule']}",
    ]

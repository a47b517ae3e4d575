"""Holds methods to rows they did not learn from, beside the rule, logistic regression and naive Bayes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.calibration import Calibration
from models.target import Target
from training import bayes
from training.compare import Difference, against
from training.contest import Contender, fitted
from training.evaluate import Quality, by_age, evaluate
from training.folds import Fold
from training.gate import Verdict, first_accepted
from training.methods import Columns
from training.rows import Rows, enough, months

Float = NDArray[np.float64]

BASELINES = ("rule", "logistic", "bayes")
LATER, FOLDS, NOWHERE = "test stretch", "held-out folds", "nowhere"


@dataclass(frozen=True, slots=True)
class Examined:
    """The accepted method, the verdicts, and figures of it and each baseline.

    ``where`` says on which rows: the test stretch, held-out folds where the history is too short to keep one a
    horizon later, or nowhere. ``probabilities`` of those ``rows`` by method; maps are empty for nowhere.
    """

    where: str
    accepted: str
    verdicts: list[Verdict]
    rows: Rows
    quality: dict[str, Quality]
    ages: dict[str, dict[str, Quality]]
    differences: dict[str, Difference]
    probabilities: dict[str, Float]


def later(
    target: Target, contenders: Sequence[Contender], train: Rows, test: Rows, zone: str, seed: int
) -> Examined:
    """Fits every contender on ``train`` and lets ``test``, a horizon later, veto."""
    if not enough(test.y):
        return nothing(
            test, f"{int(test.y.sum())} of {len(test)} test rows have the outcome: too few to judge"
        )
    p = {c.method.name: fitted(c, train, seed).predict(test.x) for c in contenders}
    p["bayes"] = _bayes(target, train, test.x)
    return judged(LATER, target, [c.method.name for c in contenders], test, p, zone)


def out_of_fold(
    target: Target, contenders: Sequence[Contender], rows: Rows, folds: Sequence[Fold], zone: str
) -> Examined:
    """Lets the predictions veto that ranked the contenders, where there is no later stretch."""
    if not enough(rows.y):
        return nothing(rows, f"{int(rows.y.sum())} of {len(rows)} rows have the outcome: too few to judge")
    seen = ~np.isnan(np.sum([c.tried.raw for c in contenders], axis=0))
    p = {c.method.name: _unmoved(c).predict(c.tried.raw[seen]) for c in contenders}
    naive = np.full(len(rows), np.nan)
    for fold in folds:
        naive[fold.predict] = _bayes(target, rows.take(fold.learn), rows.x[fold.predict])
    p["bayes"] = naive[seen]
    return judged(FOLDS, target, [c.method.name for c in contenders], rows.take(seen), p, zone)


def judged(
    where: str, target: Target, ranked: Sequence[str], rows: Rows, p: dict[str, Float], zone: str
) -> Examined:
    """Verdicts on methods in the order of ``ranked``, given probabilities of ``rows`` by method."""
    month = months(rows.cutoff, zone)
    whose = (rows.weight, rows.party, month)

    def differences(method: str) -> Mapping[str, Difference]:
        others = {name: p[name] for name in BASELINES if name in p and name != method}
        return against(rows.y, p[method], others, *whose)

    accepted, verdicts = first_accepted(ranked, differences, target.gate.confidence)
    shown = list(dict.fromkeys([accepted, *(name for name in BASELINES if name in p)]))
    by_ages = target.subject == "lead"
    return Examined(
        where,
        accepted,
        verdicts,
        rows,
        {name: evaluate(rows.y, p[name], *whose) for name in shown},
        {name: by_age(rows.y, p[name], *whose, rows.cutoff - rows.start) for name in shown}
        if by_ages
        else {},
        dict(differences(accepted)),
        p,
    )


def nothing(rows: Rows, why: str) -> Examined:
    """No method accepted, for want of rows to judge by."""
    return Examined(NOWHERE, "rule", [Verdict("any method", False, why)], rows, {}, {}, {}, {})


def _unmoved(contender: Contender) -> Calibration:
    return replace(contender.level.calibration, shift=0.0)


def _bayes(target: Target, learn: Rows, x: NDArray[np.float32]) -> Float:
    columns = Columns.of(learn)
    seen = bayes.variables(columns, target.rule)
    return bayes.fit(learn.x, learn.y, learn.weight, columns, seen).predict(x)

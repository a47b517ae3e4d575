"""Holds fitted methods to the test stretch, beside the rule, logistic regression and naive Bayes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.target import Target
from training import bayes
from training.compare import Difference, against
from training.contest import Contender, Fitted, fitted
from training.evaluate import Quality, by_age, evaluate
from training.gate import Verdict, first_accepted
from training.methods import Columns
from training.rows import Rows, months

Float = NDArray[np.float64]

BASELINES = ("rule", "logistic", "bayes")
FEWEST = 20
"""Rows of either outcome a test stretch must hold to say anything."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the test stretch said: the accepted method, verdicts, and figures of it and each baseline.

    ``probabilities`` are of the test rows, by method; all maps are empty where the test stretch is too small.
    """

    accepted: str
    verdicts: list[Verdict]
    quality: dict[str, Quality]
    ages: dict[str, dict[str, Quality]]
    differences: dict[str, Difference]
    probabilities: dict[str, Float]


def examine(
    target: Target, contenders: Sequence[Contender], train: Rows, test: Rows, age: NDArray[np.int64],
    zone: str, seed: int,
) -> Examined:  # fmt: skip
    """Fits every contender on ``train`` and lets ``test`` veto; ``age`` is that of the test rows' subjects."""
    if not FEWEST <= int(test.y.sum()) <= len(test) - FEWEST:
        why = f"the test stretch holds {int(test.y.sum())} of {len(test)} rows with the outcome: too few"
        return Examined("rule", [Verdict("any method", False, why)], {}, {}, {}, {})
    models = {contender.method.name: fitted(contender, train, seed) for contender in contenders}
    p = _probabilities(target, models, train, test)
    month = months(test.cutoff, zone)

    def differences(method: str) -> Mapping[str, Difference]:
        others = {name: p[name] for name in BASELINES if name in p and name != method}
        return against(test.y, p[method], others, test.weight, test.party, month)

    ranked = [contender.method.name for contender in contenders]
    accepted, verdicts = first_accepted(ranked, differences, target.gate.confidence)
    shown = list(dict.fromkeys([accepted, *(name for name in BASELINES if name in p)]))
    rows = (test.weight, test.party, month)
    return Examined(
        accepted,
        verdicts,
        {name: evaluate(test.y, p[name], *rows) for name in shown},
        {name: by_age(test.y, p[name], *rows, age) for name in shown} if target.subject == "lead" else {},
        dict(differences(accepted)),
        p,
    )


def _probabilities(target: Target, models: Mapping[str, Fitted], train: Rows, test: Rows) -> dict[str, Float]:
    p = {name: model.predict(test.x) for name, model in models.items()}
    columns = Columns.of(train)
    seen = bayes.variables(columns, target.rule)
    p["bayes"] = bayes.fit(train.x, train.y, train.weight, columns, seen).predict(test.x)
    return p

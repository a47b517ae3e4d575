"""Learns the accepted method again from everything that has matured, and packs the bundle."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm.errors import PopulationError
from features import engine
from features.spec import FeatureSpec
from models.bundle import About, Bundle
from models.scorers import rule
from models.scorers.rule import Rule
from models.senses import usual
from models.snapshots import Snapshots
from training.contest import MOST_ROWS, fitted, folds_of, trial
from training.gather import Past, as_rows, learn_spec, need_both_outcomes, thinned
from training.methods import Columns, Method
from training.rows import Rows

MOST_TO_LEARN = 60_000
"""Snapshots a model learns from; a larger history is drawn from evenly."""


@dataclass(frozen=True, slots=True)
class Packed:
    """The bundle, and the rows it learned from, for plots."""

    bundle: Bundle
    rows: Rows


def refit(
    past: Past, made: Snapshots, method: Method, metrics: dict[str, Any], note: str, seed: int
) -> Packed:
    """The accepted ``method`` on all matured snapshots, with rounds and level tried anew on them."""
    part = made.take(thinned(len(made), MOST_TO_LEARN, seed))
    learned, x = learn_spec(past, part)
    rows = as_rows(past.target, learned.spec, x, part)
    few = rows.take(thinned(len(rows), MOST_ROWS, seed))
    folds = folds_of(few, past.target.subject)
    contender = trial(method, few, folds, made.horizon, past.as_of, seed)
    model = fitted(contender, rows, seed)
    about = About(
        past.target.name, past.as_of, made.horizon, past.versions, metrics, note,
        made.arrival_delay, made.label_delay,
    )  # fmt: skip
    sample = rows.x[np.linspace(0, len(rows) - 1, 3).astype(int)]
    later, old = later_rule(past, learned.spec, seed)
    simple = rule.fit(rows.x, rows.y, rows.weight, Columns.of(rows), past.target.rule)
    bundle = Bundle(
        about,
        learned.spec,
        model.scorer,
        model.level.calibration,
        sample,
        later,
        usual(rows.x),
        usual(old),
        simple,
    )
    return Packed(bundle, rows)


def later_rule(past: Past, spec: FeatureSpec, seed: int) -> tuple[Rule | None, NDArray[np.float32]]:
    """The rule for subjects beyond the last age, and the features it learned from, float32[n, k].

    Their own snapshots teach it; None where there are too few.
    """
    none = np.zeros((0, len(spec.names)), dtype=np.float32)
    if not past.target.beyond:
        return None, none
    try:
        made = past.snapshots(seed, later=True)
        need_both_outcomes(made)
    except PopulationError:
        return None, none
    x = engine.compute(spec, made.events, made.subject_index, made.cutoff)
    columns = Columns(list(spec.names), list(spec.categorical))
    return rule.fit(x, made.label, made.weight, columns, past.target.rule), x

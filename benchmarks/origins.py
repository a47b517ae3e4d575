"""Whether figures hold at other moments than the one a protocol names, and whether younger weeks tell the level.

    python -m benchmarks.origins [--data ../shared/data]

bpic2012: the split at 60, 65, 70 and 75 % of the applications. online_retail_ii: as of every third week up to the
last that can be judged, by the method training takes there (the blend). Beside each model, the same one moved to the
pace at which customers of the last, unfinished horizon had come back by then; "came back" is the pace seen by
then and the one that followed, 1 being that of the matured weeks.
"""

import argparse
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rich.table import Table
from threadpoolctl import threadpool_limits

from benchmarks.quality import (
    LOAN_AGES,
    ROOT,
    ever_approved,
    imported,
    out,
    rows_of,
    stands_for,
    trained_on_first,
)
from benchmarks.unfinished import Watched, at_pace, pace, unfinished, watch
from crm.clock import DAY, parse
from features import engine
from features.spec import FeatureSpec
from models import snapshots
from models.target import find
from training.contest import MOST_ROWS, Fitted, fitted, folds_of, trial
from training.evaluate import evaluate
from training.gather import Past, as_rows, learn_spec, open_past, thinned
from training.methods.blend import BlendMethod
from training.methods.boosting import BoostingMethod
from training.methods.ladder import TREES
from training.rows import months
from training.run import SEED

Float = NDArray[np.float64]

WHOLESALE = ("2010-07-07", "2010-07-28", "2010-08-18", "2010-09-08")
SHARES = (0.6, 0.65, 0.7, 0.75)


class Learned(NamedTuple):
    """What the matured weeks taught: the model, and those weeks with log-odds from models that never saw them."""

    spec: FeatureSpec
    model: Fitted
    matured: Watched
    horizon: int
    rate: float


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    asked = parser.parse_args()
    for table in (wholesaler, loans):
        with tempfile.TemporaryDirectory() as folder:
            table(Path(folder), asked.data)


def loans(folder: Path, data: Path) -> None:
    """bpic2012 at several splits; also with cut-off cases made up for."""
    home = imported(folder, data, "bpic2012", "Europe/Amsterdam", "EUR")
    if home is None:
        return
    past = open_past(home, ever_approved(find("lead_conversion")), parse("2012-02-05", "Europe/Amsterdam"))
    made, table = past.snapshots(SEED), _table("bpic2012, approved ever", "first", "age")
    for share in SHARES:
        built, test, split = trained_on_first(past, made, share)
        for title, age in LOAN_AGES.items():
            part = test.take(test.cutoff - test.created_at == age)
            rows = rows_of(past, built, part.subject_index, part.cutoff, part.label)
            p, party = built.packed.bundle.predict(rows.x), rows.party
            weight = stands_for(past.events, part, split, age)
            table.add_row(f"{share:.0%}", title, *_figures(rows.y, p, rows.weight, party, rows.cutoff))
            table.add_row("", "cut-off made up for", *_figures(rows.y, p, weight, party, rows.cutoff))
    out.print(table)


def wholesaler(folder: Path, data: Path) -> None:
    """online_retail_ii at several moments, as trained and at the pace of unfinished weeks."""
    settings = "[horizon_days]\nchurn = 90\n"
    home = imported(folder, data, "online_retail_ii", "Europe/London", "GBP", settings)
    if home is None:
        return
    table = _table("online_retail_ii, churn", "as of", "level", "left, matured weeks", "came back")
    for day in WHOLESALE:
        past = open_past(home, find("churn"), parse(day, "Europe/London"))
        with threadpool_limits(limits=1):
            _origin(table, day, past, _learned(past))
    out.print(table)


def _learned(past: Past) -> Learned:
    made = past.snapshots(SEED)
    some = made.take(thinned(len(made), MOST_ROWS, SEED))
    found, x = learn_spec(past, some)
    rows = as_rows(past.target, found.spec, x, some)
    method = BlendMethod(BoostingMethod("trees", trunk=False, parameters=TREES))
    tried = trial(method, rows, folds_of(rows, "customer"), made.horizon, past.as_of, SEED)
    raw, seen = tried.tried.raw, ~np.isnan(tried.tried.raw)
    who, moment = some.subject_index[seen], some.cutoff[seen]
    matured = watch(past.events, who, moment, raw[seen], made.horizon, past.as_of)
    return Learned(found.spec, fitted(tried, rows, SEED), matured, made.horizon, float(made.label.mean()))


def _origin(table: Table, day: str, past: Past, known: Learned) -> None:
    """Two rows: the model as trained, and moved to the pace of unfinished weeks."""
    at, later = past.as_of, past.as_of + known.horizon + DAY
    who, moment = unfinished(past.target, past.events, known.horizon, at)
    young = watch(past.events, who, moment, _raw(past, known, who, moment), known.horizon, at)
    who = snapshots.population(past.target, past.events, at, past.settings, known.horizon).subject_index
    moment = np.full(len(who), at, dtype=np.int64)
    raw = _raw(past, known, who, moment)
    y = past.target.labels(past.events, who, moment, known.horizon, later)
    seen = pace(known.matured, young)
    came = pace(known.matured, watch(past.events, who, moment, raw, known.horizon, later))
    p, party = known.model.level.calibration.predict(raw), who
    for name, chance in (("matured weeks", p), ("unfinished weeks", at_pace(p, seen))):
        told = (day, name, f"{known.rate:.1%}", f"{seen:.2f}, then {came:.2f}")
        table.add_row(*told, *_figures(y, chance, np.ones(len(y)), party, moment))


def _raw(past: Past, known: Learned, who: NDArray[np.int32], moment: NDArray[np.int64]) -> Float:
    return known.model.scorer.raw(engine.compute(known.spec, past.events, who, moment))


def _table(title: str, *first: str) -> Table:
    figures = ("rows", "came true", "mean p", "AUC", "log loss", "cal. error", "p(true)")
    return Table(*first, *figures, title=title, title_justify="left")


def _figures(
    y: NDArray[np.int8], p: Float, weight: Float, party: NDArray[np.int32], cutoff: NDArray[np.int64]
) -> list[str]:
    q = evaluate(y, p, weight, party, months(cutoff))
    told = [str(q.figures[name]) for name in ("auc", "log_loss", "calibration_error")]
    mean = float(np.average(p, weights=weight))
    return [f"{q.rows:,}", f"{q.base_rate:.1%}", f"{mean:.1%}", *told, f"{q.calibration_p:.3f}"]


if __name__ == "__main__":
    main()

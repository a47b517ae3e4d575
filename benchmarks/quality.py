"""How good the probabilities are, beside the rule, logistic regression and naive Bayes, on real and made data.

    python -m benchmarks.quality [--data ../shared/data] [--only NAME ...] [--customers 3000]

Two real histories through the documented mappings, by fixed protocols, and the sample company, whose generator
knows the true chances. Figures carry 95 % intervals (bootstrap over people, and months where there are five
or more); calibration is the debiased error with the chance of such residuals if every probability were true. A
difference of log loss is paired, Leadkeep's less the other's: below 0 Leadkeep is better.

online_retail_ii: trained as of 2010-09-08 on weekly matured cutoffs; tested on customers active in the 180 days
before, label no order in the 90 days after. bpic2012: applications open 1 minute, 24 hours and 168 hours after
they came and resolved later in the file; label approved ever; the first 70 % by start train, the rest test.
Of the youngest test cases only those decided quickly are resolved by then, so calibration is also shown with each
weighing as many as were cut off. sample: trained 200 days before its end, tested on what came after.

`python -m benchmarks.origins` shows whether figures hold at other moments than these.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from crm.clock import DAY, FOREVER, HOUR, MINUTE, parse
from crm.events import Events
from crm.loading import load
from crm.sample import generate
from crm.settings import Home
from features import engine
from models import snapshots
from models.snapshots import Snapshots
from models.spans import Happenings
from models.target import ELIGIBLE, UNKNOWN_OUTCOME, Candidates, Target, find
from training import bayes
from training.compare import difference
from training.contest import MOST_ROWS, fitted, folds_of, trial
from training.evaluate import by_age, evaluate
from training.gather import Past, open_past, thinned
from training.methods import Columns
from training.methods.simple import LogisticMethod, RuleMethod
from training.metrics import log_loss
from training.rows import Rows, months
from training.run import SEED, Built, build, build_from

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "docs" / "examples"
UNTIL = date(2026, 3, 1)
out = Console(width=190)

Float = NDArray[np.float64]
FIGURE_NAMES = ("AUC", "avg. precision", "Brier", "log loss", "cal. error")
LOAN_AGES = {"1 minute": MINUTE, "24 hours": 24 * HOUR, "168 hours": 168 * HOUR}


class Tested(NamedTuple):
    """Test rows with every model's probabilities.

    ``truth`` holds the generator's own where there is one; ``stands_for`` how many cases each row stands for
    where the end of the file cut some off.
    """

    title: str
    rows: Rows
    p: dict[str, Float]
    truth: Float | None = None
    stands_for: Float | None = None


def main() -> None:
    """Runs the protocols asked for and prints their tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", nargs="*", choices=list(PROTOCOLS), default=list(PROTOCOLS))
    parser.add_argument("--customers", type=int, default=3000)
    asked = parser.parse_args()
    for name in asked.only:
        with tempfile.TemporaryDirectory() as folder:
            for tested in PROTOCOLS[name](Path(folder), asked):
                show(tested)


def retail(folder: Path, asked: argparse.Namespace) -> Iterator[Tested]:
    """Customers of a wholesaler without contracts."""
    home = imported(
        folder, asked.data, "online_retail_ii", "Europe/London", "GBP", "[horizon_days]\nchurn = 90\n"
    )
    if home is None:
        return
    target, at = find("churn"), parse("2010-09-08", "Europe/London")
    past = open_past(home, target, at)
    built = build(past, SEED, tell)
    who = snapshots.population(target, past.events, at, home.settings).subject_index
    moment = np.full(len(who), at, dtype=np.int64)
    horizon = built.made.horizon
    label = target.labels(past.events, who, moment, horizon, at + horizon + DAY)
    rows = rows_of(past, built, who, moment, label)
    yield Tested(
        f"online_retail_ii, churn, as of 2010-09-08: {said(rows)}", rows, everyone_of(past, built, rows)
    )


def loans(folder: Path, asked: argparse.Namespace) -> Iterator[Tested]:
    """Loan applications as leads."""
    home = imported(folder, asked.data, "bpic2012", "Europe/Amsterdam", "EUR")
    if home is None:
        return
    past = open_past(home, ever_approved(find("lead_conversion")), parse("2012-02-05", "Europe/Amsterdam"))
    made = past.snapshots(SEED)
    built, test, split = trained_on_first(past, made, 0.7)
    for title, age in LOAN_AGES.items():
        part = test.take(test.cutoff - test.created_at == age)
        rows = rows_of(past, built, part.subject_index, part.cutoff, part.label)
        name = f"bpic2012, approved ever, {title} old: {said(rows)}"
        cut_off = stands_for(past.events, part, split, age)
        yield Tested(name, rows, everyone_of(past, built, rows), stands_for=cut_off)


def trained_on_first(past: Past, made: Snapshots, share: float) -> tuple[Built, Snapshots, int]:
    """Trained on the first ``share`` of applications by start; the rest, and when it begins."""
    youngest = made.cutoff - made.created_at <= MINUTE
    split = int(np.quantile(made.created_at[youngest], share))
    built = build_from(past, made.take(made.created_at < split), SEED, tell)
    return built, made.take(made.created_at >= split), split


def stands_for(events: Events, part: Snapshots, split: int, age: int) -> Float:
    """How many applications each resolved one stands for, since only those resolved by the file's end are seen.

    The inverse of the share of all open at that ``age`` that were followed as long as this one took (inverse
    probability of censoring weights); when an application came says nothing of how long it takes.
    """
    end = int(events.occurred_at.max())
    came, ended = Happenings.of(events, "created").first(), resolved_at(events)
    open_then = (came >= split) & (came + age <= np.minimum(end, ended))
    followed = np.sort(end - came[open_then] - age)
    took = ended[part.subject_index] - part.cutoff
    return len(followed) / (len(followed) - np.searchsorted(followed, took, side="left"))


def resolved_at(events: Events) -> NDArray[np.int64]:
    """When each application was approved, declined or cancelled; FOREVER where it was not."""
    won, lost = (Happenings.of(events, kind).first() for kind in ("converted", "lost"))
    return np.minimum(won, lost)


def ever_approved(target: Target) -> Target:
    """Lead conversion without a horizon: what is still open at the end of the file drops out."""

    def cutoffs(events: object, until: int, horizon: int, rng: np.random.Generator) -> Candidates:
        since = Happenings.of(events, "created").first()  # type: ignore[arg-type]
        leads = np.flatnonzero(since < FOREVER).astype(np.int32)
        ages = np.array(list(LOAN_AGES.values()), dtype=np.int64)
        return Candidates(np.repeat(leads, len(ages)), (since[leads][:, None] + ages).ravel())

    def labels(events, subject, cutoff, horizon, as_of):  # type: ignore[no-untyped-def]
        won = Happenings.of(events, "converted").first()[subject]
        resolved = resolved_at(events)[subject] < FOREVER
        return np.where(resolved, won < FOREVER, UNKNOWN_OUTCOME).astype(np.int8)

    return replace(
        target, cutoffs=cutoffs, labels=labels, horizon=lambda events, as_of, settings: 0, beyond=""
    )


def sample(folder: Path, asked: argparse.Namespace) -> Iterator[Tested]:
    """The sample company, leads and customers."""
    generate(folder / "company", asked.customers, 1, UNTIL)
    home = Home(folder / "home").create()
    end = parse(UNTIL.isoformat(), home.settings.zone)
    load(home, folder / "company" / "mapping.toml", [folder / "company" / "export"], end)
    for name, truth in (("lead_conversion", "leads"), ("churn", "customers")):
        known = pd.read_parquet(folder / "company" / "truth" / f"{truth}.parquet")
        yield _against_truth(open_past(home, find(name), end - 200 * DAY), known)


def _against_truth(past: Past, known: pd.DataFrame) -> Tested:
    built = build(past, SEED, tell)
    known = known[known["horizon_days"] == built.made.horizon // DAY]
    start = known["created_at"] if past.target.subject == "lead" else known["cutoff"]
    known = known[(start >= past.as_of) & (known["outcome"] >= 0)]
    place = pd.Series(np.arange(len(past.events.subjects)), index=past.events.subjects)
    known = known.assign(place=known["subject"].map(place)).dropna(subset=["place"])
    who, moment = known["place"].to_numpy(np.int32), known["cutoff"].to_numpy(np.int64)
    keep = past.target.standing(past.events, who, moment, built.made.horizon) == ELIGIBLE
    rows = rows_of(past, built, who[keep], moment[keep], known["outcome"].to_numpy(np.int8)[keep])
    title = f"sample company, {past.target.name}, trained 200 days before its end: {said(rows)}"
    return Tested(title, rows, everyone_of(past, built, rows), known["probability"].to_numpy()[keep])


def everyone_of(past: Past, built: Built, rows: Rows) -> dict[str, Float]:
    """Probabilities of the test rows by Leadkeep and each baseline, all learned from the same rows."""
    learned, target = built.packed.rows, past.target
    few = learned.take(thinned(len(learned), MOST_ROWS, SEED))
    folds = folds_of(few, target.subject)
    p = {f"Leadkeep ({built.method})": built.packed.bundle.predict(rows.x)}
    with threadpool_limits(limits=1):
        for method in (RuleMethod(target.rule), LogisticMethod()):
            tried = trial(method, few, folds, built.made.horizon, past.as_of, SEED)
            p[method.name] = fitted(tried, learned, SEED).predict(rows.x)
    columns = Columns.of(learned)
    seen = bayes.variables(columns, target.rule)
    p["naive Bayes"] = bayes.fit(learned.x, learned.y, learned.weight, columns, seen).predict(rows.x)
    return p


def rows_of(
    past: Past, built: Built, who: NDArray[np.int32], moment: NDArray[np.int64], label: NDArray[np.int8]
) -> Rows:
    spec = built.packed.bundle.spec
    x = engine.compute(spec, past.events, who, moment)
    party = np.unique(np.array(past.parties, dtype=str), return_inverse=True)[1][who].astype(np.int32)
    start = snapshots.created_at(past.events, FOREVER)[who] if past.target.subject == "lead" else moment
    names, words = tuple(spec.names), tuple(spec.categorical)
    return Rows(x, names, words, label, np.ones(len(who)), party, moment, start)


def show(tested: Tested) -> None:
    """One table: figures with intervals, and differences from Leadkeep."""
    ours = next(iter(tested.p))
    rows, month = tested.rows, months(tested.rows.cutoff)
    table = Table("", "mean p", *FIGURE_NAMES, "p(true)", "Leadkeep less it",
                  title=tested.title, title_justify="left")  # fmt: skip
    if tested.truth is not None:
        table.add_column("of the way to the truth")
    for name, p in tested.p.items():
        less = difference(rows.y, tested.p[ours], p, rows.weight, rows.party, month)
        cells = [*_cells(rows, p, rows.weight), "" if name == ours else str(less)]
        if tested.truth is not None:
            cells.append(f"{_way(rows, p, tested.truth):.0%}")
        table.add_row(name, *cells)
    if tested.stands_for is not None:
        actual = np.average(rows.y, weights=tested.stands_for)
        name = f"Leadkeep, cut-off cases made up for ({actual:.1%})"
        table.add_row(name, *_cells(rows, tested.p[ours], tested.stands_for))
    out.print(table)
    if tested.truth is not None and bool(np.any(rows.start != rows.cutoff)):
        out.print(ages(tested))


def _cells(rows: Rows, p: Float, weight: Float) -> list[str]:
    """Mean probability, figures with intervals, and the chance of such an error if every probability were true."""
    q = evaluate(rows.y, p, weight, rows.party, months(rows.cutoff))
    figures = [str(estimate) for estimate in q.figures.values()]
    return [f"{np.average(p, weights=weight):.3f}", *figures, f"{q.calibration_p:.3f}"]


def ages(tested: Tested) -> Table:
    """The same by age of lead, for Leadkeep and each baseline."""
    rows, month = tested.rows, months(tested.rows.cutoff)
    table = Table("", "age of lead", "rows", "came true", *FIGURE_NAMES, "p(true)")
    for name, p in tested.p.items():
        found = by_age(rows.y, p, rows.weight, rows.party, month, rows.cutoff - rows.start)
        for age, q in found.items():
            figures = [str(estimate) for estimate in q.figures.values()]
            table.add_row(name, age, f"{q.rows:,}", f"{q.base_rate:.1%}", *figures, f"{q.calibration_p:.3f}")
    return table


def _way(rows: Rows, p: Float, truth: Float) -> float:
    """Share of the log loss between base rate and the true chances that ``p`` covers."""
    base = np.full(len(rows), float(np.average(rows.y, weights=rows.weight)))
    least, most = (log_loss(rows.y, known, rows.weight) for known in (truth, base))
    return (most - log_loss(rows.y, p, rows.weight)) / (most - least)


def said(rows: Rows) -> str:
    return f"{len(rows):,} rows of {len(np.unique(rows.party)):,} people, {rows.y.mean():.1%}"


def imported(folder: Path, data: Path, name: str, zone: str, currency: str, more: str = "") -> Home | None:
    """The data set in a home folder of its own; None, saying so, where it is not there."""
    if not (data / name).exists():
        out.print(f"{name}: not in {data}, left out")
        return None
    home = Home(folder / "home").create()
    (home.path / "settings.toml").write_text(f'zone = "{zone}"\ncurrency = "{currency}"\n{more}')
    load(home, EXAMPLES / name / "mapping.toml", [data / name])
    return home


def tell(what: str, done: int, of: int) -> None:
    if done == 0:
        print(f"  {what} ...", file=sys.stderr)


PROTOCOLS: dict[str, Callable[[Path, argparse.Namespace], Iterator[Tested]]] = {
    "online_retail_ii": retail,
    "bpic2012": loans,
    "sample": sample,
}

if __name__ == "__main__":
    main()

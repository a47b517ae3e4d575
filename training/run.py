"""From history to a registered model: the one place where the steps of a training run follow each other."""

import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from crm.clock import iso
from crm.errors import HistoryError
from crm.settings import Home, Settings
from features import engine
from models import registry
from models.bundle import Bundle
from models.snapshots import Snapshots
from models.target import find
from training import folds, plots, tracking
from training.contest import MOST_ROWS, Contender, compete, folds_of
from training.examine import Examined, later, out_of_fold
from training.gather import (
    Learned,
    Past,
    Progress,
    as_rows,
    learn_spec,
    need_both_outcomes,
    open_past,
    thinned,
    with_settings,
)
from training.methods import Method
from training.methods.ladder import ladder
from training.methods.simple import RuleMethod
from training.refit import MOST_TO_LEARN, Packed, refit
from training.report import TrainingReport, bundle_metrics, examined_as_dict, note, summary
from training.rows import Rows, enough
from training.tracking import Recipe

SEED = 7

LEAST_TRAIN = 0.3
"""Share of matured snapshots the train stretch must hold; below it the history is too short to split."""

MOST_TO_TEST = 30_000
"""Snapshots of the test stretch that are looked at; more would not narrow the intervals."""


@dataclass(frozen=True, slots=True)
class Contest:
    """The train and test stretches, who competed, and what the test said."""

    learned: Learned
    contenders: list[Contender]
    examined: Examined


@dataclass(frozen=True, slots=True)
class Built:
    """A model and all that is known of how it came about."""

    made: Snapshots
    contest: Contest
    packed: Packed
    method: str


def train(home: Home, target_name: str, as_of: int, progress: Progress) -> TrainingReport:
    """Trains ``target_name`` on what was known before ``as_of`` (UTC microseconds), registers and logs it.

    Raises NotFound for an unknown target, HistoryError where nothing was imported, and PopulationError with
    counts where nothing matured or every snapshot has the same outcome.
    """
    started = time.perf_counter()
    past = open_past(home, find(target_name), as_of)
    built = build(past, SEED, progress)
    progress("keeping the model", 0, 1)
    bundle = registry.register(home, built.packed.bundle)
    run_id = _track(home, past, built, bundle)
    progress("keeping the model", 1, 1)
    return _report(home, built, bundle, run_id, time.perf_counter() - started)


def repeat(home: Home, run_id: str, progress: Progress | None = None) -> tuple[Bundle, bool]:
    """Builds the model of a recorded run again; True where every file comes out the same.

    The bundle is built in a folder of its own and not registered. Raises NotFound for an unknown run and
    HistoryError where the history it read is gone or was rewritten.
    """
    recipe, version = tracking.recipe_of(home, run_id)
    past = open_past(home, find(recipe.target), recipe.as_of, recipe.load)
    if past.versions != recipe.versions:
        raise HistoryError(
            "the history this run read is not there any more", value=past.versions, where=str(home.history),
            todo=f"restore versions {recipe.versions}, or train again",
        )  # fmt: skip
    past = with_settings(past, Settings.model_validate(recipe.settings))
    built = build(past, recipe.seed, progress or (lambda what, done, of: None))
    with TemporaryDirectory() as folder:
        bundle = built.packed.bundle.write(Path(folder) / "bundle")
    return bundle, bundle.version == version


def build(past: Past, seed: int, tell: Progress) -> Built:
    """Snapshots, contest, refit: everything up to the bundle, in memory."""
    tell("choosing snapshots", 0, 1)
    made = past.snapshots(seed)
    tell("choosing snapshots", 1, 1)
    return build_from(past, made, seed, tell)


def build_from(past: Past, made: Snapshots, seed: int, tell: Progress) -> Built:
    """:func:`build` from snapshots chosen already.

    Matrix products run on one thread: their sums keep their order, so a repeat gives the same model, and on a
    busy machine threads that wait for each other took ten times as long.
    """
    need_both_outcomes(made)
    with threadpool_limits(limits=1):
        contest = compete_and_examine(past, made, seed, tell)
        method = _accepted(past, contest)
        tell("learning from everything", 0, 1)
        why = note(contest.examined.verdicts, contest.examined.accepted)
        packed = refit(past, made, method, bundle_metrics(contest.examined), why, seed)
        tell("learning from everything", 1, 1)
    return Built(made, contest, packed, method.name)


def compete_and_examine(past: Past, made: Snapshots, seed: int, tell: Progress) -> Contest:
    """Out-of-fold contest inside the train stretch, then the test stretch, one horizon later.

    Where the history is too short for both, everything that matured is the train stretch, and the out-of-fold
    predictions judge too.
    """
    target = past.target
    start = made.created_at if target.subject == "lead" else made.cutoff
    cut = folds.split(start, made.cutoff, made.horizon, made.label_delay)
    tested = _some(made.take(cut.test), MOST_TO_TEST, seed)
    split = cut.train.mean() >= LEAST_TRAIN and enough(made.label[cut.train]) and enough(tested.label)
    tell("computing features", 0, 1)
    trained = _some(made.take(cut.train) if split else made, MOST_TO_LEARN, seed)
    learned, x = learn_spec(past, trained)
    train = as_rows(target, learned.spec, x, trained)
    tell("computing features", 1, 1)
    few = train.take(thinned(len(train), MOST_ROWS, seed))
    blocks = folds_of(few, target.subject)
    at = cut.test_from if split else past.as_of
    methods = ladder(target, *_people(train))
    contenders = compete(methods, few, blocks, made.horizon, at, seed, tell)
    tell("examining", 0, 1)
    zone = past.settings.zone
    if split:
        test_x = engine.compute(learned.spec, tested.events, tested.subject_index, tested.cutoff)
        examined = later(target, contenders, train, as_rows(target, learned.spec, test_x, tested), zone, seed)
    else:
        examined = out_of_fold(target, contenders, few, blocks, zone)
    tell("examining", 1, 1)
    return Contest(learned, contenders, examined)


def _some(made: Snapshots, most: int, seed: int) -> Snapshots:
    return made.take(thinned(len(made), most, seed))


def _people(rows: Rows) -> tuple[int, int]:
    """How many parties ever had the outcome, and how many ever did not."""
    return len(np.unique(rows.party[rows.y == 1])), len(np.unique(rows.party[rows.y == 0]))


def _accepted(past: Past, contest: Contest) -> Method:
    tried = {contender.method.name: contender.method for contender in contest.contenders}
    return tried.get(contest.examined.accepted, RuleMethod(past.target.rule))


def _track(home: Home, past: Past, built: Built, bundle: Bundle) -> str:
    recipe = Recipe(
        past.target.name, past.as_of, SEED, past.load, past.versions, past.settings.model_dump(mode="json")
    )
    examined, learned = built.contest.examined, built.contest.learned
    metrics = {
        f"{method}_{name}": value
        for method, quality in examined.quality.items()
        for name, value in quality.flat().items()
    }
    metrics |= {f"out_of_fold_{c.method.name}": c.log_loss for c in built.contest.contenders}
    reports: dict[str, Any] = {
        "examination": examined_as_dict(examined),
        "leaks": [str(leak) for leak in learned.leaks],
        "dropped": built.made.dropped,
    }
    with TemporaryDirectory() as folder:
        plots.draw(Path(folder), bundle, built.packed.rows, examined)
        return tracking.keep(
            home, recipe, params=_params(built, bundle), metrics=metrics,
            bundle=home.models / bundle.target / bundle.version, version=bundle.version,
            plots=Path(folder), reports=reports,
        )  # fmt: skip


def _params(built: Built, bundle: Bundle) -> dict[str, str]:
    return {
        "method": built.method, "kind": bundle.kind, "rows": str(len(built.packed.rows)),
        "features": str(len(bundle.spec.names)), "horizon_us": str(bundle.horizon),
        "rounds": _rounds(built), "examined": built.contest.examined.where, "note": bundle.about.note[:400],
    }  # fmt: skip


def _rounds(built: Built) -> str:
    """Best rounds of each method tried."""
    return ", ".join(f"{c.method.name} {c.tried.rounds}" for c in built.contest.contenders)


def _report(home: Home, built: Built, bundle: Bundle, run_id: str, seconds: float) -> TrainingReport:
    contest = built.contest
    levels = {c.method.name: c.level.source for c in contest.contenders}
    return TrainingReport(
        bundle.target, bundle.version, bundle.kind, built.method, iso(bundle.as_of), run_id,
        str(home.models / bundle.target / bundle.version), len(built.made),
        len(np.unique(built.made.subject_index)), int(built.made.label.sum()), built.made.dropped,
        contest.learned.leaks, contest.learned.clocks,
        {c.method.name: round(c.log_loss, 5) for c in contest.contenders},
        levels.get(built.method, "none"), contest.examined, bundle.about.note, seconds,
        summary(contest.examined, contest.learned.leaks),
    )  # fmt: skip

"""Plots of one training run: reliability, lift, and which features matter (SHAP beeswarm)."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.bundle import Bundle
from training.examine import Examined
from training.reliability import reliability
from training.rows import Rows

Float = NDArray[np.float64]

SHOWN = 500
"""Rows a beeswarm shows."""


def draw(folder: Path, bundle: Bundle, rows: Rows, examined: Examined) -> list[Path]:
    """Writes PNG files into ``folder``: reliability and lift of the methods shown on the rows they were
    examined on, where there are any, and the beeswarm of the bundle over some of ``rows``."""
    folder.mkdir(parents=True, exist_ok=True)
    found = [_beeswarm(folder / "beeswarm.png", bundle, rows)]
    if examined.quality:
        found += [_reliability(folder / "reliability.png", examined), _lift(folder / "lift.png", examined)]
    return found


def lift(y: NDArray[np.integer], p: Float, weight: Float) -> tuple[Float, Float]:
    """Share of rows taken from the top of the list, and how many times the base rate they hold."""
    order = np.argsort(-p, kind="stable")
    mass = np.cumsum(weight[order])
    hits = np.cumsum((weight * y)[order])
    return mass / mass[-1], (hits / mass) / (hits[-1] / mass[-1])


def _axes(title: str, x: str, y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure  # noqa: PLC0415 - not needed to serve, and slow

    figure = Figure(figsize=(6, 5), layout="constrained")
    axes = figure.add_subplot()
    axes.set(title=title, xlabel=x, ylabel=y)
    return figure, axes


def _reliability(path: Path, examined: Examined) -> Path:
    test = examined.rows
    figure, axes = _axes(f"Reliability on the {examined.where}", "predicted", "came true")
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for name in examined.quality:
        probabilities = examined.probabilities[name]
        bins = reliability(test.y, probabilities, test.weight, test.party)
        spread = 1.96 * np.sqrt(np.diag(bins.covariance))
        axes.errorbar(bins.predicted, bins.observed, yerr=spread, marker="o", capsize=2, label=name)
    axes.legend()
    figure.savefig(path)
    return path


def _lift(path: Path, examined: Examined) -> Path:
    test, title = examined.rows, f"Lift on the {examined.where}"
    figure, axes = _axes(title, "share contacted, best first", "times the base rate")
    for name in examined.quality:
        probabilities = examined.probabilities[name]
        share, times = lift(test.y, probabilities, test.weight)
        shown = share >= 0.01
        axes.plot(share[shown], times[shown], label=name)
    axes.axhline(1, color="grey", linewidth=1)
    axes.legend()
    figure.savefig(path)
    return path


def _beeswarm(path: Path, bundle: Bundle, rows: Rows) -> Path:
    import matplotlib as mpl  # noqa: PLC0415

    mpl.use("Agg")
    import matplotlib.pyplot as plt  # noqa: PLC0415
    import shap  # noqa: PLC0415 - takes seconds

    some = np.linspace(0, len(rows) - 1, min(SHOWN, len(rows))).astype(int)
    x = rows.x[some]
    found = bundle.contributions(x)
    labels = [feature.wording.label("en") for feature in bundle.spec.features]
    shown = shap.Explanation(found[:, :-1], found[:, -1], x.astype(np.float64), feature_names=labels)
    shap.plots.beeswarm(shown, max_display=15, show=False)
    figure = plt.gcf()
    figure.savefig(path, bbox_inches="tight")
    plt.close(figure)
    return path

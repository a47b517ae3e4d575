"""A small spec, rows with unknown values and categories, and one bundle of each kind."""

import numpy as np
import pytest
from numpy.typing import NDArray

from features.declare import count, says, since, word
from features.spec import FeatureSpec
from models.bundle import About, Bundle
from models.calibration import fit_sigmoid
from models.scorers import Scorer, boosted, logistic, rates, rule

KINDS = ("lightgbm", "logistic", "rates", "rule", "trunk")


def make_spec() -> FeatureSpec:
    calls = count("call", days=30)
    features = [
        says(calls, en="{n} calls in the last 30 days", vi="{n} cuộc gọi trong 30 ngày qua",
             none_vi="chưa ghi nhận cuộc gọi trong 30 ngày qua", none_en="no call recorded in 30 days"),
        says(since("last", "chat"), en="Last chat {n} ago", vi="Tin nhắn gần nhất cách đây {n}"),
        says(word("last", "created", "channel"), en="Channel", vi="Nguồn"),
        says(count("email", days=7), en="{n} e-mails in the last 7 days", vi="{n} e-mail trong 7 ngày qua"),
    ]  # fmt: skip
    names, topics = ["calls_30d", "since_chat", "channel", "emails_7d"], ["calls", "chat", "channel", "email"]
    from dataclasses import replace

    made = [
        replace(f, name=n, topic=t, categories=("facebook", "zalo", "other") if n == "channel" else ())
        for f, n, t in zip(features, names, topics, strict=True)
    ]
    return FeatureSpec(tuple(made), "Asia/Ho_Chi_Minh")


def make_rows(n: int, seed: int = 0) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    rng = np.random.default_rng(seed)
    rows = np.stack(
        [rng.poisson(3, n), rng.exponential(10, n), rng.integers(0, 3, n), rng.poisson(1, n)], axis=1
    ).astype(np.float32)
    odds = 0.4 * rows[:, 0] - 0.1 * rows[:, 1] + (rows[:, 2] == 1) - 1
    label = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.int8)
    rows[rng.random(n) < 0.2, 1] = np.nan
    rows[rng.random(n) < 0.1, 2] = np.nan
    return rows, label


def make_scorer(kind: str, spec: FeatureSpec, rows: NDArray[np.float32], label: NDArray[np.int8]) -> Scorer:
    weight = np.ones(len(rows))
    chosen = ["calls_30d", "channel", "since_chat"]
    if kind == "rule":
        return rule.fit(rows, label, weight, spec, chosen)
    if kind == "rates":
        return rates.fit(rows, label, weight, spec, chosen)
    trunk = logistic.fit(rows, label, weight, spec)
    if kind == "logistic":
        return trunk
    return boosted.fit(
        rows, label, weight, spec, rounds=20, trunk=trunk if kind == "trunk" else None, threads=1
    )


def make_bundle(kind: str, seed: int = 0) -> Bundle:
    spec = make_spec()
    rows, label = make_rows(2_000, seed)
    scorer = make_scorer(kind, spec, rows, label)
    calibration = fit_sigmoid(scorer.raw(rows), label, np.ones(len(rows)))
    later = rule.fit(rows, 1 - label, np.ones(len(rows)), spec, ["calls_30d"])
    about = About("lead_conversion", as_of=1_772_000_000_000_000 + seed, horizon=30 * 86_400_000_000)
    return Bundle(about, spec, scorer, calibration, rows[:3], later)


@pytest.fixture(scope="session", params=KINDS)
def bundle(request: pytest.FixtureRequest) -> Bundle:
    return make_bundle(request.param)

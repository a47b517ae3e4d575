"""Every kind of scorer keeps one contract."""

import numpy as np
import pytest

from crm.errors import FeatureError, ModelError
from models import scorers
from models.scorers import Scorer, boosted, logistic, rates, rule

from ..conftest import KINDS, make_rows, make_scorer, make_spec

SPEC = make_spec()


@pytest.fixture(scope="module", params=KINDS)
def scorer(request: pytest.FixtureRequest) -> Scorer:
    return make_scorer(request.param, SPEC, *make_rows(3_000))


def test_contributions_sum_to_raw(scorer: Scorer) -> None:
    rows, _ = make_rows(500, seed=2)
    found = scorer.contributions(rows)
    assert found.shape == (500, 5)
    np.testing.assert_allclose(found.sum(axis=1), scorer.raw(rows), atol=1e-9)


def test_files_hold_all_of_it(scorer: Scorer) -> None:
    rows, _ = make_rows(500, seed=2)
    again = scorers.load(scorer.kind, scorer.files(), SPEC)
    np.testing.assert_array_equal(again.contributions(rows), scorer.contributions(rows))
    assert again.files() == scorer.files()


def test_it_ranks_better_than_chance(scorer: Scorer) -> None:
    rows, label = make_rows(2_000, seed=3)
    raw = scorer.raw(rows)
    assert raw[label == 1].mean() > raw[label == 0].mean() + 0.2


def test_the_same_rows_give_the_same_files(scorer: Scorer) -> None:
    kind = "trunk" if "trunk.json" in scorer.files() and scorer.kind == "lightgbm" else scorer.kind
    assert make_scorer(kind, SPEC, *make_rows(3_000)).files() == scorer.files()


def test_any_row_gets_a_score(scorer: Scorer) -> None:
    odd = np.array([[np.nan] * 4, [0] * 4, [-5, -1e30, 17, 1e30], [1e-40, 3, 2, -0.0]], dtype=np.float32)
    assert np.isfinite(scorer.raw(odd)).all()
    assert np.isfinite(scorer.contributions(odd)).all()


def test_unknown_everywhere_and_one_row(scorer: Scorer) -> None:
    assert scorer.raw(np.full((1, 4), np.nan, dtype=np.float32)).shape == (1,)
    assert scorer.contributions(np.empty((0, 4), dtype=np.float32)).shape == (0, 5)


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros(4), np.full((1, 4), np.inf)])
def test_rows_that_do_not_fit_are_refused(scorer: Scorer, bad: np.ndarray) -> None:  # type: ignore[type-arg]
    with pytest.raises(FeatureError):
        scorer.raw(bad.astype(np.float32))


def test_an_unknown_kind_and_a_damaged_file() -> None:
    with pytest.raises(ModelError, match="unknown kind"):
        scorers.load("oracle", {}, SPEC)
    for kind in ("lightgbm", "logistic", "rates", "rule"):
        with pytest.raises(ModelError, match="cannot be read"):
            scorers.load(kind, {}, SPEC)


def test_the_logistic_finds_what_made_the_labels() -> None:
    rows, label = make_rows(20_000)
    found = logistic.fit(rows, label, np.ones(len(rows)), SPEC, penalty=1.0)
    added = found.contributions(rows)
    assert np.corrcoef(added[:, 0], rows[:, 0])[0, 1] > 0.9
    p = 1 / (1 + np.exp(-found.raw(rows)))
    assert p.mean() == pytest.approx(label.mean(), abs=1e-3)
    np.testing.assert_allclose(added[:, :-1].mean(axis=0), 0, atol=1e-9)


def test_rates_are_how_often_it_happened() -> None:
    rows, label = make_rows(50_000)
    found = rates.fit(rows, label, np.ones(len(rows)), SPEC, ["channel", "no such feature"])
    for category in range(3):
        inside = rows[:, 2] == category
        p = 1 / (1 + np.exp(-found.raw(rows[inside])))
        assert p[0] == pytest.approx(label[inside].mean(), abs=0.005)


def test_a_rule_without_features_is_the_base_rate() -> None:
    rows, label = make_rows(1_000)
    found = rule.fit(rows, label, np.ones(len(rows)), SPEC, ["no such feature"])
    p = 1 / (1 + np.exp(-found.raw(rows)))
    assert np.ptp(p) == 0
    assert p[0] == pytest.approx(label.mean(), abs=1e-3)


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_only_gives_finite_scores(label: int) -> None:
    rows, _ = make_rows(200)
    labels, weight = np.full(200, label, dtype=np.int8), np.ones(200)
    for fitted in (
        logistic.fit(rows, labels, weight, SPEC),
        rates.fit(rows, labels, weight, SPEC, ["channel"]),
        rule.fit(rows, labels, weight, SPEC, ["channel", "calls_30d"]),
    ):
        assert np.isfinite(fitted.raw(rows)).all()


def test_names_lightgbm_would_refuse() -> None:
    names = boosted.column_names(["a b", 'quote"', "bước:1", "plain_name"])
    assert names == ["a_b", "quote_", "bước_1", "plain_name"]

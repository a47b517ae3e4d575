"""Reasons are whole topics in real words, and name nobody of the staff."""

from dataclasses import replace

import numpy as np
import pytest

from crm.clock import DAY
from features import catalogue
from features.declare import Feature, says, word
from features.spec import FeatureSpec
from models import reasons
from models.bundle import About, Bundle
from models.calibration import fit_sigmoid as calibrate
from models.scorers.logistic import Logistic
from models.target import find

from .conftest import make_bundle, make_rows


def test_topics_and_base_sum_to_the_raw_score(bundle: Bundle) -> None:
    rows, _ = make_rows(50, seed=3)
    for row, drivers, raw in zip(rows, reasons.drivers(bundle, rows, n=99), bundle.raw(rows), strict=True):
        base = bundle.contributions(row[None])[0, -1]
        assert base + sum(driver.contribution for driver in drivers) == pytest.approx(raw, abs=1e-6)


def test_strongest_first_and_at_most_n() -> None:
    bundle = make_bundle("logistic")
    found = reasons.explain(bundle, make_rows(1)[0][0], "en", n=3)
    sizes = [abs(reason.contribution) for reason in found]
    assert len(found) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert all((reason.direction == "up") == (reason.contribution > 0) for reason in found)


def test_words_carry_the_real_number_in_both_languages() -> None:
    bundle = make_bundle("logistic")
    row = np.array([7, 3, 1, 0], dtype=np.float32)
    said = {lang: {r.topic: r.text for r in reasons.explain(bundle, row, lang)} for lang in ("vi", "en")}
    assert said["vi"]["calls"] == "7 cuộc gọi trong 30 ngày qua"
    assert said["en"]["calls"] == "7 calls in the last 30 days"
    assert said["vi"]["channel"] == "Nguồn: Zalo"


def test_absence_is_said_as_no_record() -> None:
    row = np.array([0, np.nan, np.nan, 0], dtype=np.float32)
    said = {r.topic: r.text for r in reasons.explain(make_bundle("logistic"), row, "vi")}
    assert said["calls"] == "chưa ghi nhận cuộc gọi trong 30 ngày qua"


def test_old_subjects_are_explained_by_their_rule() -> None:
    bundle = make_bundle("trunk")
    row = np.array([0, 2, 1, 0], dtype=np.float32)
    found = reasons.explain(bundle, row, "en", later=True)
    assert [reason.topic for reason in found] == ["calls"]


def test_staff_are_never_named() -> None:
    bundle = make_bundle("logistic")
    owner = replace(
        says(word("last", "change", field="owner"), en="owner", vi="owner"),
        name="attribute_owner", topic="channel", categories=("Lan", "Minh", "other"),
    )  # fmt: skip
    features = (*bundle.spec.features[:2], owner, bundle.spec.features[3])
    bundle = replace(bundle, spec=replace(bundle.spec, features=features))
    row = np.array([1, 2, 1, 0], dtype=np.float32)
    said = {lang: [r.text for r in reasons.explain(bundle, row, lang)] for lang in ("vi", "en")}
    assert "Người phụ trách" in said["vi"]
    assert not any("Minh" in text for texts in said.values() for text in texts)


def planted(target: str, weights: dict[str, float], typical: dict[str, float]) -> Bundle:
    """A model of declared features with these weights: what training may come to, sensible or not."""
    declared = {n: d for g in find(target).groups for n, d in catalogue.declared(g) if isinstance(d, Feature)}
    spec = FeatureSpec(tuple(declared[name] for name in weights), "Asia/Ho_Chi_Minh")
    zero, one = np.zeros(len(weights)), np.ones(len(weights))
    scorer = Logistic(
        list(weights), zero, one, np.array(list(weights.values())), zero, zero, np.zeros(0),
        np.zeros(len(weights) + 1, dtype=np.int64), base=-1.0,
    )  # fmt: skip
    calibration = calibrate(np.array([-1.0, 0, 1, 2]), np.array([0, 0, 1, 1], dtype=np.int8), np.ones(4))
    rows = np.zeros((3, len(weights)), dtype=np.float32)
    usual = tuple(typical[name] for name in weights)
    return Bundle(About(target, DAY, DAY), spec, scorer, calibration, rows, usual=usual)


def test_a_purchase_not_due_yet_is_never_a_worry() -> None:
    bundle = planted("churn", {"later_than_usual": -0.25}, {"later_than_usual": -20})
    row = np.array([[-119]], dtype=np.float32)
    assert bundle.contributions(row)[0, 0] == 1.0  # as if it were a risk
    assert reasons.drivers(bundle, row) == [[]]
    (only,) = reasons.explain(bundle, row, "vi")
    assert (only.text, only.feature, only.direction) == ("Lần mua gần nhất", "", "up")
    assert only.contribution == 1.0


def test_a_purchase_not_due_yet_may_be_a_comfort() -> None:
    bundle = planted("churn", {"later_than_usual": 0.25}, {"later_than_usual": -20})
    ((said,),) = reasons.drivers(bundle, np.array([[-119]], dtype=np.float32))
    assert reasons.reason(bundle, said, "vi").text == "Còn 119 ngày nữa mới đến nhịp mua thường lệ"


@pytest.mark.parametrize(
    ("spent", "weight", "said"),
    [(5e6, 1e-6, "Mua 5.000.000 ₫ trong 365 ngày qua, ít hơn đa số khách"),
     (2e7, -1e-6, "Mua 20.000.000 ₫ trong 365 ngày qua")],
)  # fmt: skip
def test_little_of_a_good_thing_is_a_worry_that_reads_as_one(spent: float, weight: float, said: str) -> None:
    bundle = planted("churn", {"spent_365d": weight}, {"spent_365d": 1.2e7})
    ((one,),) = reasons.drivers(bundle, np.array([[spent]], dtype=np.float32))
    assert reasons.reason(bundle, one, "vi").text == said


def test_late_payments_are_never_a_comfort_and_another_of_the_topic_speaks() -> None:
    weights = {"late_payments_365d": -0.5, "since_payment": -0.02}
    bundle = planted("churn", weights, {"late_payments_365d": 4, "since_payment": 60})
    ((said,),) = reasons.drivers(bundle, np.array([[2, 20]], dtype=np.float32))
    assert reasons.reason(bundle, said, "vi").text == "Thanh toán gần nhất cách đây 20 ngày"
    assert said.contribution < -0.5


def test_the_same_words_are_said_once() -> None:
    weights = {"orders_90d": -0.5, "spent_90d": -0.4}
    bundle = planted("churn", weights, {"orders_90d": 2, "spent_90d": 5e6})
    bundle = replace(bundle, scorer=replace(bundle.scorer, centre=np.ones(2)))
    ((said,),) = reasons.drivers(bundle, np.array([[0, 0]], dtype=np.float32))
    assert reasons.reason(bundle, said, "en").text == "No order in the last 90 days"


@pytest.mark.parametrize("target", ["lead_conversion", "churn"])
def test_no_reason_contradicts_the_sense_of_its_feature(target: str) -> None:
    rng = np.random.default_rng(11)
    names = [
        n
        for g in find(target).groups
        for n, d in catalogue.declared(g)
        if isinstance(d, Feature) and d.unit != "category"
    ]
    weights, typical = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0.0)
    for name in names:
        weights[name], typical[name] = rng.normal(), float(rng.integers(0, 5))
    bundle = planted(target, weights, typical)
    rows = rng.integers(-6, 7, (300, len(names))).astype(np.float32)
    rows[rng.random(rows.shape) < 0.2] = np.nan
    said = 0
    for found in reasons.drivers(bundle, rows, n=99):
        for driver in found:
            feature = bundle.spec.features[driver.column]
            good = (driver.contribution > 0) == find(target).wished
            praised = {"good": good, "merit": good, "bad": not good, "fault": not good}.get(feature.sense)
            if praised is None or np.isnan(driver.value):
                continue
            said += 1
            low = typical[feature.name] if feature.sense in ("good", "bad") else 0
            if feature.unit in ("change", "money_change", "times", "rating"):
                low = {"times": 1, "rating": 3}.get(feature.unit, 0)
            assert driver.value >= low if praised else driver.value <= max(low, 0), (feature.name, driver)
    assert said > 500

"""Reasons are whole topics in real words, and name nobody of the staff."""

from dataclasses import replace

import numpy as np
import pytest

from features.declare import says, word
from models import reasons
from models.bundle import Bundle

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

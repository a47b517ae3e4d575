"""The contract every declared feature keeps."""

import re
from dataclasses import replace

import numpy as np
import pytest

from crm.errors import FeatureError
from crm.events import Signature
from crm.people import People
from features import catalogue, engine
from features.declare import SENSES, Family, Feature, count, says
from features.expressions import from_json, to_json
from features.spec import FeatureSpec, expand
from tests.features.histories import random_events, random_snapshots
from tests.features.oracle import Oracle

ZONE = "Asia/Ho_Chi_Minh"
GROUPS = list(catalogue.groups())
VIETNAMESE = re.compile(
    "[ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ]", re.IGNORECASE
)


@pytest.mark.parametrize("group", GROUPS)
def test_group_says_what_it_is_about(group: str) -> None:
    about = catalogue.groups()[group]
    assert about.en
    assert VIETNAMESE.search(about.vi)
    assert set(about.subjects) <= {"lead", "customer", "deal"}
    assert list(catalogue.declared(group)), "a group without features"


@pytest.mark.parametrize("group", GROUPS)
def test_every_feature_has_words_in_both_languages(group: str) -> None:
    for name, declared in catalogue.declared(group):
        wording = declared.wording
        assert wording.en, name
        assert wording.vi, name
        assert bool(wording.none_en) == bool(wording.none_vi), name
        assert ("{n}" in wording.en) == ("{n}" in wording.vi), name
        assert "{n}" not in wording.en or wording.none_en, f"{name}: what is said where the value is unknown?"
        assert bool(wording.below_en) == bool(wording.below_vi), name
        assert VIETNAMESE.search(wording.vi.replace("{word}", "")) or wording.vi == "{word}", name
        assert ("{word}" in wording.en) == isinstance(declared, Family), name
        assert "{window}" not in wording.en + wording.vi, name
        assert "{s}" not in "".join((wording.vi, wording.none_vi, wording.below_vi)), (
            f"{name}: plurals are English"
        )
        assert declared.sense in ("", *SENSES), name


def test_a_sense_nobody_knows_is_not_declared() -> None:
    with pytest.raises(FeatureError, match="unknown sense"):
        says(count("call"), en="Calls", vi="Cuộc gọi", sense="great")


def test_where_common_sense_has_no_doubt_it_is_declared() -> None:
    senses = {name: d.sense for group in GROUPS for name, d in catalogue.declared(group)}
    undoubted = {
        "late_payments_90d": "fault", "debt": "fault", "later_than_usual": "fault", "returns": "fault",
        "since_order": "bad", "since_inbound": "bad", "inbound_7d": "good", "answer_rate": "good",
        "renewals": "merit", "csat_last": "good",
    }  # fmt: skip
    assert {name: senses[name] for name in undoubted} == undoubted
    assert sum(map(bool, senses.values())) > len(senses) / 2


def test_names_are_unique_for_each_kind_of_subject() -> None:
    for subject in ("lead", "customer"):
        names = [n for g in catalogue.for_subject(subject) for n, _ in catalogue.declared(g)]
        repeated = {n for n in names if names.count(n) > 1}
        assert not repeated, repeated


def test_about_120_features_for_customers_and_many_for_leads() -> None:
    events = random_events(3, subjects=200)
    snapshots = random_snapshots(4, events)
    for subject, least in (("lead", 110), ("customer", 110)):
        spec = expand(catalogue.for_subject(subject), events, *snapshots, zone=ZONE)
        assert len(spec.features) >= least


@pytest.mark.parametrize("group", GROUPS)
def test_equal_to_the_obvious_sql(group: str) -> None:
    events = random_events(hash_of(group))
    snapshots = random_snapshots(hash_of(group) + 1, events)
    spec = expand([group], events, *snapshots, zone=ZONE, least=2)
    found = engine.compute(spec, events, *snapshots)
    oracle = Oracle(events, *snapshots)
    for column, feature in enumerate(spec.features):
        expected = oracle.answer(feature.expression, feature.categories).astype(np.float32)
        np.testing.assert_allclose(found[:, column], expected, rtol=2e-6, atol=1e-6, err_msg=feature.name)
        if feature.unit in ("count", "category", "flag", "hour", "weekday", "month"):
            np.testing.assert_array_equal(found[:, column], expected, err_msg=feature.name)


def test_no_feature_names_a_colleague() -> None:
    events = random_events(9)
    spec = expand(GROUPS, events, *random_snapshots(10, events), zone=ZONE, least=2)
    said = [word for feature in spec.features for word in feature.categories]
    assert "Mới" in said
    assert "NV1" not in said


def test_a_field_of_people_is_left_out_and_named() -> None:
    events = random_events(9)
    snapshots = random_snapshots(10, events)
    people = People(frozenset({"bán lẻ", "sản xuất"}))
    spec = expand(["profile"], events, *snapshots, zone=ZONE, least=2, people=people)
    assert spec.personal == ("attribute_industry",)
    assert "attribute_industry" not in spec.names
    assert "attribute_status" in spec.names
    said = replace(people, cleared=frozenset({"industry"}))
    kept = expand(["profile"], events, *snapshots, zone=ZONE, least=2, people=said)
    assert kept.personal == ()
    assert "Bán lẻ" in next(f for f in kept.features if f.name == "attribute_industry").categories


def test_a_colleague_among_other_words_becomes_neither_a_member_nor_a_category() -> None:
    events = random_events(9)
    snapshots = random_snapshots(10, events)
    people = People(frozenset({"answered", "bán lẻ"}))
    third = Signature("change", "industry", "Giáo dục")
    events = replace(events, signatures=tuple(third if s.field == "stage" else s for s in events.signatures))
    spec = expand(["engagement", "profile"], events, *snapshots, zone=ZONE, least=2, people=people)
    assert "by_outcome_no_answer" in spec.names
    assert "by_outcome_answered" not in spec.names
    industry = next(f for f in spec.features if f.name == "attribute_industry")
    assert industry.categories == ("Giáo dục", "Sản xuất", "other")


def test_a_spec_survives_json() -> None:
    events = random_events(5)
    snapshots = random_snapshots(6, events)
    spec = expand(GROUPS, events, *snapshots, zone=ZONE, least=2)
    assert FeatureSpec.from_json(spec.to_json()) == spec
    for feature in spec.features:
        assert from_json(to_json(feature.expression)) == feature.expression


def test_every_value_can_be_said() -> None:
    events = random_events(7)
    snapshots = random_snapshots(8, events)
    spec = expand(GROUPS, events, *snapshots, zone=ZONE, least=2)
    matrix = engine.compute(spec, events, *snapshots)
    for column, feature in enumerate(spec.features):
        for value in (*matrix[:5, column], np.float32(np.nan)):
            for lang in ("vi", "en"):
                sentence = spec.sentence(column, float(value), lang)
                assert sentence, feature.name
                assert "{" not in sentence, (feature.name, sentence)
                assert "nan" not in sentence.lower().split(), sentence


def test_a_feature_is_not_declared_without_a_name() -> None:
    for group in GROUPS:
        for name, declared in catalogue.declared(group):
            assert not isinstance(declared, Feature) or declared.name == name


def hash_of(text: str) -> int:
    return sum(map(ord, text))

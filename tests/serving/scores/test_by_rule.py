"""Everybody scored has the rule's chance too, and is drawn; a look at the past draws nobody."""

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import func, select

import leadkeep
from crm.clock import DAY, now, to_datetime
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from models import registry
from models.bundle import Bundle
from models.scorers import rule
from models.target import find
from serving.jobs import score as job
from serving.scores import by_rule
from serving.scores.scoring import rule_reasons, score


def test_a_scoring_of_now_draws_everybody_and_one_of_the_past_nobody(at_work: Home) -> None:
    score(at_work, "churn", as_of=now() - DAY)
    with reading(at_work) as session:
        assert session.scalar(select(func.count()).select_from(Enrolment)) == 0
    report = score(at_work, "churn")
    with reading(at_work) as session:
        drawn = session.scalars(select(Enrolment)).all()
        scores = session.scalars(select(Score)).all()
    assert len(drawn) == report.scored == len(scores)
    assert {row.subject: row.party for row in drawn} == {one.subject: one.party for one in scores}
    assert {"vip"} <= {row.exempt for row in drawn}
    assert all(one.rule_probability is not None for one in scores)


def test_the_command_every_night_runs_draws_too(
    at_work: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LEADKEEP_HOME", str(at_work.path))
    yesterday = to_datetime(now() - DAY, at_work.settings.zone)
    for moment, drawn in (["--as-of", f"{yesterday:%Y-%m-%d}"], False), ([], True):
        monkeypatch.setattr(sys, "argv", ["leadkeep", *job.commands(at_work)[0], *moment, "--json"])
        with pytest.raises(SystemExit):
            leadkeep.main()
        scored = json.loads(capfd.readouterr().out)["scored"]
        with reading(at_work) as session:
            assert session.scalar(select(func.count()).select_from(Enrolment)) == (scored if drawn else 0)


def _bundle(home: Home) -> tuple[Bundle, np.ndarray]:
    bundle = registry.champion(home, "churn")
    rng = np.random.default_rng(1)
    rows = rng.random((50, len(bundle.spec.names))).astype(np.float32)
    return bundle, rows


def test_an_older_bundle_deals_out_its_own_chances_by_recency(told_once: Home) -> None:
    bundle, rows = _bundle(told_once)
    chance, nobody = np.linspace(0.1, 0.6, 50), np.zeros(50, dtype=bool)
    silent = rows[:, bundle.spec.names.index("since_order")]
    silent[7] = np.nan
    found = by_rule.chances(find("churn"), bundle, rows, nobody, chance)
    assert np.array_equal(np.sort(found), chance)
    known = np.flatnonzero(~np.isnan(silent))
    assert found[known].argmax() == silent[known].argmax(), "the longest silent are most at risk"
    assert found[7] == chance[0]


def test_the_rule_of_the_bundle_speaks_where_there_is_one(told_once: Home) -> None:
    bundle, rows = _bundle(told_once)
    fitted = rule.fit(
        rows, (rows[:, 0] > 0.5).astype(np.int8), np.ones(50), bundle.spec, bundle.spec.names[:1]
    )
    made = replace(bundle, simple=fitted)
    nobody = np.zeros(50, dtype=bool)
    found = by_rule.chances(find("churn"), made, rows, nobody, np.full(50, 0.5))
    assert found[rows[:, 0] > 0.6].mean() > found[rows[:, 0] < 0.4].mean() + 0.2
    again = Bundle.read(made._files())
    assert again.simple is not None
    assert np.allclose(again.simple.raw(rows), fitted.raw(rows))


def test_everybody_scored_has_the_rules_reasons_too_and_they_speak_of_its_features_only(
    at_work: Home,
) -> None:
    bundle = registry.champion(at_work, "churn")
    rng = np.random.default_rng(1)
    rows = np.abs(rng.normal(20, 9, (200, len(bundle.spec.names)))).astype(np.float32)
    column = bundle.spec.names.index("since_order")
    label = (rows[:, column] > 20).astype(np.int8)
    fitted = rule.fit(rows, label, np.ones(200), bundle.spec, ["since_order"])
    registry.register(at_work, replace(bundle, simple=fitted), promote=True)
    score(at_work, "churn")
    with reading(at_work) as session:
        scores = session.scalars(select(Score)).all()
    topics = {reason["topic"] for one in scores for reason in one.rule_reasons or []}
    assert topics == {bundle.topics.names[bundle.topics.place[column]]}
    assert len({reason["topic"] for one in scores for reason in one.reasons}) > 1
    assert all(one.rule_reasons is not None for one in scores)
    live = rule_reasons(registry.champion(at_work, "churn"), rows[:3], np.zeros(3, dtype=bool))
    assert all(len(some or []) <= 1 for some in live)


def test_a_bundle_from_before_the_rule_has_none_of_its_reasons(told_once: Home) -> None:
    bundle, rows = _bundle(told_once)
    assert list(rule_reasons(bundle, rows[:2], np.zeros(2, dtype=bool))) == [None, None]

"""Everybody scored has the rule's chance too, and is drawn; a look at the past draws nobody."""

from dataclasses import replace

import numpy as np
from sqlalchemy import func, select

from crm.clock import DAY, now
from crm.operations import reading
from crm.settings import Home
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from models import registry
from models.bundle import Bundle
from models.scorers import rule
from models.target import find
from serving.scores import by_rule
from serving.scores.scoring import score


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

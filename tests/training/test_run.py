"""A training run from imported files to a registered model, its record, and its repetition."""

import json

import numpy as np
import pytest

from crm.clock import DAY
from crm.errors import HistoryError, NotFound, PopulationError
from crm.settings import Home
from models import registry
from models.target import find
from training import tracking
from training.gather import need_both_outcomes, open_past
from training.run import repeat, train

QUIET = lambda what, done, of: None  # noqa: E731


def test_a_better_model_than_the_rule_is_registered_and_says_by_how_much(company, trained):
    home, _ = company
    report, stages = trained
    said = report.as_dict()
    assert json.loads(json.dumps(said))["kind"] in ("lightgbm", "logistic", "rates")
    assert said["differences"]["rule"]["sure"] >= find("lead_conversion").gate.confidence
    assert "The simple rule" in said["summary"][1]
    assert stages[-1][1:] == (1, 1)
    champion = registry.champion(home, "lead_conversion")
    assert champion.version == report.version
    assert champion.metrics["examined"] == said["examined"] == "test stretch"
    assert champion.metrics["rule"]["log_loss"] > champion.metrics["log_loss"]


def test_planted_leaks_are_taken_out_and_innocent_fields_kept(company, trained):
    home, _ = company
    report, _ = trained
    fields = {
        leak.feature.split("_", 1)[1] for leak in report.leaks if leak.feature.startswith(("attr", "numb"))
    }
    # The count of contacts is known from the import on, later than this as-of: nobody can read it yet.
    assert fields == {"score", "payment_terms", "job_title", "modified_at"}
    assert any("left out (ranks too well" in line and "payment_terms" in line for line in report.summary)
    names = registry.champion(home, "lead_conversion").spec.names
    assert {"source", "attribute_status"} <= set(names)
    assert not {leak.feature for leak in report.leaks} & set(names)


def test_mlflow_keeps_what_is_needed_to_judge_and_repeat(company, trained):
    home, _ = company
    report, _ = trained
    client = tracking.client(home)
    run = client.get_run(report.run_id)
    assert run.info.status == "FINISHED"
    assert json.loads(run.data.params["history_versions"])["lead"] >= 0
    assert {"rule_log_loss", "logistic_auc_low", "bayes_brier_high"} <= set(run.data.metrics)
    plots = {file.path for file in client.list_artifacts(report.run_id, "plots")}
    assert plots == {"plots/beeswarm.png", "plots/reliability.png", "plots/lift.png"}
    bundle = {file.path.split("/")[1] for file in client.list_artifacts(report.run_id, "bundle")}
    assert {"manifest.json", "spec.json", "calibration.json"} <= bundle
    version = client.get_model_version_by_alias("lead_conversion", "champion")
    assert (version.run_id, version.description) == (report.run_id, report.version)


def test_the_alias_in_mlflow_follows_who_is_in_use(company, trained):
    home, _ = company
    report, _ = trained
    client = tracking.client(home)
    source = client.get_model_version_by_alias("lead_conversion", "champion").source
    other = client.create_model_version("lead_conversion", source, report.run_id, description="other")
    client.set_registered_model_alias("lead_conversion", "champion", other.version)
    tracking.mirror(home, "lead_conversion")
    assert client.get_model_version_by_alias("lead_conversion", "champion").description == report.version


@pytest.mark.slow
def test_a_run_repeats_exactly_from_its_record(company, trained):
    home, _ = company
    report, _ = trained
    bundle, same = repeat(home, report.run_id)
    assert same
    assert bundle.manifest_sha256 == registry.champion(home, "lead_conversion").manifest_sha256


def test_nothing_known_later_than_as_of_matters(company, trained):
    _, end = company
    report, _ = trained
    assert report.as_of < "2026-02-01"
    home, _ = company
    past = open_past(home, find("lead_conversion"), end - 30 * DAY)
    made = past.snapshots(7)
    assert (made.cutoff + made.horizon + made.label_delay <= end - 30 * DAY).all()


def test_an_unknown_run_is_not_repeated(company, trained):
    with pytest.raises(NotFound, match="no such training run"):
        repeat(company[0], "0" * 32)


def test_one_outcome_only_is_an_error_with_counts(company):
    home, end = company
    made = open_past(home, find("lead_conversion"), end).snapshots(7)
    with pytest.raises(PopulationError, match=r"0 with it, [\d,]+ without"):
        need_both_outcomes(made.take(np.flatnonzero(made.label == 0)))


def test_a_home_without_history_says_to_import(tmp_path):
    with pytest.raises(HistoryError, match="leadkeep import"):
        train(Home(tmp_path / "new").create(), "churn", 0, QUIET)


def test_an_unknown_target_names_those_there_are(tmp_path):
    with pytest.raises(NotFound, match="lead_conversion"):
        train(Home(tmp_path / "new").create(), "weather", 0, QUIET)


def test_too_early_an_as_of_has_nobody_to_train_on(company):
    home, end = company
    with pytest.raises(PopulationError):
        train(home, "lead_conversion", end - 1200 * DAY, QUIET)

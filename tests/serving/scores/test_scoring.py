import csv
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select, update

from crm.clock import DAY, HOUR, iso, now
from crm.errors import HistoryError, LeadkeepError, ModelError, NotFound, PopulationError
from crm.events import EventStore
from crm.folding import fold
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score, ScoreRun
from features.engine import compute
from models import registry, snapshots
from models.target import find
from serving.bands import BANDS
from serving.scores.live import explain
from serving.scores.scoring import score
from serving.work.worklists import worklist
from tests.conftest import settle
from tests.crm.company import Company
from tests.serving import teams
from tests.serving.company import trained
from tests.serving.leavers import scored_before_leaving, written_to_a_file


def stored(home: Home, target: str) -> dict[str, Score]:
    with reading(home) as session:
        return {row.subject: row for row in session.scalars(select(Score).where(Score.target == target))}


@pytest.mark.parametrize("name", ["lead_conversion", "churn"])
def test_everybody_in_the_population_is_scored_as_the_model_says(at_work: Home, name: str) -> None:
    as_of = now() - HOUR
    seen: list[tuple[str, int, int]] = []
    report = score(at_work, name, as_of, progress=lambda *said: seen.append(said))
    target, events = find(name), EventStore.open(at_work).read(find(name).subject)
    bundle = registry.champion(at_work, name)
    eligible = snapshots.population(target, events, as_of, at_work.settings, bundle.horizon).subject_index
    rows = compute(bundle.spec, events, eligible, np.full(len(eligible), as_of))
    found = stored(at_work, name)
    for place, probability in zip(eligible, bundle.predict(rows), strict=True):
        one = found[events.subjects[place]]
        assert one.probability == pytest.approx(probability, abs=1e-12)
        assert (one.cutoff, one.version, one.kind) == (as_of, bundle.version, bundle.kind)
        assert events.subjects[place] == f"{target.subject}:{one.source}:{one.source_id}"
        assert one.band in BANDS[target.subject]
        assert 0 < len(one.reasons) <= 5
        assert all(set(reason) == {"topic", "vi", "en", "contribution"} for reason in one.reasons)
        assert one.value is None or one.expected == round(one.value * one.probability)
    assert report.scored == report.stored == len(found) >= len(eligible)
    assert sum(report.bands.values()) == report.scored
    assert seen[-1] == ("scores", report.scored, report.scored)
    with reading(at_work) as session:
        run = session.scalars(select(ScoreRun)).one()
    assert run.finished_at is not None
    assert (run.people, run.load, run.horizon_days) == (report.scored, 1, bundle.horizon // DAY)


def test_the_first_band_is_a_day_of_all_at_work(at_work: Home) -> None:
    settle(at_work, "[capacity]\nsales = 1\n")
    north = teams.team(at_work, "Bắc")
    for login in ("hoa", "minh", "nam"):
        teams.person(at_work, login, north)
    assert score(at_work, "lead_conversion").bands["hot"] == 3


def an_old_lead(home: Home) -> str:
    """Still open after two hundred days."""
    company, created = Company(home.path), now() - 200 * DAY
    company.tell("lead", "OLD", created, created_at=created, name="Lan", channel="zalo")
    company.load()
    return "lead:crm:OLD"


def test_old_leads_are_scored_by_the_rule_and_say_so(at_work: Home) -> None:
    old = an_old_lead(at_work)
    score(at_work, "lead_conversion")
    kinds = {subject: row.kind for subject, row in stored(at_work, "lead_conversion").items()}
    assert kinds.pop(old) == "rule"
    assert set(kinds.values()) == {"lightgbm"}


def test_old_leads_without_a_rule_of_their_own_get_no_score(at_work: Home) -> None:
    old = an_old_lead(at_work)
    bundle = registry.register(at_work, replace(registry.champion(at_work, "lead_conversion"), later=None))
    report = score(at_work, "lead_conversion")
    assert (report.version, report.counts["too old"]) == (bundle.version, 1)
    assert old not in stored(at_work, "lead_conversion")
    with pytest.raises(PopulationError, match="too old"):
        explain(at_work, "lead_conversion", old, "vi", now())


def test_a_moment_to_come_is_refused(at_work: Home) -> None:
    with pytest.raises(LeadkeepError, match="still to come"):
        score(at_work, "churn", now() + DAY)
    assert stored(at_work, "churn") == {}


@pytest.mark.databases("sqlite", "postgres")
def test_a_score_replaces_only_an_older_one(at_work: Home) -> None:
    late, early = now() - HOUR, now() - DAY
    score(at_work, "churn", late)
    before = {subject: row.cutoff for subject, row in stored(at_work, "churn").items()}
    report = score(at_work, "churn", early)
    after = {subject: row.cutoff for subject, row in stored(at_work, "churn").items()}
    assert {subject: after[subject] for subject in before} == before
    assert report.stored == len(set(after) - set(before))
    assert score(at_work, "churn", late).stored == 0, "the same again changes nothing"
    assert score(at_work, "churn", late + 1).stored == len(before)


def test_a_score_speaks_of_the_moment_up_to_which_the_history_knows_all(at_work: Home) -> None:
    came, inbox = now() - HOUR, Inbox(at_work)
    for number in range(2):
        told = {"kind": "call", "direction": "in", "occurred_at": came, "lead": "L1"}
        inbox.put(f"crm/{number}", [Said("activity", "crm", f"A{number}", told)], moment=came + number)
    assert score(at_work, "lead_conversion").as_of == iso(came)
    fold(at_work)
    folded = now()
    score(at_work, "lead_conversion")
    assert min(one.cutoff for one in stored(at_work, "lead_conversion").values()) > folded


def test_a_new_model_replaces_scores_of_the_same_moment(at_work: Home) -> None:
    as_of = now() - HOUR
    first = score(at_work, "churn", as_of)
    trained(at_work, "churn", now() - DAY, seed=3)
    second = score(at_work, "churn", as_of)
    assert second.version != first.version
    assert second.stored == second.scored
    assert {row.version for row in stored(at_work, "churn").values()} == {second.version}


@pytest.mark.databases("sqlite", "postgres")
def test_newer_data_replaces_scores_of_the_same_moment(at_work: Home) -> None:
    as_of = now() - HOUR
    score(at_work, "lead_conversion", as_of)
    before = stored(at_work, "lead_conversion")
    lost, called = list(before)[:2]
    company = Company(at_work.path)
    created = as_of - 2 * DAY
    company.tell("lead", lost.rpartition(":")[2], created, created_at=created, lost_at=created)
    for number in range(9):
        at = as_of - (number + 1) * HOUR
        about = {"lead": called.rpartition(":")[2], "outcome": "answered", "direction": "out"}
        company.tell("activity", f"N{number}", at, kind="call", occurred_at=at, **about)
    company.load()
    report = score(at_work, "lead_conversion", as_of)
    after = stored(at_work, "lead_conversion")
    assert report.stored == report.scored
    assert after[called].load == 2
    assert after[called].probability != before[called].probability
    listed = worklist(at_work, "lead_conversion", 10_000)
    assert listed.run.load == 2
    assert {row.score.subject for row in listed.rows} == set(after) - {lost}
    assert score(at_work, "lead_conversion", as_of).stored == 0, "the same again changes nothing"


KILLED = """
import os, signal, sys
from crm.settings import Home
from serving.scores import scoring
scoring.CHUNK = 5
def kill(what, done, of):
    if what == "scores" and done > 5:
        os.kill(os.getpid(), signal.SIGKILL)
scoring.score(Home(sys.argv[1]), "churn", progress=kill)
"""


def runs(home: Home) -> list[ScoreRun]:
    with reading(home) as session:
        return list(session.scalars(select(ScoreRun).order_by(ScoreRun.id)))


def test_a_killed_scoring_counts_for_nothing_and_is_cleared_after_a_day(at_work: Home) -> None:
    died = subprocess.run([sys.executable, "-c", KILLED, at_work.path], check=False)
    assert died.returncode == -signal.SIGKILL
    (killed,) = runs(at_work)
    assert killed.finished_at is None
    assert stored(at_work, "churn"), "it was killed half-way"
    with pytest.raises(NotFound, match="nobody has been scored"):
        worklist(at_work, "churn")
    again = score(at_work, "churn")
    assert [run.finished_at is None for run in runs(at_work)] == [True, False], "it may still be running"
    assert again.stored == again.scored
    with writing(at_work) as session:
        session.execute(update(ScoreRun).values(started_at=ScoreRun.started_at - DAY - 1))
    score(at_work, "churn")
    assert [run.finished_at is None for run in runs(at_work)] == [False, False]


def test_the_file_has_everybody_even_where_newer_scores_are_stored(at_work: Home, tmp_path: Path) -> None:
    score(at_work, "churn", now() - HOUR)
    report = score(at_work, "churn", now() - DAY, tmp_path / "scores.csv")
    with (tmp_path / "scores.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == report.scored
    assert {row["source"] for row in rows} == {"crm"}
    assert {row["kind"] for row in rows} == {report.kind}
    assert all(row["reason_1_vi"] and row["reason_1_en"] for row in rows)
    assert not any("Công ty" in cell or "84912345678" in cell for row in rows for cell in row.values())


def test_a_model_younger_than_the_moment_is_refused(at_work: Home) -> None:
    with pytest.raises(ModelError, match="as old as"):
        score(at_work, "churn", now() - 30 * DAY)
    trained(at_work, "churn", now() - 40 * DAY, promote=False)
    assert (
        score(at_work, "churn", now() - 30 * DAY).version
        == registry.list_models(at_work, "churn")[-1].version
    )


def test_an_empty_population_says_why(at_work: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    later = now() + 2000 * DAY
    monkeypatch.setattr("serving.scores.scoring.now", lambda: later)
    with pytest.raises(PopulationError, match="gone already"):
        score(at_work, "churn", later)
    with reading(at_work) as session:
        assert session.scalars(select(ScoreRun)).all() == []


def test_without_history_or_with_an_unknown_target(home: Home) -> None:
    with pytest.raises(NotFound, match="no such target"):
        score(home, "weather")
    with pytest.raises(ModelError):
        score(home, "churn")


def test_a_model_without_a_history(at_work: Home, tmp_path: Path) -> None:
    (at_work.history).rename(tmp_path / "elsewhere")
    with pytest.raises(HistoryError, match="empty"):
        score(at_work, "churn")


def test_others_can_write_between_chunks(at_work: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serving.scores.scoring.CHUNK", 5)

    def another(what: str, done: int, of: int) -> None:
        with writing(at_work) as session:
            session.merge(Score(**FOREIGN))

    assert score(at_work, "churn", now() - HOUR, progress=another).stored > 5


FOREIGN = {
    "target": "other", "subject": "x", "cutoff": 1, "load": 1, "version": "1", "kind": "rule", "probability": 0.5,
    "raw": 0.0, "band": "hot", "value": None, "expected": None, "reasons": [], "source": "crm", "source_id": "x",
}  # fmt: skip


def test_the_score_of_who_left_is_cleared_where_it_was_written(at_work: Home) -> None:
    written_to_a_file(at_work)
    score(at_work, "churn")
    who, one = next(iter(stored(at_work, "churn").items()))
    scored_before_leaving(at_work, one)
    score(at_work, "churn")
    with reading(at_work) as session:
        rows = session.query(Outgoing).order_by(Outgoing.id)
        left = [row.body["fields"] for row in rows.filter(Outgoing.subject == "customer:crm:GONE")]
        stays = [row.body["fields"] for row in rows.filter(Outgoing.subject == who)]
    assert len(left) == 2
    assert set(left[1].values()) == {None}
    assert all(said["leadkeep_band"] for said in stays)

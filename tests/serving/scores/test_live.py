import shutil

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from crm.clock import DAY, HOUR, now
from crm.errors import ModelError, NotFound, PopulationError
from crm.events import EventStore
from crm.operations import champion, writing
from crm.settings import Home
from crm.tables.scores import ScoreRun
from models import snapshots
from models.target import find
from serving.app import create_app
from serving.scores import live
from serving.scores.live import Live, explain
from serving.scores.scoring import score
from tests.crm.company import Company
from tests.serving.company import trained
from tests.serving.stored import header, store


def an_open_lead(home: Home) -> str:
    events = EventStore.open(home).read("lead")
    open_now = snapshots.population(find("lead_conversion"), events, now(), home.settings)
    return events.subjects[open_now.subject_index[0]]


def damage(home: Home, target: str) -> None:
    row = champion(home, target)
    assert row is not None
    file = home.models / target / row.version / "spec.json"
    file.write_bytes(file.read_bytes().replace(b"0", b"1", 1))


def scorable(served: Live, subject: str) -> bool:
    try:
        served.score("lead_conversion", subject, "vi")
    except PopulationError:
        return False
    return True


@pytest.fixture
def served(at_work: Home) -> Live:
    made = Live(at_work)
    made.refresh()
    return made


def test_a_live_score_is_what_scoring_everybody_gives(at_work: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    as_of = now()
    monkeypatch.setattr(live, "now", lambda: as_of)
    score(at_work, "lead_conversion", as_of)
    served = Live(at_work)
    served.refresh()
    subject = an_open_lead(at_work)
    found = served.score("lead_conversion", subject, "vi")
    with TestClient(create_app(at_work)) as client:
        kept = client.get(f"/api/v1/scores/lead_conversion/{subject}", headers=header(at_work)).json()
    assert found.probability == pytest.approx(kept["probability"], abs=1e-9)
    spoken = dict.fromkeys(
        one.text for one in served.score("lead_conversion", subject, "vi", 1000).reasons if one.feature
    )
    assert list(spoken)[:5] == [reason["text"] for reason in kept["reasons"]]
    assert found.reasons == served.score("lead_conversion", subject, "vi", 1000).reasons[:5]
    assert served.band("lead_conversion", found.probability) == kept["band"]


def test_topics_add_up_to_the_raw_score(served: Live, at_work: Home) -> None:
    found = served.score("lead_conversion", an_open_lead(at_work), "en", 1000)
    assert found.base + sum(reason.contribution for reason in found.reasons) == pytest.approx(
        found.raw, abs=1e-6
    )


def test_who_is_not_in_the_population_is_refused_with_the_reason(served: Live, at_work: Home) -> None:
    store = EventStore.open(at_work)
    events = store.read("lead")
    target = find("lead_conversion")
    counts = snapshots.population(target, events, now(), at_work.settings).counts
    assert counts["lost"] > 0
    refused = [subject for subject in events.subjects if not scorable(served, subject)]
    assert len(refused) == counts["lost"] + counts["converted already"]
    with pytest.raises(PopulationError, match=r"not in the population of lead_conversion: (lost|converted)"):
        served.score("lead_conversion", refused[0], "vi")


def test_unknown_subjects_targets_and_kinds(served: Live) -> None:
    with pytest.raises(NotFound, match="no such subject"):
        served.score("lead_conversion", "lead:crm:nobody", "vi")
    with pytest.raises(NotFound, match="another kind of subject"):
        served.score("lead_conversion", "customer:crm:K1", "vi")
    with pytest.raises(NotFound, match="no such target"):
        served.score("weather", "lead:crm:L1", "vi")


def test_a_new_champion_and_a_new_load_are_taken_up(served: Live, at_work: Home) -> None:
    first = served.served("churn").version
    second = trained(at_work, "churn", now() - DAY, seed=5)
    served.refresh()
    assert served.served("churn").version == second.version != first
    company = Company(at_work.path)
    company.tell("lead", "NEW", now() - HOUR, created_at=now() - HOUR, name="Mới", channel="zalo")
    company.load()
    served.refresh()
    assert served.load == 2
    assert 0 < served.score("lead_conversion", "lead:crm:NEW", "vi").probability < 1


def test_a_load_is_taken_up_once_its_importer_has_made_the_events(served: Live, at_work: Home) -> None:
    company = Company(at_work.path)
    company.tell("lead", "NEW", now() - HOUR, created_at=now() - HOUR, name="Mới", channel="zalo")
    folder = company.load().folder
    shutil.move(folder, at_work.path / "aside")
    served.refresh()
    assert (served.load, EventStore.ready(at_work), folder.exists()) == (1, 1, False)
    shutil.move(at_work.path / "aside", folder)
    served.refresh()
    assert served.load == 2


def test_a_damaged_new_model_leaves_the_last_good_one_serving(served: Live, at_work: Home) -> None:
    first = served.served("churn").version
    second = trained(at_work, "churn", now() - DAY, seed=5)
    damage(at_work, "churn")
    served.refresh()
    kept = served.served("churn")
    assert kept.version == first
    assert "changed after training" in str(kept.problem)
    subject = EventStore.open(at_work).subjects("customer")["subject"][1]
    assert served.score("churn", subject, "vi").version == first
    shutil.rmtree(at_work.models / "churn" / second.version)
    served._served["churn"] = kept._replace(again_at=0)
    served.refresh()
    assert "not a complete model folder" in str(served.served("churn").problem)


def test_a_process_that_starts_with_a_damaged_champion_takes_an_older_one(at_work: Home) -> None:
    older = champion(at_work, "churn")
    trained(at_work, "churn", now() - DAY, seed=5)
    damage(at_work, "churn")
    served = Live(at_work)
    served.refresh()
    assert older is not None
    assert served.served("churn").version == older.version
    assert served.served("churn").problem


def test_a_fault_while_looking_for_news_is_said_in_the_health(
    served: Live, monkeypatch: pytest.MonkeyPatch, at_work: Home
) -> None:
    monkeypatch.setattr(live, "LOOK_EVERY", 0)
    store(at_work, "churn", {})
    with writing(at_work) as session:
        session.execute(update(ScoreRun).values(thresholds={"unheard": "of"}))
    with pytest.raises(TypeError):
        served._look()
    assert "restart" in str(served.problem)


def test_without_a_model_or_a_history_it_says_what_to_do(home: Home) -> None:
    with Live(home) as served:
        assert not served.ready
        with pytest.raises(ModelError, match="leadkeep train churn"):
            served.score("churn", "customer:crm:K1", "vi")
        assert "leadkeep import" in str(served.problem)


def test_explaining_by_the_id_the_crm_shows(at_work: Home) -> None:
    subject = an_open_lead(at_work)
    by_id = explain(at_work, "lead_conversion", subject.rpartition(":")[2], "en", now())
    assert by_id["subject"] == subject
    assert by_id["reasons"][0]["text"]
    with pytest.raises(ModelError, match="as old as"):
        explain(at_work, "lead_conversion", subject, "en", now() - 100 * DAY)

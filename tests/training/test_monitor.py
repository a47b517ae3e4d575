"""The monitor tells a model that went wrong and people who changed from luck, on stories whose truth is known."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.random import Generator, default_rng

from crm.clock import DAY, HOUR, to_micros
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.scores import Monitoring, ScorePast, ScoreRun
from models.bundle import Bundle
from models.target import find
from serving.runs import watched
from tests.conftest import Homes
from tests.crm.company import Company
from tests.serving.company import trained
from training.drift import Drift, stability
from training.monitor import NOT_BETTER, NOT_CALIBRATED, OTHERS, Past, judged, matured, monitor, warnings

STILL = Drift(0.0, (), (1000, 1000))
MONTH = to_micros(datetime(2026, 1, 1, tzinfo=UTC))


def world(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, Past]:
    """Log-odds, and scores that mean what they say, beside a rule that knows half of it."""
    rng = default_rng(seed)
    known, unknown = rng.normal(0, 0.7, (2, n))
    log_odds = -1.5 + known + unknown
    y = (rng.random(n) < sigmoid(log_odds)).astype(np.int8)
    cutoff = MONTH + rng.integers(0, 90, n) * DAY
    past = Past(sigmoid(log_odds), sigmoid(-1.4 + known), cutoff, np.full(n, "a"), rng.integers(0, n, n), y)
    return log_odds, past


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def said(past: Past, moved: Drift = STILL, by_rule: bool = False) -> list[str]:
    return warnings(judged(past, "UTC"), moved, by_rule=by_rule)


def test_scores_that_mean_what_they_say_warn_of_nothing() -> None:
    found = [said(world(seed=seed)[1]) for seed in range(6)]
    assert found == [[]] * 6
    figures = judged(world()[1], "UTC")
    assert figures is not None
    assert figures["lift"] > 2
    assert figures["against_rule"]["high"] < 0
    assert abs(figures["mean"] - figures["base_rate"]) < 0.02


def test_scores_all_too_high_are_not_calibrated() -> None:
    log_odds, past = world()
    assert said(past._replace(probability=sigmoid(log_odds + 0.6))) == [NOT_CALIBRATED]


def test_a_model_that_lost_its_order_is_not_better_than_the_rule() -> None:
    rng = default_rng(5)
    log_odds, past = world()
    lost = sigmoid(rng.permutation(log_odds))
    assert NOT_BETTER in said(past._replace(probability=lost))
    assert NOT_BETTER not in said(past._replace(probability=lost), by_rule=True), "it is the rule that scores"


def test_an_error_that_is_sure_but_small_is_no_news() -> None:
    log_odds, past = world(n=8000)
    figures = judged(past._replace(probability=sigmoid(log_odds + 0.08)), "UTC")
    assert figures is not None
    assert (
        warnings(figures | {"calibration_p": 0.001, "calibration_error": 0.004}, STILL, by_rule=False) == []
    )


def test_with_too_few_outcomes_nothing_is_concluded() -> None:
    _, past = world(n=4000)
    few = np.flatnonzero(past.y == 1)[:19]
    rows = np.zeros(len(past.y), dtype=bool)
    rows[few] = True
    rows[past.y == 0] = True
    assert judged(past.take(rows), "UTC") is None
    assert said(past.take(rows)) == []


@pytest.mark.parametrize("n", [60, 400, 5000])
def test_samples_of_one_population_are_stable_and_moved_ones_are_not(n: int) -> None:
    rng = default_rng(1)
    still = [stability(rng.normal(size=n), rng.normal(size=n)) for _ in range(40)]
    assert np.mean(still) < 0.05
    assert max(still) < 0.25
    moved = [stability(rng.normal(size=n), rng.normal(1.0, 1, n)) for _ in range(10)]
    assert np.median(moved) > 0.4


def test_values_that_became_unknown_are_seen() -> None:
    rng = default_rng(2)
    before, after = rng.normal(size=(2, 500))
    after[:250] = np.nan
    assert stability(before, after) > 0.25
    assert stability(after, after) == 0


def tell_leads(
    company: Company, rng: Generator, first: int, days: tuple[int, int], start: int, *, later: bool = False
) -> int:
    """A lead every two hours; who is called more buys more often. Those told ``later`` are called, and do not buy."""
    moments = range(start + days[0] * DAY, start + days[1] * DAY, 2 * HOUR)
    for number, created in enumerate(moments, first):
        talked = 6 if later else int(rng.poisson(1.0))
        wants = not later and rng.random() < sigmoid(np.array(-2.0 + 0.7 * min(talked, 4)))
        ended = created + int(rng.uniform(4, 20) * DAY)
        ends = {"converted_at": ended, "converted_party": f"A{number}"} if wants else {}
        company.tell(
            "lead", f"L{number}", created, created_at=created, channel=("zalo", "facebook")[number % 2],
            phone=f"+849{number:08d}", **{name: value for name, value in ends.items() if ended < start + days[1] * DAY},
        )  # fmt: skip
        for call in range(talked):
            at = created + call * 3 * HOUR + HOUR
            company.tell(
                "activity", f"C{number}-{call}", at, kind="call", direction="out", outcome="answered",
                occurred_at=at, lead=f"L{number}",
            )  # fmt: skip
    return first + len(moments)


@pytest.fixture(scope="module")
def story(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Bundle, int]:
    """Leads of 150 days and a model of the 100th; since the 140th all are called six times."""
    rng, start = default_rng(3), MONTH
    company = Company(lasting.new(tmp_path_factory.mktemp("watched")).path)
    number = tell_leads(company, rng, 0, (0, 140), start)
    company.load()
    bundle = trained(company.home, "lead_conversion", start + 100 * DAY)
    tell_leads(company, rng, number, (140, 185), start, later=True)
    company.load()
    return company.home, bundle, start


@pytest.fixture
def scored(story: tuple[Home, Bundle, int], homes: Homes, tmp_path) -> tuple[Home, Bundle, int]:
    """What the model said of each lead two days after it came, since the model was there."""
    home, bundle, start = story
    home = homes.copy(home, tmp_path / "home")
    keep(home, bundle, start, bundle.calibration.predict)
    return home, bundle, start


def keep(home: Home, bundle: Bundle, start: int, probability) -> None:
    """Stores scores of leads two days old, as the days of the past have them."""
    from crm.events import EventStore
    from features.engine import compute
    from models.spans import Happenings

    events = EventStore.open(home).read("lead")
    cutoff = Happenings.of(events, "created").first() + 2 * DAY
    who = np.flatnonzero((cutoff > start + 70 * DAY) & (cutoff < start + 110 * DAY)).astype(np.int32)
    rows = compute(bundle.spec, events, who, cutoff[who])
    said = probability(bundle.raw(rows))
    with writing(home) as session:
        session.query(ScorePast).delete()
        session.query(ScoreRun).delete()
        session.add(
            ScoreRun(target="lead_conversion", cutoff=start, version=bundle.version, kind=bundle.kind, horizon_days=30,
                     load=1, started_at=1, finished_at=2, people=1, counts={}, thresholds={})
        )  # fmt: skip
        session.add_all(
            ScorePast(target="lead_conversion", subject=events.subjects[subject], day=int(cutoff[subject] // DAY),
                      cutoff=int(cutoff[subject]), version=bundle.version, probability=float(chance),
                      rule_probability=float(said.mean()), band="hot", expected=None, reasons=None)
            for subject, chance in zip(who, said, strict=True)
        )  # fmt: skip


def test_past_scores_meet_their_outcomes_and_what_was_found_is_kept(scored: tuple[Home, Bundle, int]) -> None:
    home, bundle, start = scored
    report = monitor(home, "lead_conversion", start + 140 * DAY)
    assert report.rows > 300
    figures = report.figures[bundle.version]
    assert figures == report.figures["all"]
    assert figures["auc"] > 0.6
    assert figures["against_rule"]["value"] < 0
    assert report.warnings == []
    assert report.drift.probability < 0.1
    with reading(home) as session:
        kept = watched(session, "lead_conversion")
        assert session.query(Monitoring).count() == 1
    assert kept is not None
    assert (kept.version, kept.rows, kept.warnings) == (bundle.version, report.rows, [])


def test_outcomes_to_come_are_not_judged(scored: tuple[Home, Bundle, int]) -> None:
    home, _, start = scored
    report = monitor(home, "lead_conversion", start + 90 * DAY)
    assert report.rows == 0
    assert report.figures == {"all": None}
    assert report.warnings == []


def test_a_model_gone_wrong_is_found(scored: tuple[Home, Bundle, int]) -> None:
    home, bundle, start = scored
    keep(home, bundle, start, lambda raw: bundle.calibration.predict(1 - raw))
    report = monitor(home, "lead_conversion", start + 140 * DAY)
    assert {NOT_BETTER, NOT_CALIBRATED} <= set(report.warnings)
    assert report.figures["all"]["auc"] < 0.5


def test_others_than_it_learned_about_are_found_and_said_why(scored: tuple[Home, Bundle, int]) -> None:
    home, _, start = scored
    report = monitor(home, "lead_conversion", start + 185 * DAY)
    assert report.warnings == [OTHERS]
    assert report.drift.features[0][1] > 0.25
    with reading(home) as session:
        kept = watched(session, "lead_conversion")
    assert kept is not None
    assert any(name.startswith("outbound") for name in report.drift.names)
    assert not {"now_hour", "to_tet", "since_tet"} & set(report.drift.names), "the calendar moves by itself"
    assert [said[2] for said in kept.figures["drift"]["features"]] == [by for _, by in report.drift.features]


def test_of_very_many_scores_an_even_draw_is_looked_at(
    scored: tuple[Home, Bundle, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm.events import EventStore

    home, _, start = scored
    store = EventStore.open(home)
    events, target = store.read("lead"), find("lead_conversion")
    everybody = matured(home, target, store, events, start + 140 * DAY)
    monkeypatch.setattr("training.monitor.MOST", 100)
    some = matured(home, target, store, events, start + 140 * DAY)
    assert 60 < len(some.y) < 140 < len(everybody.y)
    assert abs(some.cutoff.mean() - everybody.cutoff.mean()) < 5 * DAY


def test_a_report_is_plain_data(scored: tuple[Home, Bundle, int]) -> None:
    import json

    home, _, start = scored
    report = monitor(home, "lead_conversion", start + 140 * DAY)
    assert json.loads(json.dumps(replace(report, seconds=1.0).as_dict()))["seconds"] == 1.0

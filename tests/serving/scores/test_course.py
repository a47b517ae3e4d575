import pytest

from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.scores import Score, ScorePast
from serving.scores import course
from tests.serving.stored import REASONS

WHO = "lead:crm:L1"


def kept(
    home: Home, day: int, probability: float, band: str = "hot", cutoff: int | None = None, ruled: float = 0.1
) -> None:
    score = Score(
        target="lead_conversion", subject=WHO, cutoff=day * 10 if cutoff is None else cutoff, version="1",
        probability=probability,
        rule_probability=ruled, band=band, expected=1, reasons=REASONS, rule_reasons=REASONS[:1],
    )  # fmt: skip
    with writing(home) as session:
        course.remember(session, [score], day)


def test_a_day_is_kept_where_only_the_rules_chance_changed(home: Home) -> None:
    kept(home, 100, 0.3, ruled=0.1)
    kept(home, 101, 0.3, ruled=0.1)
    kept(home, 102, 0.3, ruled=0.2)
    assert days(home) == [100, 102]


def days(home: Home, since: int = 0) -> list[int]:
    with reading(home) as session:
        return [row.day for row in course.course(session, "lead_conversion", WHO, since)]


@pytest.mark.parametrize(
    ("day", "probability", "band", "expected"),
    [
        (101, 0.3, "hot", [100]),
        (101, 0.31, "hot", [100, 101]),
        (101, 0.3, "warm", [100, 101]),
        (107, 0.3, "hot", [100, 107]),
    ],
)
def test_a_day_is_kept_where_the_score_changed_and_once_a_week(
    home: Home, day: int, probability: float, band: str, expected: list[int]
) -> None:
    kept(home, 100, 0.3)
    kept(home, day, probability, band)
    assert days(home) == expected


def test_a_days_last_score_stands_and_an_older_one_does_not_replace_it(home: Home) -> None:
    for cutoff, probability in ((1005, 0.3), (1009, 0.301), (1007, 0.9)):
        kept(home, 100, probability, cutoff=cutoff)
    with reading(home) as session:
        row = course.at(session, "lead_conversion", WHO, 100)
    assert row is not None
    assert (row.cutoff, row.probability) == (1009, 0.301)


def test_the_course_begins_with_what_stood_before(home: Home) -> None:
    for day, probability in ((90, 0.1), (95, 0.2), (100, 0.3)):
        kept(home, day, probability)
    assert days(home, since=97) == [95, 100]
    with reading(home) as session:
        assert course.at(session, "lead_conversion", WHO, 89) is None


def test_old_reasons_are_forgotten_and_the_scores_stay(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(course, "CHUNK", 2)
    for day in range(100, 106):
        kept(home, day, day / 200)
    assert course.forget_reasons(home, "lead_conversion", 105) == 5
    assert course.forget_reasons(home, "lead_conversion", 105) == 0
    with reading(home) as session:
        rows = course.course(session, "lead_conversion", WHO, 0)
    assert [row.reasons is None for row in rows] == [True] * 5 + [False]
    assert [row.rule_reasons is None for row in rows] == [True] * 5 + [False]
    assert isinstance(rows[0], ScorePast)

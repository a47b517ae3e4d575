"""A list's order: by worth, then by chance; the control group as the rule ranks it, so that nobody can tell."""

import numpy as np
import pytest

from crm.clock import now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.scores import Score
from crm.tables.work import DoNotContact
from serving.proof import trial
from serving.rights.audit import COMMAND_LINE
from serving.work import notes, worklists
from serving.work.worklists import Chosen, Place, ranked, worklist
from tests.serving import teams
from tests.serving.stored import REASONS, store

TARGET = "lead_conversion"


def told(home: Home, count: int, spared: tuple[int, ...] = ()) -> dict[str, str]:
    """Leads whose chances by the score and by the rule, and their worth, have nothing to do with each other; their
    arms.
    """
    rng = np.random.default_rng(3)
    rows = [
        {"probability": chance, "band": "hot" if chance > 0.9 else "cold", "value": round(1_000_000 * worth),
         "expected": round(round(1_000_000 * worth) * chance), "rule_probability": ruled, "party": f"party:{number}"}
        for number, (chance, ruled, worth) in enumerate(rng.random((count, 3)).tolist())
    ]  # fmt: skip
    store(home, TARGET, *rows)
    with writing(home) as session:
        scores = list(session.query(Score))
        exempt = {f"party:{number}": "vip" for number in spared}
        trial.enrol(session, home, TARGET, scores, exempt)
        drawn = trial.arms(session, TARGET, scores)
    return {name: "" if int(name.rpartition("R")[2]) in spared else arm for name, arm in drawn.items()}


def order(home: Home, chosen: Chosen = Chosen()) -> list[Place]:  # noqa: B008
    with reading(home) as session:
        return ranked(session, home, TARGET, COMMAND_LINE, chosen)[1]


@pytest.mark.databases("sqlite", "postgres")
def test_by_worth_then_by_chance_the_unknown_last_whatever_the_band(home: Home) -> None:
    store(
        home, TARGET,
        {"band": "cold", "expected": 9_000_000, "probability": 0.9}, {"band": "hot", "expected": None},
        {"band": "hot", "expected": 5, "probability": 0.1}, {"band": "hot", "expected": 5, "probability": 0.2},
        {"band": "warm", "expected": 7}, {"band": "hot", "expected": 6, "probability": 0.01},
        {"band": "cold", "expected": None, "probability": 0.5},
    )  # fmt: skip
    assert [place.subject[-2:] for place in order(home)] == ["R0", "R4", "R5", "R3", "R2", "R6", "R1"]
    assert [place.band for place in order(home)][:3] == ["cold", "warm", "hot"], "the band is a label"


@pytest.mark.databases("postgres")
def test_a_list_may_hold_more_people_than_a_statement_may_name(home: Home) -> None:
    names = [f"lead:crm:R{number}" for number in range(66_000)]
    store(home, TARGET, {})
    with reading(home) as session:
        assert [one.subject for one in worklists._scores(session, TARGET, names)] == names[:1]
        assert notes.last(session, home, names) == {}


def test_the_rules_people_stand_where_the_rule_puts_them_with_their_share_of_the_top(home: Home) -> None:
    arms = told(home, 1_000, spared=(3, 700))
    made = order(home)
    with reading(home) as session:
        scores = {one.subject: one for one in session.query(Score)}
    by_score = sorted(scores.values(), key=lambda one: (-(one.expected or 0), -one.probability))
    assert sorted(one.subject for one in made) == sorted(scores)
    places = [one.subject for one in made]
    of_the_score = [one.subject for one in by_score if arms[one.subject] != "rule"]
    assert [name for name in places if arms[name] != "rule"] == of_the_score, "the exempt among them"
    ruled = [one for one in made if arms[one.subject] == "rule"]
    scored = [one for one in made if arms[one.subject] == "score"]
    worth = [one.expected or 0 for one in ruled]
    assert worth == sorted(worth, reverse=True)
    assert all(one.probability == scores[one.subject].rule_probability for one in ruled)
    assert worth == [round((scores[one.subject].value or 0) * one.probability) for one in ruled]
    assert [one.subject for one in scored] == [s.subject for s in by_score if arms[s.subject] == "score"]
    for top in (100, 300, 600):
        held = sum(arms[one.subject] == "rule" for one in made[:top])
        assert abs(held - top * len(ruled) / 998) <= 1.5
    shares = [sum(one.band == "hot" for one in group) / len(group) for group in (scored, ruled)]
    assert abs(shares[0] - shares[1]) < 0.02, "bands must not tell the arms apart"
    for group in (scored, ruled):
        bands = [one.band for one in sorted(group, key=lambda one: one.probability, reverse=True)]
        assert bands == sorted(bands, reverse=True), "the likelier the hotter, in either arm"


def test_the_rules_people_are_shown_with_the_rules_own_reasons(home: Home) -> None:
    said = [{"topic": "age", "vi": "Mới đến hôm qua", "en": "Came in yesterday", "contribution": 0.2}]
    arms = told(home, 200)
    with writing(home) as session:
        for one in session.query(Score).where(Score.subject != "lead:crm:R0"):
            one.rule_reasons = said
    rows = worklist(home, TARGET, 200).rows
    assert {row.card.subject for row in rows} == set(arms)
    for row in rows:
        ruled = arms[row.card.subject] == "rule"
        assert row.score.reasons == (said if ruled and row.card.subject != "lead:crm:R0" else REASONS)
        assert (row.score.probability, row.score.band) == (row.place.probability, row.place.band)
    with reading(home) as session:
        assert all(one.reasons == REASONS for one in session.query(Score)), "what is stored stays"


def test_the_order_is_the_same_at_every_look(home: Home) -> None:
    told(home, 300)
    assert order(home) == order(home)


def test_a_list_is_narrowed_to_a_team_a_branch_and_what_nobody_came_by(home: Home) -> None:
    one, other = teams.team(home, "Một"), teams.team(home, "Hai")
    store(home, TARGET, {}, {}, {})
    teams.hold(home, "lead:crm:R0", None, one, since=1)
    teams.hold(home, "lead:crm:R1", None, other, since=1)
    assert [place.subject for place in order(home, Chosen(team=one))] == ["lead:crm:R0"]
    assert order(home, Chosen(branch="Huế")) == []
    assert order(home, Chosen(source="zalo")) == []
    assert len(order(home)) == 3


def test_who_asked_not_to_be_contacted_is_on_no_list(home: Home) -> None:
    store(home, TARGET, {}, {})
    with writing(home) as session:
        session.add(DoNotContact(subject="lead:crm:R0", since=now(), why="", person=None))
    assert [place.subject for place in order(home)] == ["lead:crm:R1"]
    assert worklist(home, TARGET, 10).counts == {"hot": 1, "warm": 0, "cold": 0}


def test_a_part_of_a_list_counts_the_whole(home: Home) -> None:
    store(home, TARGET, *({"expected": 100 - number} for number in range(5)))
    found = worklist(home, TARGET, 2, first=2)
    assert [row.card.subject for row in found.rows] == ["lead:crm:R2", "lead:crm:R3"]
    assert found.counts["hot"] == 5
    assert found.rows[0].score.reasons == REASONS


def test_a_program_gets_by_default_what_all_at_work_can_do_in_a_day(home: Home) -> None:
    store(home, TARGET, *({"expected": 100 - number} for number in range(50)))
    assert len(worklist(home, TARGET).rows) == home.settings.capacity.sales == 40, "before there is anybody"
    one = teams.team(home, "Một")
    teams.person(home, "hoa", one, capacity=25)
    teams.person(home, "minh", one, capacity=8)
    assert len(worklist(home, TARGET).rows) == 33

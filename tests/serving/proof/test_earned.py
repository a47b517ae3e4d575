"""What the proof counts: everybody drawn, from the draw on, once they were followed to the end."""

import pytest

from crm.operations import writing
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.scores import ScoreRun
from crm.tables.trial import Enrolment
from serving.proof.earned import Proof, proof
from tests.conftest import Homes
from tests.crm.company import Company, day

SOLD = {0: (5, 40), 1: (70, 0), 2: (-3, 0), 3: (10, 0), 4: (12, 0)}
"""Of some leads: days from the draw to the order, and to a second one (0: none)."""


@pytest.fixture(scope="module")
def told(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Forty leads drawn on day 10, twenty on day 150; the story ends on day 160."""
    company = Company(lasting.new(tmp_path_factory.mktemp("proof")).path)
    for number in range(60):
        drawn = 10 if number < 40 else 150
        about = {"created_at": day(drawn - 5), "name": "A", "channel": "zalo"}
        company.tell("lead", f"L{number}", day(drawn - 5), **about)
        if number in SOLD:
            ended = {"converted_at": day(drawn + min(SOLD[number][0], 5)), "converted_party": f"K{number}"}
            company.tell("lead", f"L{number}", day(drawn + 6), **about, **ended)
        for after in [one for one in SOLD.get(number, ()) if one]:
            company.tell(
                "party",
                f"K{number}",
                day(drawn - 5),
                kind="person",
                name="A",
                created_at=day(drawn + min(after, 5)),
            )
            company.tell("transaction", f"T{number}-{after}", day(drawn + after), kind="order", party=f"K{number}",
                         amount=1_000_000, currency="VND", occurred_at=day(drawn + after))  # fmt: skip
    for kind, amount, late in (("return", 400_000, 6), ("refund", 300_000, 7), ("refund", 900_000, 61)):
        company.tell("transaction", f"B{late}", day(10 + late), kind=kind, party="K0", amount=-amount, currency="VND",
                     occurred_at=day(10 + late))  # fmt: skip
    company.tell("activity", "end", day(160), kind="call", direction="out", occurred_at=day(160), lead="L50")
    company.load()
    with writing(company.home) as session:
        session.add(ScoreRun(
            target="lead_conversion", cutoff=day(10), version="v", kind="rule", horizon_days=30, load=1,
            started_at=day(10), finished_at=day(10), people=60, counts={}, thresholds={"first": 0.3, "second": 0.1},
        ))  # fmt: skip
        session.add(Person(id=1, login="lan", name="Lan", role="sales", failures=0, created_at=0))
        session.flush()
        for number in range(60):
            drawn = None if number == 9 else day(10 if number < 40 else 150)
            session.add(Enrolment(
                target="lead_conversion", party=f"P{number}", subject=f"lead:crm:L{number}",
                at=drawn, arm="rule" if number % 10 == 3 else "score",
                exempt="vip" if number in (9, 13) else None, owner=1 if number < 20 else None, probability=0.1,
            ))  # fmt: skip
    return company.home


def of(home: Home, at: float) -> Proof:
    return proof(home, "lead_conversion", as_of=day(at))


def test_it_counts_everybody_drawn_who_was_followed_to_the_end(told: Home) -> None:
    found = of(told, 161)
    assert found.days == 60
    assert found.drawn == (53, 6, 1)
    assert found.money.parties == (34, 4), "not the exempt, nor the one decided before the draw"
    spent = (100 * 2_600_000 / 34, 100 * 1_000_000 / 4)
    assert found.money.means == pytest.approx(spent), (
        "what was bought in the 60 days less what came back in them"
    )
    assert found.hits.hits == (3, 1)
    assert found.money.told == "early"
    assert [(row.of, row.effect.parties) for row in found.by_owner] == [("", (18, 2)), ("Lan", (16, 2))]
    assert [row.effect.parties for row in found.by_week] == [(34, 4)]


def test_before_the_first_were_followed_it_says_how_long_to_wait(told: Home) -> None:
    found = of(told, 40)
    assert not found.started
    assert found.money.estimate is None
    assert found.weeks_left is not None
    assert 4 <= found.weeks_left <= 10


def test_a_home_in_which_nobody_was_drawn_yet(told: Home) -> None:
    found = of(told, 5)
    assert (found.drawn, found.weeks_left, found.started) == ((0, 0, 1), None, False)


@pytest.fixture
def renewing(home: Home) -> Home:
    """Forty customers drawn on day 30, whose terms end on day 55; every other one renews on day 100."""
    company = Company(home.path)
    for number in range(40):
        who = {"party": f"K{number}", "currency": "VND", "amount": 1_000_000, "product": "CRM"}
        company.tell("party", f"K{number}", day(0), kind="organisation", name="A", created_at=day(0))
        company.tell("transaction", f"S{number}", day(1), kind="subscription", occurred_at=day(1), starts_at=day(1),
                     ends_at=day(55), **who)  # fmt: skip
        if number % 2:
            company.tell("transaction", f"R{number}", day(100), kind="renewal", occurred_at=day(100),
                         starts_at=day(100), ends_at=day(150), **who)  # fmt: skip
        for moment in (91, 121):
            company.tell("activity", f"A{number}-{moment}", day(moment), kind="call", direction="out",
                         occurred_at=day(moment), party=f"K{number}")  # fmt: skip
    company.load()
    with writing(company.home) as session:
        session.add(ScoreRun(
            target="churn", cutoff=day(30), version="v", kind="rule", horizon_days=30, load=1,
            started_at=day(30), finished_at=day(30), people=40, counts={}, thresholds={"first": 0.3, "second": 0.1},
        ))  # fmt: skip
        for number in range(40):
            session.add(Enrolment(
                target="churn", party=f"P{number}", subject=f"customer:crm:K{number}", at=day(30),
                arm="rule" if number < 4 else "score", exempt=None, owner=None, probability=0.1,
            ))  # fmt: skip
    return company.home


def test_customers_are_not_called_lost_while_they_may_still_renew(renewing: Home) -> None:
    waiting = proof(renewing, "churn", as_of=day(92))
    assert not waiting.started
    assert waiting.weeks_left == 5, "60 days after the 30 they are followed, of which 61 are over"
    told = proof(renewing, "churn", as_of=day(122))
    assert told.hits.parties == (36, 4)
    assert told.hits.means == (50.0, 50.0), "also those who renewed long after their 30 days"

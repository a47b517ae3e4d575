"""Whom people are done with leaves lists and loads, and comes back by an undo, another outcome or a word of theirs."""

import pytest
from sqlalchemy import update

from crm.clock import DAY, HOUR, now
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.work import Tap
from serving.rights.audit import COMMAND_LINE
from serving.work import holding
from serving.work.endings import ENDS
from serving.work.worklists import ranked
from tests.crm.company import Company
from tests.serving import teams
from tests.serving.stored import store

TARGET = "lead_conversion"


@pytest.fixture
def lan(home: Home) -> int:
    """A salesperson with three leads, the first of them hot."""
    team = teams.team(home, "Một")
    store(home, TARGET, *({"band": band, "expected": 5} for band in ("hot", "warm", "cold")))
    person = teams.person(home, "lan", team)
    for number in range(3):
        teams.hold(home, f"lead:crm:R{number}", person, team, since=1)
    return person


def standing(home: Home) -> tuple[str, tuple[int, int]]:
    """The last letters of who is on the list, and what Lan holds."""
    with reading(home) as session:
        _, found = ranked(session, home, TARGET, COMMAND_LINE)
        return "".join(place.subject[-1] for place in found), next(iter(holding.loads(session).values()))


def test_what_ends_somebody() -> None:
    assert {"bought_elsewhere", "wrong_number", "duplicate", "not_kept"} == ENDS


@pytest.mark.databases("sqlite", "postgres")
def test_an_end_takes_them_out_of_the_list_and_the_load_and_an_undo_brings_them_back(
    home: Home, lan: int
) -> None:
    teams.tap(home, "lead:crm:R0", lan, "interested", at=now() - DAY)
    teams.tap(home, "lead:crm:R0", lan, "wrong_number", at=now() - HOUR)
    teams.tap(home, "lead:crm:R1", lan, "no_answer")
    assert standing(home) == ("12", (2, 0))
    with writing(home) as session:
        session.execute(update(Tap).where(Tap.code == "wrong_number").values(undone_at=now()))
    assert standing(home) == ("012", (3, 1))


def test_another_outcome_brings_them_back(home: Home, lan: int) -> None:
    teams.tap(home, "lead:crm:R0", lan, "duplicate", at=now() - HOUR)
    teams.tap(home, "lead:crm:R0", lan, "interested")
    assert standing(home) == ("012", (3, 1))


@pytest.mark.parametrize(("hours", "listed"), [(1, "012"), (3, "12")])
def test_their_own_message_since_puts_them_back_on_the_list(
    home: Home, lan: int, hours: int, listed: str
) -> None:
    teams.tap(home, "lead:crm:R0", lan, "wrong_number", at=now() - 2 * HOUR)
    company, wrote = Company(home.path), now() - hours * HOUR
    company.tell("lead", "R0", wrote - DAY, created_at=wrote - DAY, name="An")
    company.tell(
        "activity", "M", wrote, kind="chat", direction="in", channel="zalo", occurred_at=wrote, lead="R0"
    )
    company.load()
    assert standing(home)[0] == listed


@pytest.mark.parametrize(
    ("said", "listed"),
    [
        ({"kind": "chat", "direction": "in", "lead": "R0"}, "012"),
        ({"kind": "call", "direction": "in", "phone": "+84901234567"}, "012"),
        ({"kind": "chat", "direction": "out", "lead": "R0"}, "12"),
    ],
)
def test_a_message_that_comes_live_puts_them_back_at_once(
    home: Home, lan: int, said: dict[str, str], listed: str
) -> None:
    company = Company(home.path)
    company.tell("lead", "R0", now() - DAY, created_at=now() - DAY, name="An", phone="+84901234567")
    company.load()
    teams.tap(home, "lead:crm:R0", lan, "wrong_number", at=now() - 2 * HOUR)
    Inbox(home).put("old", [Said("activity", "crm", "M0", said | {"occurred_at": now() - 3 * HOUR})])
    assert standing(home)[0] == "12"
    Inbox(home).put("new", [Said("activity", "crm", "M1", said | {"occurred_at": now() - HOUR})])
    assert standing(home)[0] == listed

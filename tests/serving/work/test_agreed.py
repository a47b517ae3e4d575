"""The call agreed last counts, whether here or in the CRM; where nobody made it, an alert says so."""

import pytest

from crm.clock import DAY, HOUR, SECOND, now
from crm.operations import reading
from crm.promises import Promise
from crm.settings import Home
from crm.tables.work import Tap
from serving.watches import callback_missed
from serving.work import workday
from tests.crm.company import Company
from tests.serving.teams import hold, person, tap, team

LEAD = "lead:crm:L"


@pytest.fixture
def home(home: Home) -> Home:
    """The CRM planned a call two days ago for yesterday."""
    company, at = Company(home.path), now() - 2 * DAY
    company.tell("lead", "L", at - DAY, created_at=at - DAY, name="Lan")
    company.tell("activity", "P", at, kind="callback", occurred_at=at, due_at=at + DAY, lead="L")
    company.load()
    return company.home


def missed(home: Home) -> list[tuple[str, float]]:
    with reading(home) as session:
        return [
            (one.subject, one.detail["due_at"])
            for one in callback_missed.look(session, home, now() + 5 * DAY)
        ]


def test_a_call_planned_in_the_crm_and_not_made_is_told_of(home: Home) -> None:
    hoa = person(home, "hoa", team(home, "Bắc"))
    assert missed(home) == [], "nobody has the lead"
    hold(home, LEAD, hoa, 1, now() - 3 * DAY)
    ((subject, due),) = missed(home)
    assert (subject, abs(due - (now() - DAY)) < 10 * SECOND) == (LEAD, True)
    tap(home, LEAD, hoa)
    assert missed(home) == []


def test_a_contact_the_crm_knows_of_settles_it_and_a_new_promise_of_ours_is_one(home: Home) -> None:
    hoa = person(home, "hoa", team(home, "Bắc"))
    hold(home, LEAD, hoa, 1, now() - 3 * DAY, touched_at=now() - HOUR)
    assert missed(home) == []
    tap(home, LEAD, hoa, "call_back", due_at=now() + HOUR)
    assert [round((due - now()) / HOUR) for _, due in missed(home)] == [1]


def test_what_was_said_last_is_agreed() -> None:
    said = Tap(at=10, due_at=50)
    assert workday.agreed(None, None) is None
    assert workday.agreed(None, Promise(5, 20)) == Promise(5, 20)
    assert workday.agreed(said, Promise(5, 20)) == Promise(10, 50)
    assert workday.agreed(said, Promise(11, 20)) == Promise(11, 20)
    assert workday.agreed(Tap(at=10, due_at=None), Promise(10, 20)) is None, "the tap's own, or settled by it"

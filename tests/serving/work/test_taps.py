from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import func, select, update

from crm.clock import DAY, HOUR, now
from crm.errors import Forbidden, LeadkeepError, NotFound, SourceError
from crm.inbox import Fresh, Inbox
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.work import DoNotContact, Tap
from serving.rights import people, teams
from serving.rights.keys import Caller
from serving.work import notes, outcomes
from serving.work.taps import Given, complete, tap, undo
from tests.serving.stored import store

pytestmark = pytest.mark.databases("sqlite", "postgres")

FIRST, SECOND = "7c9e6679-7425-40de-944b-e07fc1f90ae7", "0e1d2c3b-7425-40de-944b-e07fc1f90ae7"
LEAD = "lead:crm:R0"


@pytest.fixture
def caller(home: Home) -> Caller:
    """An administrator with a name, over one lead scored an hour ago."""
    store(home, "lead_conversion", {})
    team = teams.make(home, "Một", "sales").id
    made, _ = people.make(home, "yen", "Yến", "admin", team=team, actor="crm:yen.np")
    return Caller("admin", "person", made.id, team, "Yến")


def given(code: str = "no_answer", tap_id: str = FIRST, **more: object) -> Given:
    return Given(tap_id, LEAD, "lead_conversion", code)._replace(**more)


def inbox(home: Home) -> list[Fresh]:
    return Inbox(home).after(0)


def count(home: Home) -> int:
    with reading(home) as session:
        return session.scalar(select(func.count()).select_from(Tap)) or 0


def test_a_tap_becomes_a_call_of_the_lead_with_what_stood_then(home: Home, caller: Caller) -> None:
    row = tap(home, caller, given())
    assert (row.band, row.probability, row.version) == ("hot", 0.31, "20260301-aaaa")
    (fresh,) = inbox(home)
    assert (fresh.said.table, fresh.said.source, fresh.said.source_id) == (
        "activity",
        "crm",
        f"leadkeep:{FIRST}",
    )
    assert fresh.said.columns == {
        "kind": "call", "direction": "out", "channel": "phone", "outcome": "no_answer", "subject_code": "no_answer",
        "occurred_at": row.at, "lead": "R0", "actor": "yen.np",
    }  # fmt: skip


def test_pressed_twice_it_is_one(home: Home, caller: Caller) -> None:
    first = tap(home, caller, given())
    again = tap(home, caller, given())
    assert (again.at, count(home), len(inbox(home))) == (first.at, 1, 1)
    with pytest.raises(SourceError, match="another outcome has this id"):
        tap(home, caller, given("busy"))


def test_several_may_say_at_once_that_nobody_is_to_be_called(home: Home, caller: Caller) -> None:
    said = [given("do_not_contact", str(uuid4())) for _ in range(12)]
    with ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(partial(tap, home, caller), said))) == count(home) == 12


def test_a_callback_is_planned_and_the_next_contact_makes_it(home: Home, caller: Caller) -> None:
    row = tap(home, caller, given("call_back", due_at=now() + HOUR))
    planned = inbox(home)[1].said
    assert (planned.columns["kind"], planned.columns["due_at"]) == ("callback", row.due_at)
    later = tap(home, caller, given("interested", SECOND))
    made = inbox(home)[-1].said
    assert (made.source_id, made.columns) == (planned.source_id, {"done_at": later.at})
    undo(home, caller, SECOND)
    assert inbox(home)[-1].said.columns == {"done_at": None}


@pytest.mark.parametrize(
    ("code", "more"),
    [("no_answer", {}), ("call_back", {"due_at": now() + HOUR}), ("bought_elsewhere", {"why": "price"})],
)
def test_a_note_is_kept_with_any_outcome_shown_last_and_written_back(
    home: Home, caller: Caller, code: str, more: dict[str, object]
) -> None:
    file = home.path / "settings.toml"
    place = '[[write_back]]\nname = "crm"\nto = "file"\naddress = "out"\n'
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{place}", encoding="utf-8")
    row = tap(home, caller, given(code, note="Chị bận họp", **more))
    assert inbox(home)[0].said.custom == {"note": "Chị bận họp"}
    with reading(home) as session:
        assert notes.last(session, home, [LEAD]) == {LEAD: (row.at, "Chị bận họp")}
        action = session.scalars(select(Outgoing)).one().body["action"]
    assert (action["note"], action["kind"], bool(action["task"])) == (
        "Chị bận họp",
        "call",
        code != "bought_elsewhere",
    )
    tap(home, caller, given("interested", SECOND))
    with reading(home) as session:
        assert notes.last(session, home, [LEAD])[LEAD].text == "Chị bận họp", (
            "a later outcome without a note hides none"
        )
    undo(home, caller, FIRST)
    with reading(home) as session:
        assert notes.last(session, home, [LEAD]) == {}


def test_taken_back_it_is_closed_and_twice_changes_nothing(home: Home, caller: Caller) -> None:
    tap(home, caller, given("call_back", due_at=now() + HOUR))
    for _ in range(2):
        undo(home, caller, FIRST)
    assert [(fresh.said.source_id.rpartition(":")[2], fresh.said.deleted) for fresh in inbox(home)] == [
        (FIRST, False), ("callback", False), (FIRST, True), ("callback", True),
    ]  # fmt: skip


def test_only_today_s_own_taps_can_be_taken_back(home: Home, caller: Caller) -> None:
    tap(home, caller, given())
    other, _ = people.make(home, "an", "An", "admin")
    with pytest.raises(NotFound):
        undo(home, Caller("admin", "person", other.id), FIRST)
    with writing(home) as session:
        session.execute(update(Tap).values(at=Tap.at - DAY))
    with pytest.raises(SourceError, match="only today's"):
        undo(home, caller, FIRST)


def test_who_does_not_want_to_be_called_is_left_alone_until_that_is_taken_back(
    home: Home, caller: Caller
) -> None:
    tap(home, caller, given("do_not_contact"))
    with reading(home) as session:
        assert session.get_one(DoNotContact, LEAD).person == caller.person
    undo(home, caller, FIRST)
    with reading(home) as session:
        assert session.get(DoNotContact, LEAD) is None


@pytest.mark.parametrize(
    "wrong",
    [
        given(tap_id="1"),
        given("renewed"),
        given("call_back"),
        given("call_back", due_at=1),
        given("call_back", due_at=now() + 400 * DAY),
        given(due_at=now() + HOUR),
        given("bought_elsewhere"),
        given("bought_elsewhere", why="weather"),
        given(subject="customer:crm:K"),
        given(note="x" * 2001),
    ],
)
def test_what_cannot_be_meant_is_refused(home: Home, caller: Caller, wrong: Given) -> None:
    with pytest.raises(LeadkeepError):
        tap(home, caller, wrong)
    assert (count(home), inbox(home)) == (0, [])


def test_only_a_person_may_and_only_for_whom_is_theirs(home: Home, caller: Caller) -> None:
    with pytest.raises(Forbidden, match="only a person"):
        tap(home, Caller("admin", "link"), given())
    with pytest.raises(Forbidden, match="somebody else's"):
        tap(home, caller._replace(role="sales"), given())


def test_what_a_crash_left_unsaid_is_said_later(home: Home, caller: Caller) -> None:
    with writing(home) as session:
        session.add(
            Tap(**given()._asdict(), person=caller.person, at=now(), band="hot", probability=None, version="", arm="",
                undone_at=None)
        )  # fmt: skip
    for _ in range(2):
        complete(home)
        assert [fresh.said.source_id for fresh in inbox(home)] == [f"leadkeep:{FIRST}"]


@pytest.mark.parametrize("outcome", outcomes.BY_CODE.values(), ids=lambda one: one.code)
def test_every_outcome_has_its_words_and_a_known_question(outcome: outcomes.Outcome) -> None:
    assert outcome.vi
    assert outcome.en
    assert outcome.asks in ("", "when", "why")
    assert (outcome.asks == "why") == (outcome.code in outcomes.WHYS)

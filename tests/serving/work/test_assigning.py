from dataclasses import dataclass

import pytest
from sqlalchemy import update

from crm.clock import DAY, HOUR, now
from crm.errors import Forbidden, NotFound, SourceError
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Absence, Deed, Person, Team
from crm.tables.scores import Score
from crm.tables.work import Assignment
from serving.rights.keys import Caller
from serving.work import assigning, holding, taps
from serving.work.calendar import Calendar, day_number
from serving.work.taps import Given
from serving.work.worklists import ranked
from tests.crm.company import Company
from tests.serving.stored import store
from tests.serving.teams import as_caller, hold, holders, person, tap, team

ADMIN = Caller("admin", "link")
LEADS = "lead_conversion"


@dataclass
class Office:
    home: Home
    company: Company
    north: int
    care: int
    hoa: int
    minh: int
    lan: int

    def lead(self, source_id: str, days_ago: float = 10, **columns: object) -> str:
        known = now() - round(days_ago * DAY)
        told = {"created_at": now() - 10 * DAY, "name": source_id} | columns
        self.company.tell("lead", source_id, known, **told)
        return f"lead:crm:{source_id}"


@pytest.fixture
def office(home: Home) -> Office:
    north, care = team(home, "Bắc"), team(home, "CSKH", "care")
    people = [person(home, login, north) for login in ("hoa", "minh")]
    return Office(home, Company(home.path), north, care, *people, person(home, "lan", care, "care"))


@pytest.mark.databases("sqlite", "postgres")
def test_the_crms_owners_keep_theirs_and_the_others_are_shared(office: Office) -> None:
    own = office.lead("A", owner="minh")
    free = [office.lead(f"F{number}") for number in range(5)]
    office.lead("WON", converted_at=now() - DAY)
    office.company.load()
    store(office.home, "churn", {"source_id": "K1"})
    report = assigning.assign(office.home)
    assert report.moved == {"crm": 1, "rule": 6}
    assert report.without_team == 0
    held = holders(office.home)
    assert held[own] == (office.minh, office.north, "crm")
    assert held["customer:crm:K1"] == (office.lan, office.care, "rule")
    shared = [held[subject][0] for subject in free]
    assert sorted(shared.count(one) for one in (office.hoa, office.minh)) == [2, 3]
    assert set(held) == {own, "customer:crm:K1", *free}
    assert assigning.assign(office.home).moved == {}, "a second run finds nothing to do"


def test_hot_leads_are_shared_evenly_whatever_else_people_hold(office: Office) -> None:
    for number in range(10):
        office.lead(f"OLD{number}", owner="hoa")
    hot = [office.lead(f"H{number}") for number in range(6)]
    office.company.load()
    store(office.home, "lead_conversion", *({"source_id": f"H{number}"} for number in range(6)),
          *({"source_id": f"OLD{number}", "band": "cold"} for number in range(10)))  # fmt: skip
    assigning.assign(office.home)
    shared = [holders(office.home)[subject][0] for subject in hot]
    assert shared.count(office.hoa) == shared.count(office.minh) == 3


def test_what_the_crm_says_later_is_followed_and_what_it_said_before_is_not(office: Office) -> None:
    subject = office.lead("A", owner="hoa")
    office.company.load()
    assigning.assign(office.home)
    assigning.hand_over(office.home, ADMIN, subject, office.minh)
    assigning.assign(office.home)
    assert holders(office.home)[subject] == (office.minh, office.north, "handed")
    office.lead("A", -1, owner="hoa2")
    office.company.load()
    assigning.assign(office.home)
    assert holders(office.home)[subject][0] == office.minh, "nobody of that name works here"
    office.lead("A", -2, owner="hoa")
    office.company.load()
    assigning.assign(office.home)
    assert holders(office.home)[subject] == (office.hoa, office.north, "crm")


def test_a_merge_never_changes_an_owner_and_loses_nobodys_lead(office: Office) -> None:
    kept, gone = office.lead("KEPT", owner="hoa"), office.lead("GONE", owner="minh")
    free, other = office.lead("FREE"), office.lead("OTHER", owner="minh")
    office.company.load()
    with writing(office.home) as session:
        session.execute(update(Team).where(Team.id == office.north).values(qualify_at=0.9))
    assigning.assign(office.home)
    assert holders(office.home)[free] == (None, office.north, "rule")
    office.lead("KEPT", -1, owner="minh")  # the CRM's merge named another owner
    for source_id, into in (("GONE", kept), ("OTHER", free)):
        office.company.tell(
            "link", f"M{source_id}", now() + DAY, table="lead", record=source_id, subject=into, rule="merge"
        )
    office.company.load()
    assigning.assign(office.home)
    held = holders(office.home)
    assert held[kept] == (office.hoa, office.north, "crm")
    assert held[free] == (office.minh, office.north, "merged")
    assert gone not in held
    assert other not in held
    assert assigning.assign(office.home).moved == {}


def test_a_merge_of_customers_never_changes_an_owner(office: Office) -> None:
    mai = person(office.home, "mai", office.care, "care")
    for source_id, owner in (("K1", "lan"), ("K2", "mai")):
        office.company.tell("party", source_id, now() - 9 * DAY, kind="person", name=source_id, owner=owner)
    office.company.load()
    store(office.home, "churn", {"source_id": "K1"}, {"source_id": "K2"})
    assigning.assign(office.home)
    assert holders(office.home)["customer:crm:K2"] == (mai, office.care, "crm")
    office.company.tell("party", "K1", now() + DAY, kind="person", name="K1", owner="mai")
    office.company.tell(
        "link", "M", now() + DAY, table="party", record="K2", subject="customer:crm:K1", rule="merge"
    )
    office.company.load()
    store(office.home, "churn", {"source_id": "K1"}, cutoff=now())
    assigning.assign(office.home)
    assert holders(office.home) == {"customer:crm:K1": (office.lan, office.care, "crm")}


def test_leads_are_handed_to_sales_from_the_threshold_on(office: Office) -> None:
    low, high = office.lead("LOW"), office.lead("HIGH")
    office.company.load()
    assigning.qualify(office.home, ADMIN, office.north, 0.25, 8)
    store(
        office.home,
        "lead_conversion",
        {"source_id": "LOW", "probability": 0.1},
        {"source_id": "HIGH", "probability": 0.2},
    )
    assigning.assign(office.home)
    assert {held[0] for held in holders(office.home).values()} == {None}
    store(
        office.home,
        "lead_conversion",
        {"source_id": "LOW", "probability": 0.1},
        {"source_id": "HIGH", "probability": 0.25},
    )
    assert assigning.assign(office.home).moved == {"qualified": 1}
    assert holders(office.home)[high][0] is not None
    assert holders(office.home)[low][0] is None


@pytest.mark.databases("sqlite", "postgres")
def test_leads_nobody_touches_are_recalled_after_working_hours(office: Office) -> None:
    with reading(office.home) as session:
        calendar = Calendar.of(session, office.home.settings, office.hoa)
    long_since, just_now = (
        holding.long_ago(calendar, now(), 9 * HOUR),
        holding.long_ago(calendar, now(), 7 * HOUR),
    )
    hold(office.home, "lead:crm:LATE", office.hoa, office.north, long_since)
    hold(office.home, "lead:crm:EARLY", office.hoa, office.north, just_now)
    hold(office.home, "lead:crm:CALLED", office.hoa, office.north, long_since, touched_at=long_since + 1)
    hold(office.home, "lead:crm:TAPPED", office.hoa, office.north, long_since)
    hold(office.home, "lead:crm:UNDONE", office.hoa, office.north, long_since)
    hold(office.home, "customer:crm:K", office.lan, office.care, long_since)
    tap(office.home, "lead:crm:TAPPED", office.hoa)
    tap(office.home, "lead:crm:UNDONE", office.hoa, undone_at=now())
    assert assigning.recall(office.home) == 2
    held = holders(office.home)
    assert {subject for subject, one in held.items() if one[2] == "recalled"} == {
        "lead:crm:LATE",
        "lead:crm:UNDONE",
    }
    assert held["lead:crm:LATE"] == (None, office.north, "recalled")
    assert assigning.recall(office.home) == 0


def test_a_lead_of_who_is_on_leave_goes_back_to_the_pool(office: Office) -> None:
    with reading(office.home) as session:
        calendar = Calendar.of(session, office.home.settings, None)
    hold(office.home, "lead:crm:A", office.hoa, office.north, holding.long_ago(calendar, now(), 9 * HOUR))
    today = day_number(calendar.day(now()))
    with writing(office.home) as session:
        session.add(Absence(person=office.hoa, first_day=today - 30, last_day=today))
    assert assigning.recall(office.home) == 1
    assert holders(office.home)["lead:crm:A"] == (None, office.north, "recalled")


def test_nothing_is_recalled_from_somebody_new_or_where_the_hours_are_nought(office: Office) -> None:
    hold(office.home, "lead:crm:A", office.hoa, office.north, now() - 100 * DAY)
    with writing(office.home) as session:
        session.execute(update(Person).where(Person.id == office.hoa).values(created_at=now()))
    assert assigning.recall(office.home) == 0
    with writing(office.home) as session:
        session.execute(update(Person).values(created_at=0))
    assigning.qualify(office.home, ADMIN, office.north, None, 0)
    assert assigning.recall(office.home) == 0
    assigning.qualify(office.home, ADMIN, office.north, None, 8)
    assert assigning.recall(office.home) == 1


def test_a_recalled_lead_goes_to_another_when_it_is_hot_and_else_to_whoever_takes_it(office: Office) -> None:
    hot, cold = office.lead("HOT", owner="hoa"), office.lead("COLD", owner="hoa")
    office.company.load()
    store(office.home, "lead_conversion", {"source_id": "HOT"}, {"source_id": "COLD", "band": "cold"})
    assigning.assign(office.home)
    assert assigning.recall(office.home) == 2
    assigning.assign(office.home)
    held = holders(office.home)
    assert held[hot] == (office.minh, office.north, "rule")
    assert held[cold] == (None, office.north, "recalled")
    assigning.take(office.home, as_caller(office.home, office.hoa), cold)
    assert holders(office.home)[cold] == (office.hoa, office.north, "taken")


def test_only_what_lies_in_ones_own_pool_can_be_taken(office: Office) -> None:
    hold(office.home, "lead:crm:A", office.hoa, office.north, now() - HOUR)
    hold(office.home, "lead:crm:POOL", None, office.north, now() - HOUR)
    for caller, subject in (
        (as_caller(office.home, office.minh), "lead:crm:A"),
        (as_caller(office.home, office.lan), "lead:crm:POOL"),
        (ADMIN, "lead:crm:POOL"),
    ):
        with pytest.raises(Forbidden):
            assigning.take(office.home, caller, subject)
    with pytest.raises(NotFound):
        assigning.take(office.home, as_caller(office.home, office.minh), "lead:crm:NOBODY")
    with reading(office.home) as session:
        assert session.query(Deed).count() == 0


def test_the_pool_is_on_nobodys_list_and_an_outcome_takes_and_an_undo_puts_back(home: Home) -> None:
    one = team(home, "Một")
    hoa, minh, chi = (
        person(home, "hoa", one),
        person(home, "minh", one),
        person(home, "chi", one, "team_lead"),
    )
    store(home, LEADS, {}, {}, {})
    hold(home, "lead:crm:R0", hoa, one, since=1)
    hold(home, "lead:crm:R1", None, one, since=1, why="recalled")
    hold(home, "lead:crm:R2", minh, one, since=1)

    def lists() -> list[str]:
        with reading(home) as session:
            found = [ranked(session, home, LEADS, as_caller(home, who))[1] for who in (hoa, minh, chi)]
        return ["".join(sorted(place.subject[-1] for place in places)) for places in found]

    assert lists() == ["0", "2", "012"]
    said = Given("7c9e6679-7425-40de-944b-e07fc1f90ae7", "lead:crm:R1", LEADS, "interested")
    taps.tap(home, as_caller(home, hoa), said)
    assert (holders(home)["lead:crm:R1"], lists()) == ((hoa, one, "taken"), ["01", "2", "012"])
    with pytest.raises(Forbidden, match="somebody else's"):
        taps.tap(home, as_caller(home, minh), said._replace(id="0e1d2c3b-7425-40de-944b-e07fc1f90ae7"))
    second = taps.tap(home, as_caller(home, hoa), said._replace(id="1f2e3d4c-7425-40de-944b-e07fc1f90ae7"))
    for _ in range(2):
        taps.undo(home, as_caller(home, hoa), said.id)
    assert (holders(home)["lead:crm:R1"], lists()) == ((hoa, one, "taken"), ["01", "2", "012"])
    taps.undo(home, as_caller(home, hoa), second.id)
    assert (holders(home)["lead:crm:R1"], lists()) == ((None, one, "recalled"), ["0", "2", "012"])


def test_who_may_hand_over_to_whom(office: Office) -> None:
    hold(office.home, "lead:crm:A", office.hoa, office.north, now() - HOUR)
    lead = as_caller(office.home, person(office.home, "chi", office.north, "team_lead"))
    assigning.hand_over(office.home, lead, "lead:crm:A", office.minh)
    assert holders(office.home)["lead:crm:A"] == (office.minh, office.north, "handed")
    for caller, to in ((lead, office.lan), (as_caller(office.home, office.minh), office.hoa)):
        with pytest.raises(Forbidden):
            assigning.hand_over(office.home, caller, "lead:crm:A", to)
    with writing(office.home) as session:
        session.execute(update(Person).where(Person.id == office.hoa).values(left_at=now()))
    with pytest.raises(NotFound):
        assigning.hand_over(office.home, ADMIN, "lead:crm:A", office.hoa)
    with reading(office.home) as session:
        deed = session.query(Deed).one()
    assert (deed.action, deed.object, deed.person) == ("lead.hand_over", "lead:crm:A", lead.person)


def test_it_is_handed_only_to_who_has_it_on_a_list(office: Office) -> None:
    hold(office.home, "lead:crm:A", office.hoa, office.north, now() - HOUR)
    hold(office.home, "customer:crm:K", office.lan, office.care, now() - HOUR)
    market = person(office.home, "my", office.north, "marketing")
    lead = as_caller(office.home, person(office.home, "chi", office.north, "team_lead"))
    for caller, subject, to in (
        (lead, "lead:crm:A", market), (ADMIN, "lead:crm:A", office.lan), (ADMIN, "customer:crm:K", office.minh),
    ):  # fmt: skip
        with pytest.raises(SourceError, match="not see it on any list"):
            assigning.hand_over(office.home, caller, subject, to)
    with reading(office.home) as session:
        offered = {
            subject: [one.login for one in assigning.colleagues(session, ADMIN, subject)]
            for subject in ("lead:crm:A", "customer:crm:K", "lead:crm:NOBODYS")
        }
    assert offered == {"lead:crm:A": ["chi", "minh"], "customer:crm:K": [], "lead:crm:NOBODYS": []}


def test_who_leaves_hands_everything_to_colleagues_who_are_there(office: Office) -> None:
    subjects = [office.lead(f"L{number}", owner="hoa") for number in range(4)]
    office.company.load()
    assigning.assign(office.home)
    away = person(office.home, "nam", office.north)
    today = day_number(Calendar(office.home.settings).day(now()))
    with writing(office.home) as session:
        session.add(Absence(person=away, first_day=today, last_day=today))
        session.execute(update(Person).where(Person.id == office.hoa).values(left_at=now()))
        assert assigning.hand_over_all(session, office.home, office.hoa, by=office.minh) == 4
    held = holders(office.home)
    assert {held[subject] for subject in subjects} == {(office.minh, office.north, "left")}


def test_who_left_without_a_word_is_found_at_the_next_run(office: Office) -> None:
    subject = office.lead("A", owner="lan")
    office.company.load()
    hold(office.home, subject, office.hoa, office.north, now() - HOUR)
    with writing(office.home) as session:
        session.execute(update(Person).where(Person.id.in_([office.hoa, office.minh])).values(left_at=now()))
    assert assigning.assign(office.home).moved == {"left": 1}
    assert holders(office.home)[subject] == (None, office.north, "left")


@pytest.mark.databases("sqlite", "postgres")
def test_a_newcomer_is_somebodys_as_soon_as_it_is_scored(office: Office) -> None:
    inbox = Inbox(office.home)
    inbox.put(
        "1", [Said("lead", "crm", "NEW", {"owner": "minh"}), Said("lead", "crm", "FREE", {"channel": "zalo"})]
    )
    store(office.home, "lead_conversion", {"source_id": "NEW"}, {"source_id": "FREE"})
    with writing(office.home) as session:
        scores = session.query(Score).all()
        assigning.greet(office.home)(session, scores)
        assigning.greet(office.home)(session, scores)
    held = holders(office.home)
    assert held["lead:crm:NEW"] == (office.minh, office.north, "crm")
    assert held["lead:crm:FREE"] == (office.hoa, office.north, "rule")
    assert assigning.assign(office.home).moved == {}


def test_when_somebody_last_dealt_with_a_lead_is_kept(office: Office) -> None:
    subject, at = office.lead("A", owner="hoa"), now() - 2 * DAY
    office.company.load()
    assigning.assign(office.home)
    office.company.tell("activity", "C1", at, kind="call", direction="out", occurred_at=at, lead="A")
    office.company.load()
    assigning.assign(office.home)
    with reading(office.home) as session:
        assert session.query(Assignment).one().touched_at == at
        assert holding.untouched(session) == []
    assert subject in holders(office.home)


def test_nobody_loses_a_lead_while_nothing_can_be_told(office: Office) -> None:
    hold(office.home, "lead:crm:A", office.hoa, office.north, now() - HOUR)
    hold(office.home, "customer:crm:K", office.lan, office.care, now() - HOUR)
    assert assigning.assign(office.home).ended == 0
    office.lead("B", owner="hoa")
    office.company.load()
    assert assigning.assign(office.home).ended == 1
    assert set(holders(office.home)) == {"customer:crm:K", "lead:crm:B"}


def test_without_any_team_nobody_is_assigned_and_the_report_says_so(home: Home) -> None:
    company = Company(home.path)
    company.tell("lead", "A", now() - DAY, created_at=now() - DAY)
    company.load()
    assert assigning.assign(home).as_dict() == {"moved": {}, "ended": 0, "without_team": 1}


def test_thresholds_are_the_lead_of_the_teams_to_set(office: Office) -> None:
    lead = as_caller(office.home, person(office.home, "chi", office.north, "team_lead"))
    assigning.qualify(office.home, lead, office.north, 0.15, 24)
    with reading(office.home) as session:
        row = session.get_one(Team, office.north)
        assert (row.qualify_at, row.recall_hours) == (0.15, 24)
    with pytest.raises(Forbidden):
        assigning.qualify(office.home, lead, office.care, 0.15, 24)
    with pytest.raises(Forbidden):
        assigning.qualify(office.home, as_caller(office.home, office.hoa), office.north, 0.15, 24)
    with pytest.raises(SourceError):
        assigning.qualify(office.home, lead, office.north, 1.5, 24)
    with pytest.raises(NotFound):
        assigning.qualify(office.home, ADMIN, 999, 0.5, 24)

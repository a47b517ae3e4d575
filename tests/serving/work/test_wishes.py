"""Who asked not to be contacted is left alone in every record, list, alert and pool."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now
from crm.inbox import Inbox, Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed
from crm.tables.work import DoNotContact
from serving.app import create_app
from serving.rights.audit import COMMAND_LINE
from serving.rights.keys import Caller
from serving.work import alerts
from serving.work.wishes import lift, unwilling
from serving.work.worklists import worklist
from tests.crm.company import Company, day
from tests.serving.conftest import signed_in
from tests.serving.stored import send, store
from tests.serving.teams import hold, person, team

PHONE = "+84912345678"
ONES = {"lead:crm:L1", "lead:crm:L2", "customer:crm:P"}


def told(home: Home, **first: Any) -> Home:
    """Lan as a lead, as another lead with the same number, and as a customer; and Hoa."""
    company = Company(home.path)
    company.tell("lead", "L1", day(0), created_at=day(0), name="Lan", phone=PHONE, **first)
    company.tell("lead", "L2", day(0), created_at=day(0), name="Chị Lan", phone=PHONE)
    company.tell("lead", "HOA", day(0), created_at=day(0), name="Hoa", phone="+84988000111")
    company.tell(
        "party", "P", day(1), kind="person", name="Lan", phone=PHONE, created_at=day(1), customer_since=day(1)
    )
    company.load()
    store(home, "lead_conversion", *({"source_id": name} for name in ("L1", "L2", "HOA", "NEW")))
    store(home, "churn", {"source_id": "P"})
    return home


def asked(home: Home, subject: str) -> None:
    with writing(home) as session:
        session.add(DoNotContact(subject=subject, since=now(), why="", person=None))


def unwilling_in(home: Home) -> frozenset[str]:
    with reading(home) as session:
        return unwilling(session, home)


def listed(home: Home, target: str) -> set[str]:
    return {row.card.subject for row in worklist(home, target, 10).rows}


@pytest.mark.parametrize("subject", sorted(ONES))
def test_it_holds_for_every_record_of_the_person(home: Home, subject: str) -> None:
    told(home)
    assert unwilling_in(home) == frozenset()
    assert listed(home, "churn") == {"customer:crm:P"}
    asked(home, subject)
    assert unwilling_in(home) == ONES
    assert listed(home, "lead_conversion") == {"lead:crm:HOA", "lead:crm:NEW"}
    assert listed(home, "churn") == set()


def test_it_holds_for_a_lead_of_that_number_that_comes_later(home: Home) -> None:
    told(home)
    asked(home, "customer:crm:P")
    Inbox(home).put("a", [Said("lead", "crm", "NEW", {"name": "Lan", "phone": PHONE, "created_at": now()})])
    assert unwilling_in(home) == ONES | {"lead:crm:NEW"}
    assert listed(home, "lead_conversion") == {"lead:crm:HOA"}


@pytest.mark.parametrize(("custom", "holds"), [('{"do_not_contact": true}', True), ('{"do_not_contact": "có"}', True),
                                               ('{"do_not_contact": false}', False), ('{"a": 1}', False)])  # fmt: skip
def test_the_crm_may_say_so_too(home: Home, custom: str, holds: bool) -> None:
    told(home, custom=custom)
    assert unwilling_in(home) == (ONES if holds else frozenset())


def test_a_delivery_may_say_so_too(home: Home) -> None:
    told(home)
    Inbox(home).put("a", [Said("lead", "crm", "NEW", {"name": "An"}, {"do_not_contact": True})])
    assert unwilling_in(home) == {"lead:crm:NEW"}


def test_no_alert_sends_anybody_there(home: Home) -> None:
    told(home)
    hoa = person(home, "hoa", team(home, "Bắc"))
    for source_id in ("L1", "HOA"):
        hold(home, f"lead:crm:{source_id}", hoa, 1, now() - 30 * DAY)
    asked(home, "lead:crm:L2")
    alerts.look(home)
    with reading(home) as session:
        assert {one.subject for one in alerts.shown(session, Caller("admin", "link"))} == {"lead:crm:HOA"}


def test_their_number_is_not_opened_and_the_try_is_noted(home: Home) -> None:
    told(home)
    asked(home, "customer:crm:P")
    with TestClient(create_app(home), follow_redirects=False) as client:
        signed_in(client, home)
        about = {"target": "lead_conversion", "subject": "lead:crm:L1"}
        assert send(client, "/lien-he", **about).status_code == 403
        assert PHONE not in send(client, "/lien-he", **about).text
        assert "tel:+84988000111" in send(client, "/lien-he", **about | {"subject": "lead:crm:HOA"}).text
    with reading(home) as session:
        noted = [(one.object, one.refused) for one in session.query(Deed) if one.action == "phone.open"]
    assert noted == [("lead:crm:L1", True)] * 2 + [("lead:crm:HOA", False)]


def test_who_agrees_again_is_on_the_lists_again_and_that_is_noted(home: Home) -> None:
    told(home)
    asked(home, "lead:crm:L2")
    with writing(home) as session:
        lift(session, home, COMMAND_LINE, "customer:crm:P")
    assert unwilling_in(home) == frozenset()
    with reading(home) as session:
        assert [(deed.action, deed.object) for deed in session.query(Deed)] == [
            ("contact.allow", "customer:crm:P")
        ]

"""Records of one person are known as such, however they are joined."""

from pathlib import Path

import pytest

from crm.inbox import Inbox, Said
from crm.kin import kin, told_of
from crm.settings import Home
from tests.conftest import Homes
from tests.crm.company import Company, day

PHONE = "+84912345678"


@pytest.fixture(scope="module")
def home(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A lead that became a customer, a second with the same e-mail, a stranger."""
    company = Company(lasting.new(tmp_path_factory.mktemp("kin")).path)
    company.tell("lead", "L1", day(0), created_at=day(0), name="Lan", phone=PHONE, converted_at=day(1),
                 converted_party="P")  # fmt: skip
    company.tell("lead", "L2", day(0), created_at=day(0), name="Lan", email="lan@x.vn")
    company.tell("lead", "L3", day(0), created_at=day(0), name="Hoa")
    company.tell("party", "P", day(1), kind="person", name="Lan", email="lan@x.vn", created_at=day(1))
    company.tell(
        "transaction", "O", day(1), kind="order", party="P", occurred_at=day(1), amount=1, currency="VND"
    )
    company.load()
    said = {"name": "Lan", "phone": PHONE, "created_at": day(2)}
    Inbox(company.home).put(
        "a", [Said("lead", "crm", "NEW", said), Said("lead", "crm", "OTHER", {"name": "Lan"})]
    )
    return company.home


@pytest.mark.parametrize("subject", ["lead:crm:L1", "lead:crm:L2", "customer:crm:P", "lead:crm:NEW"])
def test_conversion_phone_and_email_join_also_who_came_live(home: Home, subject: str) -> None:
    assert kin(home, [subject]) == {"lead:crm:L1", "lead:crm:L2", "customer:crm:P", "lead:crm:NEW"}


@pytest.mark.parametrize("subject", ["lead:crm:L3", "lead:crm:OTHER", "lead:crm:NOBODY"])
def test_who_has_nothing_in_common_is_alone(home: Home, subject: str) -> None:
    assert kin(home, [subject]) == {subject}


def test_several_at_once_and_none(home: Home, homes: Homes, tmp_path: Path) -> None:
    assert len(kin(home, ["lead:crm:L1", "lead:crm:L3"])) == 5
    assert kin(home, []) == frozenset()
    assert kin(homes.new(tmp_path), ["lead:crm:L1"]) == {"lead:crm:L1"}


def test_only_those_events_are_told_of_are_subjects(home: Home) -> None:
    assert told_of(home, 1).to_pylist() == ["lead:crm:L1", "lead:crm:L2", "lead:crm:L3", "customer:crm:P"]

"""People are found by what is remembered of them."""

from pathlib import Path

import pytest

from crm.directory import cards
from crm.history import query
from crm.inbox import Inbox, Said
from crm.search import FOLDED, find, folded
from crm.settings import Home
from tests.conftest import Homes
from tests.crm.company import Company, day


@pytest.fixture(scope="module")
def told(lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    company = Company(lasting.new(tmp_path_factory.mktemp("told")).path)
    for number, (name, phone) in enumerate(
        (("Nguyễn Văn Đức", "+84912345678"), ("Nguyễn Thị Vân", "+84321234567"))
    ):
        company.tell("lead", f"LEA-{number}", day(0), created_at=day(0), name=name, phone=phone,
                     email=f"so{number}@an-phat.vn", company="Công ty TNHH Ánh Dương")  # fmt: skip
    company.tell("party", "K", day(0), kind="organisation", name="Cty CP Hòa Bình", created_at=day(0))
    company.tell("party", "P", day(0), kind="person", name="Lê Tú", organisation="K", phone="+84901111222",
                 created_at=day(0))  # fmt: skip
    company.tell(
        "lead", "WON", day(0), created_at=day(0), name="Đỗ Bình", converted_at=day(1), converted_party="Q"
    )
    company.tell("party", "Q", day(1), kind="person", name="Đỗ Bình", created_at=day(1))
    for deal, whose in (("OPP-7", {"lead": "LEA-0"}), ("OPP-8", {"party": "P"}), ("OPP-9", {"party": "Q"})):
        company.tell("deal", deal, day(1), name="Lắp đặt tổng đài 20 máy", created_at=day(1), **whose)
    company.tell("party", "NOBODY", day(0), kind="person", name="Nguyễn Văn Khách", created_at=day(0))
    company.tell(
        "transaction", "O", day(1), kind="order", party="P", occurred_at=day(1), amount=1, currency="VND"
    )
    company.load()
    return company.home


@pytest.fixture
def home(told: Home, homes: Homes, tmp_path: Path) -> Home:
    """The same, to do with as one likes."""
    return homes.copy(told, tmp_path / "home")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("nguyen van", ["lead:crm:LEA-0", "lead:crm:LEA-1"]),
        ("NGUYỄN THỊ", ["lead:crm:LEA-1"]),
        ("đức", ["lead:crm:LEA-0"]),
        ("duc nguyễn", ["lead:crm:LEA-0"]),
        ("anh duong", ["lead:crm:LEA-0", "lead:crm:LEA-1"]),
        ("uyen", []),
        ("0912345678", ["lead:crm:LEA-0"]),
        ("+84 912 345 678", ["lead:crm:LEA-0"]),
        ("84912345678", ["lead:crm:LEA-0"]),
        ("(0912) 345.678", ["lead:crm:LEA-0"]),
        ("0162 123 4567", ["lead:crm:LEA-1"]),
        ("345 678", ["lead:crm:LEA-0"]),
        ("5678", ["lead:crm:LEA-0"]),
        ("09123", []),
        ("123 456", []),
        ("678", []),
        ("so1@an-phat.vn", ["lead:crm:LEA-1"]),
        ("lea-0", ["lead:crm:LEA-0"]),
        ("opp-7", ["lead:crm:LEA-0"]),
        ("OPP-8", ["customer:crm:K"]),
        ("opp-9", ["lead:crm:WON"]),
        ("lap dat tong dai", ["customer:crm:K", "lead:crm:LEA-0", "lead:crm:WON"]),
        ("hoa binh", ["customer:crm:K"]),
        ("le tu", ["customer:crm:K"]),
        ("0901111222", ["customer:crm:K"]),
        ("nobody", []),
        ("  ", []),
        ("%", []),
        (".*", []),
    ],
)
def test_who_is_found(told: Home, asked: str, found: list[str]) -> None:
    assert sorted(find(told, asked)) == found


def test_whole_words_side_by_side_come_first(told: Home) -> None:
    assert find(told, "thi nguyen") == find(told, "nguyen thi") == ["lead:crm:LEA-1"]
    assert find(told, "van nguyen") == ["lead:crm:LEA-0", "lead:crm:LEA-1"]
    assert find(told, "van duc") == ["lead:crm:LEA-0"]


def test_who_came_live_is_found_at_once_and_as_they_are_called_now(home: Home) -> None:
    said = {"name": "Trần Hà", "phone": "+84988777666", "created_at": day(2)}
    Inbox(home).put("a", [Said("lead", "crm", "NEW", said)])
    assert find(home, "tran ha") == find(home, "0988 777 666") == ["lead:crm:NEW"]
    Inbox(home).put("b", [Said("lead", "crm", "NEW", {"name": "Trần Hạnh"})])
    assert find(home, "tran hanh") == ["lead:crm:NEW"]
    assert cards(home, ["lead:crm:NEW"])["lead:crm:NEW"].phone == "+84988777666"
    Inbox(home).put(
        "c", [Said("lead", "crm", "NEW", {}, deleted=True), Said("lead", "crm", "LEA-0", {"status": "new"})]
    )
    assert find(home, "tran") == []
    assert find(home, "van duc") == ["lead:crm:LEA-0"]


def test_before_the_first_import_nobody_is_found(homes: Homes, tmp_path: Path) -> None:
    assert find(homes.new(tmp_path), "lan") == []


@pytest.mark.parametrize(
    "said", ["Đặng Thị Ửng", "ĐƯỜNG Nguyễn", "Ngô Bảo Châu (Zalo), 2", "a/b|c;d 'e' \"f\""]
)
def test_the_database_folds_as_we_do(said: str) -> None:
    with query() as connection:
        connection.execute(FOLDED)
        assert connection.execute("SELECT folded(?)", [said]).fetchall() == [(folded(said),)]

import re
from pathlib import Path

import pytest

from crm.clock import DAY, HOUR
from crm.events import Events
from serving.story import HEADS, STATES, Teller, kinds_since
from tests.crm.company import Company, day

VI = Teller("vi", "VND", "Asia/Ho_Chi_Minh", {0: "Trần Thu"}, {"S1": "Trần Thu", "S2": "Lê Nam"})


@pytest.fixture
def events(tmp_path: Path) -> Events:
    company = Company(tmp_path)
    company.tell("lead", "L1", day(0), created_at=day(0), channel="zalo", owner="S1")
    company.tell("activity", "C1", day(1), kind="call", direction="out", outcome="no_answer", occurred_at=day(1),
                 lead="L1", actor="S1")  # fmt: skip
    company.tell("activity", "C2", day(2) + HOUR, kind="call", direction="in", outcome="answered", occurred_at=day(2),
                 duration=120, lead="L1", channel="phone")  # fmt: skip
    company.tell(
        "activity",
        "B1",
        day(3),
        kind="callback",
        occurred_at=day(3),
        entered_at=day(3),
        due_at=day(4),
        lead="L1",
    )
    company.tell("activity", "X1", day(5), kind="<b>fair</b>", occurred_at=day(5), lead="L1")
    company.tell("change", "H1", day(6), object="lead", record="L1", field="owner", old="S1", new="S2",
                 occurred_at=day(6), provenance="history")  # fmt: skip
    return company.load().one("lead:crm:L1")


def test_events_are_told_newest_first_in_peoples_words(events: Events) -> None:
    lines, count = VI.told(events, day(10), 0, 100)
    assert [line.head for line in lines][:3] == ["Người phụ trách", "<b>fair</b>", "Lỡ hẹn gọi lại"]
    assert lines[0].detail == "Lê Nam"
    told = {line.head: line for line in lines}
    assert told["Khách gọi đến"].detail == "nghe máy · 2 phút · điện thoại"
    assert told["Khách gọi đến"].tone == "in"
    assert (told["Gọi cho khách"].detail, told["Gọi cho khách"].who) == ("không nghe máy", "Trần Thu")
    assert told["Lỡ hẹn gọi lại"].tone == "bad"
    assert told["Có trong CRM"].detail == "Zalo"
    assert count == len(lines)
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_only_what_was_known_is_told_and_a_page_at_a_time(events: Events) -> None:
    assert [line.head for line in VI.told(events, day(2), 0, 100)[0]] == ["Gọi cho khách", "Có trong CRM"]
    everything, count = VI.told(events, day(10), 0, 100)
    assert VI.told(events, day(10), 2, 2) == (everything[2:4], count)


def test_the_last_days_are_counted(events: Events) -> None:
    found = dict(kinds_since(events, day(3) + HOUR, 2, "en"))
    assert found == {"The customer called": 1, "Callback planned": 1}
    assert kinds_since(events, day(30) + DAY, 7, "en") == []


def test_every_kind_of_moment_has_words() -> None:
    folder = Path(__file__).parents[2] / "crm" / "moments"
    text = " ".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    known = {name.partition(" ")[0] for name in HEADS} | STATES
    assert set(re.findall(r"'(\w+)' AS kind", text)) - {"change"} <= known

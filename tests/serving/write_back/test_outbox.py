import csv
import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, update

import leadkeep
from crm.clock import DAY, HOUR, MINUTE, SECOND, now, show
from crm.errors import NotFound, SettingsError
from crm.inbox import Said
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import Mark
from crm.tables.outbox import Outgoing
from crm.tables.people import Deed, Person
from crm.tables.scores import Score
from crm.tables.work import Tap
from serving import scheduler
from serving.destinations import webhook
from serving.rights import keys
from serving.write_back import control as write_back
from serving.write_back import groups, outbox, sending
from tests.crm.company import Company
from tests.serving import receiver
from tests.serving.receiver import hook
from tests.serving.stored import ORIGIN, header, send, store

FILE = '[[write_back]]\nname = "csv"\nto = "file"\naddress = "out"\nper_minute = 1000000\n'


def configure(home: Home, *texts: str) -> None:
    """Settings with these destinations, and the database they had."""
    file = home.path / "settings.toml"
    url = tomllib.loads(file.read_text(encoding="utf-8"))["stores"]["operations"]
    file.write_text("\n".join((*texts, f'[stores]\noperations = "{url}"')), encoding="utf-8")


@pytest.fixture
def address() -> Iterator[str]:
    with receiver.running() as found:
        yield found


@pytest.fixture
def crm(home: Home, address: str) -> str:
    configure(home, hook(address))
    return address


def rows(home: Home, *states: str) -> list[Outgoing]:
    with reading(home) as session:
        asked = select(Outgoing).order_by(Outgoing.id)
        return list(session.scalars(asked.where(Outgoing.state.in_(states)) if states else asked))


def come(home: Home) -> None:
    """Nothing waits for its time any more."""
    with writing(home) as session:
        session.execute(update(Outgoing).values(due_at=0))
        session.execute(update(Mark).values(number=0))


def sent(home: Home) -> int:
    come(home)
    return sum(done.sent for done in sending.send_due(home))


def written(address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = receiver.state(address)["by_key"]
    return found


def standing(home: Home) -> dict[str, str]:
    with (home.path / "out" / "leadkeep-scores.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["source_id"]: row["leadkeep_percent"] for row in csv.DictReader(file)}


def scored(home: Home, **probability: float) -> None:
    """Newer scores of some leads, queued."""
    store(
        home,
        "lead_conversion",
        *({"source_id": who, "probability": p} for who, p in probability.items()),
        cutoff=now(),
    )
    write_back.queue_all(home)


def tapped(home: Home, id: str = "t1") -> Tap:
    with writing(home) as session:
        if session.get(Person, 1) is None:
            session.add(Person(
                id=1, login="lan", name="Lan", role="sales", actor="crm:U7", failures=0, created_at=0,
            ))  # fmt: skip
            session.flush()
        tap = Tap(
            id=id, subject="lead:crm:A", target="lead_conversion", person=1, code="no_answer", at=now(), due_at=None,
            why="", note="gọi lại chiều", band="hot", probability=0.3, version="1", arm="score",
        )  # fmt: skip
        session.add(tap)
        session.flush()
        said = [
            Said("activity", "crm", f"leadkeep:{id}", {"kind": "call", "outcome": "no_answer", "lead": "A"})
        ]
        outbox.queue_tap(session, tap, said, "Không nghe máy")
        outbox.queue_tap(session, tap, said, "Không nghe máy")
    return tap


@pytest.mark.databases("sqlite", "postgres")
def test_only_changed_scores_are_queued_once_for_each_destination(home: Home, address: str) -> None:
    configure(home, hook(address), FILE)
    scored(home, A=0.3, B=0.2)
    scored(home, A=0.301, B=0.25)
    assert sent(home) == 4
    scored(home, A=0.3, B=0.2)
    assert [row.subject for row in rows(home, "waiting")] == ["lead:crm:B"] * 2
    assert sent(home) == 2
    assert standing(home) == {"A": "30", "B": "20"}
    assert [item["fields"]["leadkeep_percent"] for item in written(address)] == [30, 25, 20]
    configure(home, hook(address), FILE.replace("csv", "third"))
    assert write_back.queue_all(home) == 2, "a new destination gets everything"


def test_a_newer_score_takes_the_place_of_one_that_waits(home: Home, crm: str) -> None:
    for percent in (10, 20, 30):
        scored(home, A=percent / 100)
    assert [row.state for row in rows(home)] == ["superseded", "superseded", "waiting"]
    assert sent(home) == 1


def test_a_score_that_went_back_before_it_was_sent_is_not_sent(home: Home, crm: str) -> None:
    for percent in (10, 20, 10):
        scored(home, A=percent / 100)
        if percent == 10:
            sent(home)
    assert [item["fields"]["leadkeep_percent"] for item in written(crm)] == [10]
    scored(home, A=0.2)
    assert sent(home) == 1


def test_a_target_that_is_not_wanted_is_not_written(home: Home, address: str) -> None:
    configure(home, hook(address, 'targets = ["churn"]\n'))
    scored(home, A=0.3)
    assert rows(home) == []


def test_a_score_and_its_place_in_the_outbox_are_kept_together_or_not_at_all(home: Home, crm: str) -> None:
    store(home, "lead_conversion", {"source_id": "A"})
    with reading(home) as session:
        scores = session.scalars(select(Score)).all()
    with pytest.raises(ZeroDivisionError):
        _queue_and_fail(home, scores)
    assert rows(home) == []


def _queue_and_fail(home: Home, scores: Sequence[Score]) -> None:
    with writing(home) as session:
        assert outbox.queue_scores(session, scores) == 1
        raise ZeroDivisionError


def test_a_tap_is_written_once_with_its_words_and_who_it_was(home: Home, crm: str) -> None:
    tapped(home)
    assert sending.send_due(home)[0].sent == 0, "it may still be taken back"
    assert sent(home) == 1
    (item,) = written(crm)
    assert (item["action"]["said"], item["action"]["staff"]) == ("Không nghe máy", "crm:U7")
    assert item["action"]["records"][0]["columns"]["kind"] == "call"


@pytest.mark.parametrize(("gone", "kinds"), [(False, []), (True, ["tap", "withdrawal"])])
def test_a_tap_taken_back(home: Home, crm: str, gone: bool, kinds: list[str]) -> None:
    tap = tapped(home)
    if gone:
        sent(home)
    with writing(home) as session:
        outbox.withdraw_tap(session, tap)
        outbox.withdraw_tap(session, tap)
    sent(home)
    assert [item["kind"] for item in written(crm)] == kinds


@pytest.mark.databases("sqlite", "postgres")
def test_a_destination_that_fails_is_tried_again_later_and_later_with_the_same_bytes(
    home: Home, address: str
) -> None:
    configure(home, hook(address + "no"))
    scored(home, A=0.3)
    (done,) = sending.send_due(home)
    assert "HTTP 503" in done.problem
    (row,) = rows(home, "sending")
    assert row.due_at - now() <= groups.FIRST_WAIT
    with reading(home) as session:
        mark = session.get_one(Mark, "out:crm")
    assert mark.number - now() > 29 * MINUTE, "it asked to be left alone for half an hour"
    configure(home, hook(address))
    scored(home, A=0.4)
    assert sent(home) == 2
    assert [item["fields"]["leadkeep_percent"] for item in written(address)] == [30, 40], "in their order"


def test_waits_double_up_to_an_hour_and_differ() -> None:
    waits = [groups.backoff(attempt) for attempt in range(1, sending.TRIES + 1)]
    assert all(SECOND * 2**n <= wait <= 2 * SECOND * 2**n for n, wait in enumerate(waits[:10]))
    assert max(waits) <= HOUR
    assert sum(waits) > 6 * HOUR
    assert len({groups.backoff(20) for _ in range(20)}) > 1


@pytest.mark.databases("sqlite", "postgres")
def test_what_is_never_taken_is_a_dead_letter_until_somebody_says_again(home: Home, address: str) -> None:
    configure(home, hook(address + "no"))
    scored(home, A=0.3)
    for _ in range(sending.TRIES):
        come(home)
        sending.send_due(home)
    (found,) = write_back.status(home)
    assert found["states"] == {"dead": 1}
    assert "HTTP 503" in found["dead"][0]["error"]
    configure(home, hook(address))
    assert write_back.queue_all(home) == 0
    assert write_back.retry(home, "crm") == 1
    assert sent(home) == 1
    assert len(written(address)) == 1


def test_one_bad_record_does_not_hold_back_the_others(home: Home, crm: str) -> None:
    scored(home, A=0.1, BAD=0.2, C=0.3)
    come(home)
    (done,) = sending.send_due(home)
    assert (done.sent, done.dead, done.problem) == (2, 1, "")
    assert {item["id"] for item in written(crm)} == {"A", "C"}
    assert [row.subject for row in rows(home, "dead")] == ["lead:crm:BAD"]
    scored(home, BAD=0.4)
    assert [row.state for row in rows(home) if "BAD" in row.subject] == ["superseded", "waiting"]


def test_groups_go_at_the_pace_the_destination_bears(
    home: Home, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "GROUP", 2)
    configure(home, hook(address).replace("1000000", "6"))
    scored(home, **{f"L{number}": 0.1 for number in range(6)})
    assert [sending.send_due(home, 0.1)[0].sent for _ in range(2)] == [2, 0], "ten seconds are not over"
    come(home)
    assert sending.send_due(home, 0.1)[0].sent == 2


def test_a_dry_run_sends_nothing_and_says_what_it_would(home: Home, address: str) -> None:
    configure(home, hook(address, "dry_run = true\n"))
    store(home, "lead_conversion", {"source_id": "A", "probability": 0.3})
    found = write_back.dry_run(home, "crm")
    assert found["news"] == {"lead_conversion": 1}
    assert found["sample"][0]["leadkeep_percent"] == 30
    assert rows(home) == []
    assert write_back.queue_all(home) == 1
    assert (sending.send_due(home)[0].dry, sending.send_due(home)[0].dry, write_back.queue_all(home)) == (
        1,
        0,
        0,
    )
    assert written(address) == []
    configure(home, hook(address))
    assert write_back.queue_all(home) == 1, "now in earnest"
    assert sent(home) == 1


def test_undoing_restores_what_stood_before_and_empties_what_was_empty(home: Home) -> None:
    configure(home, FILE)
    scored(home, A=0.1)
    sent(home)
    since = now()
    scored(home, A=0.2, B=0.3)
    sent(home)
    scored(home, A=0.25)
    sent(home)
    scored(home, B=0.35)
    assert standing(home) == {"A": "25", "B": "30"}
    assert write_back.undo(home, "csv", since) == 2
    assert write_back.undo(home, "csv", since) == 0, "twice changes nothing"
    assert sent(home) == 2
    assert standing(home) == {"A": "10", "B": ""}
    assert write_back.queue_all(home) == 0, "it stays taken back"
    scored(home, A=0.5)
    sent(home)
    assert standing(home)["A"] == "50", "until the score changes"
    with pytest.raises(NotFound, match="csv"):
        write_back.undo(home, "other", since)


def test_a_wrong_destination_is_said_and_holds_nobody_up(home: Home) -> None:
    configure(home, FILE, '[[write_back]]\nname = "odd"\nto = "pigeon"\naddress = "roof"\n')
    scored(home, A=0.3)
    well, odd = sending.send_due(home)
    assert (well.sent, odd.sent) == (1, 0)
    assert "no such kind of destination" in odd.problem
    with pytest.raises(SettingsError, match="file, table, webhook"):
        write_back.dry_run(home, "odd")


def test_a_secret_is_not_shown_with_a_wrong_setting(home: Home) -> None:
    configure(home, '[[write_back]]\nname = "crm"\nto = "webhook"\nsecret = "whsec_x"\n')
    with pytest.raises(SettingsError) as refused:
        outbox.places(home)
    assert "address" in str(refused.value)
    assert "whsec" not in str(refused.value)
    configure(home, FILE, FILE)
    with pytest.raises(SettingsError, match="same name"):
        outbox.places(home)
    configure(home)


def test_after_a_month_only_the_newest_of_each_subject_is_remembered(home: Home) -> None:
    configure(home, FILE)
    for probability in (0.1, 0.2, 0.3):
        scored(home, A=probability)
        sent(home)
    with writing(home) as session:
        session.execute(update(Outgoing).values(created_at=Outgoing.created_at - 31 * DAY))
        session.execute(update(Mark).values(number=Mark.number - DAY))
    sending.send_due(home)
    assert [row.body["fields"]["leadkeep_percent"] for row in rows(home)] == [30]


def test_the_command_line_sends_shows_and_takes_back(
    home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configure(home, FILE)
    store(home, "lead_conversion", {"source_id": "A", "probability": 0.3})
    monkeypatch.setenv("LEADKEEP_HOME", str(home.path))

    def said(*command: str) -> Any:
        monkeypatch.setattr("sys.argv", ["leadkeep", "write-back", *command, "--json"])
        with pytest.raises(SystemExit) as ended:
            leadkeep.main()
        assert not ended.value.code
        return json.loads(capfd.readouterr().out)

    assert said("dry-run", "csv")["news"] == {"lead_conversion": 1}
    assert said("send")[0]["sent"] == 1, "a new destination gets everything"
    assert said("status")[0]["states"] == {"sent": 1}
    assert said("undo", "csv", "--since", "2026-01-01")["taken back"] == 1
    assert said("send")[0]["sent"] == 1
    assert said("retry", "csv")["again"] == 0
    assert standing(home) == {"A": ""}


def test_who_is_scored_no_more_is_cleared_once_and_written_again_on_return(home: Home, address: str) -> None:
    configure(home, hook(address), FILE)
    scored(home, A=0.3, B=0.2)
    sent(home)
    store(home, "lead_conversion", {"source_id": "A", "probability": 0.3}, cutoff=now())
    assert write_back.clear_gone(home, "lead_conversion") == 2
    assert write_back.clear_gone(home, "lead_conversion") == 0
    assert write_back.queue_all(home) == 0, "the old score of who is gone is nobody's news"
    sent(home)
    assert standing(home) == {"A": "30", "B": ""}
    last = written(address)[-1]
    assert (last["id"], set(last["fields"].values())) == ("B", {None})
    scored(home, A=0.3, B=0.2)
    sent(home)
    assert standing(home) == {"A": "30", "B": "20"}


def test_who_was_never_written_is_not_cleared(home: Home, crm: str) -> None:
    store(home, "lead_conversion", {"source_id": "A"})
    store(home, "lead_conversion", {"source_id": "B"}, cutoff=now())
    assert write_back.clear_gone(home, "lead_conversion") == 0
    assert write_back.welcome(home) == 1, "a new destination gets those that stand"
    assert [row.subject for row in rows(home)] == ["lead:crm:B"]


def test_what_was_not_taken_is_shown_and_tried_again_by_a_press(
    browser: TestClient, home: Home, crm: str
) -> None:
    company = Company(home.path)
    company.tell("lead", "BAD1", 0, created_at=0)
    company.load()
    scored(home, BAD1=0.3)
    sent(home)
    page = browser.get("/du-lieu").text
    for said in ("crm không nhận", "lead:crm:BAD1", "unknown"):
        assert said in page
    answer = send(browser, "/du-lieu/gui-lai", noi="crm")
    assert answer.headers["location"] == "/du-lieu?lai=1#ghi-ve"
    assert [row.state for row in rows(home)] == ["sending"]
    write_back.undo(home, "crm", 0)
    with reading(home) as session:
        said = [
            (deed.action, deed.object, deed.detail["rows"])
            for deed in session.query(Deed).filter(Deed.action.startswith("write_back."))
        ]
    assert said == [("write_back.retry", "destination:crm", 1), ("write_back.undo", "destination:crm", 0)]


def test_a_destination_that_fails_is_seen_at_once(client: TestClient, home: Home, address: str) -> None:
    configure(home, hook(address + "no"), FILE.replace("file", "fax"))
    scored(home, A=0.3)
    with writing(home) as session:
        session.execute(update(Outgoing).values(created_at=Outgoing.created_at - 2 * HOUR))
    with reading(home) as session:
        since = session.scalars(select(Outgoing.created_at)).first()
    sending.send_due(home)
    for role in ("admin", "data"):
        client.post("/dang-nhap", data={"khoa": keys.create(home, role)}, headers={"origin": ORIGIN})
        page = client.get("/du-lieu").text
        for said in ("tới crm hỏng", "tới csv hỏng", show(since or 0, home.settings.zone)):
            assert said in page
        assert ("HTTP 503" in page) == ("no such kind of destination" in page) == (role == "admin")
        assert receiver.SECRET not in page
    told = client.get("/api/v1/metrics", headers=header(home)).text
    waits = re.findall(r'leadkeep_outbox_oldest_seconds\{destination="(\w+)"\} ([\d.]+)', told)
    assert [(name, 7200 <= float(age) < 7300) for name, age in waits] == [("crm", True), ("csv", True)]


def test_a_sending_that_fails_says_so_in_the_history_of_jobs(
    home: Home, address: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configure(home, hook(address + "no"))
    scored(home, A=0.3)
    monkeypatch.setenv("LEADKEEP_HOME", str(home.path))
    monkeypatch.setattr("sys.argv", ["leadkeep", "write-back", "send", "--json"])
    with pytest.raises(SystemExit) as ended:
        leadkeep.main()
    assert ended.value.code == 10
    told = capfd.readouterr()
    assert "HTTP 503" in json.loads(told.out)[0]["problem"]
    assert (
        scheduler.said(told.err)
        == "write-back to crm waits; what to do: leadkeep write-back status tells why"
    )

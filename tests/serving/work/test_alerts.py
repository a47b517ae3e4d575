import json
import re
from collections.abc import Iterator
from email import message_from_string
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update

from crm.clock import DAY, HOUR, now
from crm.days import local_day
from crm.discover import modules
from crm.errors import NotFound
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Absence, Team
from crm.tables.scores import ScorePast
from crm.tables.trial import Enrolment
from crm.tables.work import Alert
from serving.rights.keys import Caller
from serving.work import alerts, assigning, holding, playbook
from serving.work.calendar import Calendar
from tests.serving.stored import store
from tests.serving.teams import as_caller, hold, person, tap, team

ADMIN = Caller("admin", "link")


@pytest.fixture
def home(home: Home) -> Home:
    """Open day and night, so that the tests do not depend on when they run."""
    file = home.path / "settings.toml"
    said = file.read_text(encoding="utf-8")
    for old in ('week = ["08:00-12:00", "13:30-17:30"]', 'saturday = ["08:00-12:00"]', "sunday = []"):
        assert old in said
        said = said.replace(old, f'{old.partition(" ")[0]} = ["00:00-23:59"]')
    file.write_text(said, encoding="utf-8")
    return home


def configure(home: Home, *, teams: str = "", **given: str) -> None:
    file = home.path / "settings.toml"
    said = file.read_text(encoding="utf-8")
    for name, value in given.items():
        said = re.sub(rf'^{name} = ""', f'{name} = "{value}"', said, flags=re.MULTILINE)
    file.write_text(said.replace("[alerts.teams]", f"[alerts.teams]\n{teams}"), encoding="utf-8")


@pytest.fixture
def hoa(home: Home) -> int:
    return person(home, "hoa", team(home, "Bắc"), email="hoa@example.vn")


def a_hot_lead(home: Home, hoa: int, since: int, source_id: str = "R0", **given: Any) -> str:
    store(home, "lead_conversion", {"source_id": source_id})
    subject = f"lead:crm:{source_id}"
    hold(home, subject, hoa, 1, since, **given)
    return subject


def kept(home: Home) -> list[tuple[str, str, int | None, int | None]]:
    with reading(home) as session:
        return [(one.kind, one.subject, one.person, one.team) for one in alerts.shown(session, ADMIN)]


def test_every_watch_and_every_channel_is_whole() -> None:
    for watch in modules("serving.watches").values():
        assert "{n}" in watch.VI
        assert "{n}" in watch.EN
        assert watch.ONE_VI
        assert watch.ONE_EN
        assert watch.TODO_VI.endswith(".")
        assert watch.TODO_EN.endswith(".")
        assert callable(watch.look)
    for channel in modules("serving.channels").values():
        assert channel.messages(Home().settings, [alerts.Told(1, "untouched", ("a@b.vn",), "Bắc")]) == []


@pytest.mark.databases("sqlite", "postgres")
def test_a_hot_lead_nobody_touches_is_told_once_and_settled_by_a_contact(home: Home, hoa: int) -> None:
    subject = a_hot_lead(home, hoa, now() - 3 * HOUR)
    hold(home, "lead:crm:COLD", hoa, 1, now() - 3 * HOUR)
    assert (alerts.look(home), alerts.look(home)) == (1, 0)
    assert kept(home) == [("untouched", subject, hoa, 1)]
    tap(home, subject, hoa)
    assert alerts.look(home) == 0
    assert kept(home) == []


def test_one_that_came_just_now_is_not_late(home: Home, hoa: int) -> None:
    a_hot_lead(home, hoa, now() - HOUR // 4)
    assert alerts.look(home) == 0


def test_time_when_nobody_works_does_not_count() -> None:
    calendar = Calendar(Home().settings)
    monday = 1_772_413_200_000_000  # 2026-03-02 08:00 in Việt Nam
    assert (
        holding.long_ago(calendar, monday + HOUR // 4, HOUR // 2) == monday - 2 * DAY + 4 * HOUR - HOUR // 4
    )


def test_a_hot_lead_in_a_pool_is_the_teams(home: Home, hoa: int) -> None:
    subject = a_hot_lead(home, hoa, now() - 3 * HOUR)
    with writing(home) as session:
        assert holding.replace(session, subject, holding.current(session, subject).since,
                               holding.Place(None, 1, "recalled"), now() - 2 * HOUR)  # fmt: skip
    alerts.look(home)
    assert kept(home) == [("untouched", subject, None, 1)]


def test_a_customer_whose_risk_jumped_is_told_once_in_a_fortnight(home: Home) -> None:
    lan = person(home, "lan", team(home, "CSKH", "care"), "care")
    store(home, "churn", {"source_id": "JUMPED", "probability": 0.5}, {"source_id": "SAME", "probability": 0.5},
          {"source_id": "LOW", "probability": 0.5, "band": "low"})  # fmt: skip
    today = int(local_day(np.array([now()]), home.settings.zone)[0])
    with writing(home) as session:
        for source_id, day, chance in (
            ("JUMPED", today - 9, 0.2), ("JUMPED", today - 1, 0.5), ("SAME", today - 9, 0.45),
            ("SAME", today - 20, 0.1), ("LOW", today - 9, 0.1),
        ):  # fmt: skip
            session.add(ScorePast(target="churn", subject=f"customer:crm:{source_id}", day=day, cutoff=day, version="1",
                                  probability=chance, band="low", expected=None, reasons=None))  # fmt: skip
    hold(home, "customer:crm:JUMPED", lan, 1, now() - DAY)
    assert alerts.look(home) == 1
    assert kept(home) == [("risk_jumped", "customer:crm:JUMPED", lan, 1)]
    with writing(home) as session:
        session.execute(
            update(Alert).values(key="risk_jumped:customer:crm:JUMPED:earlier", at=now() - 3 * DAY)
        )
    assert alerts.look(home) == 0
    assert len(kept(home)) == 1


def test_nobody_is_sent_to_a_customer_who_was_not_kept(home: Home) -> None:
    lan = person(home, "lan", team(home, "CSKH", "care"), "care")
    store(home, "churn", {"source_id": "GONE", "probability": 0.5})
    today = int(local_day(np.array([now()]), home.settings.zone)[0])
    with writing(home) as session:
        session.add(ScorePast(target="churn", subject="customer:crm:GONE", day=today - 9, cutoff=1, version="1",
                              probability=0.1, band="low", expected=None, reasons=None))  # fmt: skip
    assert alerts.look(home) == 1
    tap(home, "customer:crm:GONE", lan, "not_kept", target="churn")
    assert alerts.look(home) == 0
    assert kept(home) == [], "it is settled"


@pytest.mark.parametrize(
    ("band", "rule_now", "rule_then", "told"),
    [("high", 0.5, 0.45, 0), ("low", 0.5, 0.1, 1), ("high", 0.15, 0.01, 0), ("high", None, None, 0)],
)
def test_who_is_worked_by_the_rule_is_told_of_by_the_rule(
    home: Home, band: str, rule_now: float | None, rule_then: float | None, told: int
) -> None:
    subject = "customer:crm:RULED"
    store(
        home, "churn", {"source_id": "RULED", "probability": 0.5, "band": band, "rule_probability": rule_now}
    )
    today = int(local_day(np.array([now()]), home.settings.zone)[0])
    with writing(home) as session:
        session.add(ScorePast(target="churn", subject=subject, day=today - 9, cutoff=1, version="1", probability=0.1,
                              rule_probability=rule_then, band="low", expected=None, reasons=None))  # fmt: skip
        session.add(Enrolment(target="churn", party=subject, subject=subject, at=1, arm="rule", exempt=None,
                              owner=None, probability=0.1))  # fmt: skip
    assert alerts.look(home) == told
    with writing(home) as session:
        session.execute(delete(Alert))
        session.execute(update(Enrolment).values(arm="score"))
    assert alerts.look(home) == (band == "high")


@pytest.mark.parametrize(("due", "told"), [(-2 * HOUR, 1), (-HOUR // 4, 0), (2 * HOUR, 0), (-40 * DAY, 0)])
def test_a_promised_call_nobody_made(home: Home, hoa: int, due: int, told: int) -> None:
    hold(home, "lead:crm:A", hoa, 1, now() - 50 * DAY)
    tap(home, "lead:crm:A", hoa, "call_back", at=now() - 45 * DAY, due_at=now() + due)
    assert alerts.look(home) == told


def test_what_waits_while_its_holder_is_on_leave_is_the_teams(home: Home, hoa: int) -> None:
    chi, minh = person(home, "chi", 1, "team_lead"), person(home, "minh", 1)
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    hold(home, "lead:crm:A", hoa, 1, now() - 50 * DAY)
    tap(home, "lead:crm:A", hoa, "call_back", at=now() - 45 * DAY, due_at=now() - 2 * HOUR)
    today = int(local_day(np.array([now()]), home.settings.zone)[0])
    with writing(home) as session:
        session.add(Absence(person=hoa, first_day=today - 1, last_day=today))
    assert alerts.look(home) == 2
    assert {(one[2], one[3]) for one in kept(home)} == {(None, 1)}
    assert (len(of(home, chi)), of(home, minh)) == (2, []), (
        "a colleague hears in the team's chat, without names"
    )
    with reading(home) as session:
        lines = playbook.overview(session, home, session.get_one(Team, 1)).lines
    assert {line.missed for line in lines} == {0}, "nobody who is away is to blame"
    with writing(home) as session:
        session.execute(delete(Absence))
    assert alerts.look(home) == 0
    assert {(one[2], one[3]) for one in kept(home)} == {(hoa, 1)}


def test_a_promised_call_that_was_made_or_taken_back(home: Home, hoa: int) -> None:
    for name, extra in (("MADE", {}), ("BACK", {"undone_at": now()}), ("CRM", {})):
        touched = now() - HOUR if name == "CRM" else None
        hold(home, f"lead:crm:{name}", hoa, 1, now() - 5 * DAY, touched_at=touched)
        tap(home, f"lead:crm:{name}", hoa, "call_back", at=now() - DAY, due_at=now() - 2 * HOUR, **extra)
    tap(home, "lead:crm:MADE", hoa, at=now() - HOUR)
    assert alerts.look(home) == 0


def test_alerts_are_shown_to_whom_they_concern(home: Home, hoa: int) -> None:
    minh = person(home, "minh", 1)
    chi = person(home, "chi", 1, "team_lead")
    lan = person(home, "lan", team(home, "CSKH", "care"), "care")
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    alerts.look(home)
    with reading(home) as session:
        seen = {
            name: len(alerts.shown(session, as_caller(home, who)))
            for name, who in (("hoa", hoa), ("minh", minh), ("chi", chi), ("lan", lan))
        }
        assert not alerts.shown(session, Caller("data", "k"))
        assert not alerts.shown(session, Caller("marketing", "k", team=1))
        one = alerts.shown(session, ADMIN)[0].id
    assert seen == {"hoa": 1, "minh": 0, "chi": 1, "lan": 0}
    with pytest.raises(NotFound):
        alerts.dismiss(home, as_caller(home, minh), one)
    for _ in range(2):
        alerts.dismiss(home, as_caller(home, hoa), one)
    assert alerts.look(home) == 0
    assert (len(of(home, hoa)), len(of(home, chi)), len(kept(home))) == (0, 1, 1), "only Hoa has put it aside"


def of(home: Home, who: int) -> list[str]:
    """The subjects somebody is shown."""
    with reading(home) as session:
        return [one.subject for one in alerts.shown(session, as_caller(home, who))]


@pytest.mark.databases("sqlite", "postgres")
def test_an_alert_goes_along_to_the_next_holder_who_is_told_once(home: Home, hoa: int, gateway: Any) -> None:
    minh = person(home, "minh", team(home, "Nam"))
    address = f"json://127.0.0.1:{gateway.server_port}"
    configure(home, teams=f'"Bắc" = ["{address}/bac"]\n"Nam" = ["{address}/nam"]')
    hold(home, "lead:crm:A", hoa, 1, now() - 50 * DAY)
    tap(home, "lead:crm:A", hoa, "call_back", at=now() - 45 * DAY, due_at=now() - 2 * HOUR)
    alerts.look(home)
    alerts.send(home)
    assert (of(home, hoa), of(home, minh)) == (["lead:crm:A"], [])
    assigning.hand_over(home, ADMIN, "lead:crm:A", minh)
    assert of(home, hoa) == [], "at once, before anybody looks again"
    assert alerts.look(home) == 0
    assert (of(home, hoa), of(home, minh)) == ([], ["lead:crm:A"])
    assert (alerts.send(home), alerts.send(home)) == (1, 0)
    assert [path for path, _ in gateway.got] == ["/bac", "/nam"]


@pytest.mark.databases("sqlite", "postgres")
def test_what_was_settled_comes_back_with_its_cause(home: Home, hoa: int) -> None:
    subject = a_hot_lead(home, hoa, now() - 3 * HOUR)
    assert alerts.look(home) == 1
    with reading(home) as session:
        [one] = alerts.shown(session, ADMIN)
    alerts.dismiss(home, as_caller(home, hoa), one.id)
    for band, told in (("cold", []), ("hot", [subject])):
        store(home, "lead_conversion", {"source_id": "R0", "band": band}, cutoff=now())
        assert alerts.look(home) == len(told)
        assert of(home, hoa) == told


class Gateway(BaseHTTPRequestHandler):
    """A webhook as a chat's gateway has it."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.got.append((self.path, body))  # type: ignore[attr-defined]
        self.send_response(500 if "broken" in self.path else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Post(StreamRequestHandler):
    """As much of SMTP as takes one letter."""

    def handle(self) -> None:
        self.wfile.write(b"220 ready\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                letter = []
                for part in self.rfile:
                    if part == b".\r\n":
                        break
                    letter.append(part.decode())
                self.server.got.append("".join(letter))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")


def served(server: Any) -> Iterator[Any]:
    server.got, server.daemon_threads = [], True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def gateway() -> Iterator[Any]:
    yield from served(ThreadingHTTPServer(("127.0.0.1", 0), Gateway))


@pytest.fixture
def post() -> Iterator[Any]:
    yield from served(ThreadingTCPServer(("127.0.0.1", 0), Post))


def test_nothing_is_sent_without_an_address(home: Home, hoa: int) -> None:
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    alerts.look(home)
    assert alerts.send(home) == 0
    with reading(home) as session:
        assert session.query(Alert).one().attempts == 0


def test_a_team_hears_how_many_and_what_to_do_but_never_who(home: Home, hoa: int, gateway: Any) -> None:
    address = f"json://127.0.0.1:{gateway.server_port}/team"
    configure(home, teams=f'"Bắc" = ["{address}"]\n"Nam" = ["{address}"]', page="https://leadkeep.example.vn")
    a_hot_lead(home, hoa, now() - 3 * HOUR, "SECRET-7")
    alerts.look(home)
    assert (alerts.send(home), alerts.send(home)) == (1, 0)
    [(_, said)] = gateway.got
    assert said["message"].splitlines() == [
        "1 khách nóng chưa ai liên hệ. Gọi ngay, hoặc nhờ trưởng nhóm giao người khác.",
        "https://leadkeep.example.vn/canh-bao",
    ]
    assert "SECRET-7" not in json.dumps(said)
    assert "hoa" not in json.dumps(said).casefold()


def test_a_person_gets_a_letter_about_theirs(home: Home, hoa: int, post: Any) -> None:
    port = post.server_address[1]
    configure(home, mail=f"mailto://127.0.0.1:{port}?from=leadkeep@example.vn&mode=insecure&format=text")
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    alerts.look(home)
    assert alerts.send(home) == 1
    [letter] = post.got
    assert "hoa@example.vn" in letter
    assert "R0" not in letter


def test_a_team_lead_gets_one_letter_about_the_team_and_of_the_pool_too(
    home: Home, hoa: int, post: Any
) -> None:
    for login, own in (("chi", 1), ("binh", team(home, "Nam"))):
        person(home, login, own, "team_lead", email=f"{login}@example.vn")
    port = post.server_address[1]
    configure(home, mail=f"mailto://127.0.0.1:{port}?from=leadkeep@example.vn&mode=insecure&format=text")
    store(home, "lead_conversion", {"source_id": "R0"}, {"source_id": "POOL"})
    for source_id, holder in (("R0", hoa), ("POOL", None)):
        hold(home, f"lead:crm:{source_id}", holder, 1, now() - 3 * HOUR)
    alerts.look(home)
    assert (alerts.send(home), alerts.send(home)) == (2, 0)
    letters = [message_from_string(one) for one in post.got]
    said = {
        str(one["To"]): next(
            bytes(part.get_payload(decode=True)).decode() for part in one.walk() if not part.is_multipart()
        )
        for one in letters
    }
    assert {to.partition("@")[0].strip("<"): text.split()[0] for to, text in said.items()} == {
        "hoa": "1",
        "chi": "2",
    }


def test_one_address_that_fails_is_tried_again_without_telling_the_other_twice(
    home: Home, hoa: int, gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    at = f"json://127.0.0.1:{gateway.server_port}"
    configure(home, teams=f'"Bắc" = ["{at}/fine", "{at}/broken"]')
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    alerts.look(home)
    for _ in range(alerts.ATTEMPTS + 2):
        alerts.send(home)
    paths = [path for path, _ in gateway.got]
    assert (paths.count("/fine"), paths.count("/broken")) == (1, alerts.ATTEMPTS)
    with reading(home) as session:
        assert session.query(Alert).one().sent_at is None
    assert "127.0.0.1" not in " ".join(r.message for r in caplog.records if r.name == "serving.work.alerts")


def test_nothing_is_sent_when_nobody_works(home: Home, hoa: int, gateway: Any) -> None:
    configure(home, teams=f'"Bắc" = ["json://127.0.0.1:{gateway.server_port}/team"]')
    a_hot_lead(home, hoa, now() - 3 * HOUR)
    alerts.look(home)
    file = home.path / "settings.toml"
    file.write_text(file.read_text(encoding="utf-8").replace('["00:00-23:59"]', "[]"), encoding="utf-8")
    assert alerts.send(home) == 0
    assert gateway.got == []

"""Names full of HTML, formulas and right-to-left marks show as text, and no field or address breaks a page."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update

from crm import operations
from crm.clock import DAY, HOUR, now
from crm.discover import modules
from crm.operations import reading, writing
from crm.schema import TABLES
from crm.settings import Home
from crm.tables.jobs import JobRun
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from crm.tables.work import Alert
from serving.app import create_app
from serving.rights import access, keys, people, staff, teams
from serving.scores.scoring import score
from serving.work import taps
from serving.write_back import control as write_back
from serving.write_back import sending
from tests.crm.company import Company
from tests.serving.stored import ORIGIN
from tests.serving.teams import hold, tap

BAD = "=HYPERLINK(1)<x-bad onx=1>\"'><script>1</script>\u202e{{7*7}} onx=1 "
"""Names of fields follow it, so that a test can tell which were shown."""

ODD = [f"{BAD}\0", "", "-1", "9" * 30, "²", "1e400"]
ASKED = {
    "lang",
    "xem",
    "nhom",
    "chi-nhanh",
    "nguon",
    "trang",
    "xong",
    "truoc",
    "ma",
    "o",
    "danh-sach",
    "limit",
    "reasons",
}
"""What addresses ask of pages and of the interface."""

EMPTY = ("currency", "provenance", "precision", "rule", "organisation", "converted_party", "owner")
KEPT_OUT = ("/dang-xuat", "/dang-nhap", "/vao")
NAMES = {"phone": "+84912345678", "email": "a?bcc=b%40c.vn@d.vn"}
SHOWN = {
    "lead.name", "lead.company", "lead.product", "lead.campaign", "lead.channel", "party.name", "activity.outcome",
    "actor.name", "transaction.product", "ticket.category", "deal.stage", "team", "person", "job", "note", "why",
}  # fmt: skip
"""Fields that some page shows."""


class Tags(HTMLParser):
    """What hostile text became: tags and attributes of its own are faults, and text that is not held apart."""

    APART = ("bdi", "option", "title", "textarea", "td", "th", "dd", "pre")
    ALONE = ("meta", "link", "input", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.said = ""
        self._open: list[str] = []
        self.forms: list[tuple[str, list[tuple[str, str]]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "x-bad" or (tag == "script" and "src" not in found):
            self.faults.append(f"a tag {tag}")
        self.faults += [f"an attribute {name}" for name in found if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action"):
            fine = r"[/?#]|tel:[+\d]+$|mailto:[^?&]+$|https://zalo\.me/[^/?#]+$"
            if name in found and not re.match(fine, found[name]):
                self.faults.append(f"{name}={found[name]}")
        if tag == "form" and found.get("method") == "post":
            self.forms.append((found["action"], []))
        if "name" in found and tag in ("input", "button", "textarea", "select") and self.forms:
            self.forms[-1][1].append((found["name"], found.get("value", "")))
        if tag == "option" and self.forms and self.forms[-1][1] and not self.forms[-1][1][-1][1]:
            self.forms[-1][1][-1] = self.forms[-1][1][-1][0], found.get("value", "")
        self.said += " ".join(found.values())
        if tag not in self.ALONE:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._open.pop() != tag:
            self.faults.append(f"{tag} closes another")

    def handle_data(self, data: str) -> None:
        self.said += data
        if "\u202e" in re.sub("\u2068.*?\u2069", "", data) and not set(self.APART) & set(self._open[-1:]):
            self.faults.append(f"turns the line: {data.strip()[:150]!r} in {self._open[-3:]}")


def told(home: Home) -> None:
    """Leads, customers, and all that a CRM keeps of them, each text field full of harm."""
    company = Company(home.path)
    at = now() - 40 * DAY

    def row(table: str, **known: Any) -> dict[str, Any]:
        texts = {
            name: f"{BAD}{table}.{name}" for name, kind in TABLES[table].items() if kind in ("text", "code")
        }
        own = {name: NAMES[kind] for name, kind in TABLES[table].items() if kind in NAMES}
        empty = dict.fromkeys(EMPTY)
        return texts | own | {name: value for name, value in empty.items() if name in TABLES[table]} | known

    lead, party, actor = f"L{BAD}", f"K{BAD}", f"A{BAD}"
    company.tell("actor", actor, at, **row("actor", team="sales"))
    company.tell("lead", lead, at, **row("lead", created_at=at, owner=actor))
    company.tell("party", party, at, **row("party", kind="organisation", created_at=at, owner=actor))
    company.tell(
        "deal", f"D{BAD}", at, **row("deal", party=party, lead=None, created_at=at, owner=actor, amount=10**7)
    )
    company.tell(
        "stage", "S1", at, **row("stage", object="deal", name=f"{BAD}deal.stage", outcome="", position=1)
    )
    for number in range(6):
        when = at + number * DAY
        company.tell("activity", f"C{number}{BAD}", when, **row(
            "activity", kind="call", direction="out", channel="phone", occurred_at=when, actor=actor, lead=lead,
            party=None, deal=None))  # fmt: skip
        company.tell("activity", f"P{number}{BAD}", when, **row(
            "activity", kind=f"{BAD}activity.kind", direction="in", occurred_at=when, actor=actor, lead=None,
            party=party, deal=None))  # fmt: skip
        company.tell("transaction", f"T{number}", when, **row(
            "transaction", kind="order", currency="VND", amount=10**6, occurred_at=when, party=party, lead=None,
            deal=None, actor=actor))  # fmt: skip
    company.tell("ticket", f"TT{BAD}", at, **row("ticket", party=party, created_at=at, actor=actor))
    company.load(now() - HOUR)


@pytest.fixture
def harmed(at_work: Home) -> Home:
    """The company, with harmful records beside the others, worked by people and teams with harmful names."""
    home = at_work
    told(home)
    for target in ("lead_conversion", "churn"):
        score(home, target)
    team = teams.make(home, f"{BAD}team"[:100], "sales", branch=BAD).id
    people.make(home, "admin", f"{BAD}person"[:100], "admin", team=team)
    staff.from_crm(home)
    with reading(home) as session:
        subjects = [one.subject for one in session.query(Score.subject) if BAD in one.subject]
    assert {one.partition(":")[0] for one in subjects} == {"lead", "customer"}
    with reading(home) as session:
        admin = session.query(people.Person.id).filter_by(login="admin").scalar()
    for one in subjects:
        tap(
            home,
            one,
            admin,
            note=f"{BAD}note",
            target="churn" if one.startswith("customer") else "lead_conversion",
        )
    champion = operations.champion(home, "churn")
    digest = champion.manifest_sha256
    operations.promote(
        home, "churn", champion.version, digest, expected=digest, person=admin, why=f"{BAD}why"
    )
    for subject in subjects:
        hold(home, subject, None, team, now() - DAY)
    of = {"person": None, "team": team, "at": now(), "attempts": 0, "detail": {}}
    kinds = modules("serving.watches")
    failed = {"state": "failed", "said": f"{BAD}job", "started_at": now(), "finished_at": now(), "detail": {}}
    with writing(home) as session:
        session.add_all(
            Alert(key=f"{kind}:{subject}", kind=kind, subject=subject, **of)
            for subject, kind in product(subjects, kinds)
        )
        session.add(JobRun(job="import_exports", **failed))
    return home


class Visit:
    """An administrator who is a person, at every page."""

    def __init__(self, client: TestClient, home: Home) -> None:
        self.client, self.key, self.sent = client, keys.create(home, "admin"), 0
        with writing(home) as session:
            person = session.query(people.Person).filter_by(login="admin").one()
            who = keys.Caller("admin", "person", person.id, person.team, person.name)
            self.cookie = keys.opened(session, who)
        client.cookies.set(access.COOKIE, self.cookie)
        with reading(home) as session:
            self.subjects = [one.subject for one in session.query(Score.subject) if BAD in one.subject]
        self.faults: list[str] = []
        self.said = ""
        self.forms: dict[tuple[str, tuple[str, ...]], list[tuple[str, str]]] = {}

    def places(self) -> Iterator[str]:
        for rule in sorted(access.API | access.PAGES):
            method, path = rule.split()
            if method == "GET" and not path.endswith((".css", ".js", ".svg")):
                for subject in self.subjects if "{subject" in path else [""]:
                    target = "churn" if subject.startswith("customer") else "lead_conversion"
                    yield path.replace("{target}", target).replace("{subject:path}", quote(subject, safe=""))
        for page in range(1, 6):
            yield f"/hom-nay?xem=tat-ca&trang={page}"
            yield f"/khach-co-nguy-co?xem=tat-ca&trang={page}"
        for target in ("lead_conversion", "churn"):
            yield f"/xuat-excel?danh-sach={target}&nguon={quote(BAD)}"

    def look(self, answer: Any, where: str) -> None:
        """Reads one answer; what is wrong with it is added to ``faults``."""
        kind = answer.headers.get("content-type", "")
        if answer.status_code >= 500:
            self.faults.append(f"{where}: {answer.status_code}")
        elif "html" in kind:
            tags = Tags(answer.text)
            self.said += tags.said
            self.faults += [f"{where}: {fault}" for fault in tags.faults]
            for action, fields in tags.forms:
                self.forms.setdefault((action, tuple(sorted({name for name, _ in fields}))), fields)
        elif "json" in kind:
            json.loads(answer.content)
        elif "sheet" in kind:
            with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
                sheet = file.read("xl/worksheets/sheet1.xml").decode()
            assert not re.search(r"<f[ >]|<hyperlink", sheet)

    def get(self, path: str) -> None:
        key = {"authorization": f"Bearer {self.key}"} if path.startswith("/api/") else {}
        self.look(self.client.get(path, headers=key), path[:200])

    def send(self, action: str, fields: dict[str, str | None]) -> None:
        said = {name: value for name, value in fields.items() if value is not None}
        self.client.cookies.set(access.COOKIE, self.cookie)
        answer = self.client.post(
            action, data=said | {"csrf": keys.csrf(self.cookie)}, headers={"origin": ORIGIN}
        )
        self.look(answer, f"POST {action} {said}")
        self.sent += 1


@pytest.fixture
def visit(harmed: Home) -> Iterator[Visit]:
    with TestClient(create_app(harmed), follow_redirects=False, raise_server_exceptions=False) as client:
        yield Visit(client, harmed)


def test_it_shows_as_text_everywhere(visit: Visit) -> None:
    for path in visit.places():
        for lang in ("vi", "en"):
            visit.get(f"{path}{'&' if '?' in path else '?'}lang={lang}")
    assert sorted(set(visit.faults)) == []
    assert [one for one in sorted(SHOWN) if f"{BAD}{one}" not in visit.said] == [], "the test does not see it"


def test_no_file_that_people_open_holds_a_formula(harmed: Home, tmp_path: Path) -> None:
    settings = harmed.path / "settings.toml"
    place = '[[write_back]]\nname = "crm"\nto = "file"\naddress = "out"\n'
    settings.write_text(f"{settings.read_text(encoding='utf-8')}\n{place}", encoding="utf-8")
    files = [harmed.path / "out" / f"leadkeep-{kind}.csv" for kind in ("scores", "actions")]
    with reading(harmed) as session:
        row = session.query(people.Person).filter_by(login="admin").one()
        admin = keys.Caller("admin", "person", row.id, row.team, row.name)
    said = ""
    for target, subject in ("lead_conversion", f"lead:crm:L{BAD}"), ("churn", f"customer:crm:K{BAD}"):
        files.append(tmp_path / f"{target}.csv")
        score(harmed, target, out=files[-1])
        taps.tap(harmed, admin, taps.Given(str(uuid4()), subject, target, "no_answer", note=f"{BAD}note"))
    write_back.queue_all(harmed)
    with writing(harmed) as session:
        session.execute(update(Outgoing).values(due_at=0))
    sending.send_due(harmed)
    for file in files:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            cells = [cell for row in csv.reader(opened) for cell in row]
        assert [cell for cell in cells if re.search(r"(^|[;\t])[=@\t\r\n＝＋－＠]", cell)] == []
        said += "".join(cells)
    assert f"'{BAD}note" in said
    assert f"L{BAD}" in said, "who begins with a letter is found by an import as before"


@pytest.mark.slow
def test_no_address_and_no_field_breaks_a_page(visit: Visit) -> None:
    for path in sorted({path.partition("?")[0] for path in visit.places()}):
        visit.get(path)
        for odd in ODD:
            visit.get(f"{path}?{urlencode(dict.fromkeys(sorted(ASKED), odd))}")
    for (action, names), fields in list(visit.forms.items()):
        for name in set(names) - {"csrf"} if not action.startswith(KEPT_OUT) else ():
            for odd in [*ODD, None]:
                visit.send(action, dict(fields) | {name: odd})
    assert visit.sent > 100
    assert sorted(set(visit.faults)) == []

"""Every page in a real browser, read by axe-core: no violation of level A or AA, nothing beyond the screen."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from sqlalchemy import select

from crm.clock import DAY, now
from crm.discover import modules
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import JobRun
from crm.tables.people import Person
from crm.tables.scores import Score
from crm.tables.work import Alert
from serving.rights import people
from serving.rights.access import ANYBODY, COOKIE, PAGES
from serving.rights.keys import Caller, opened
from serving.rights.sealed import seal
from serving.scores import course
from serving.scores.scoring import score
from serving.work import assigning
from tests.conftest import Homes, settle
from tests.serving import chromium, company
from tests.serving.teams import tap, team

AXE = Axe().axe_script

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium.FOUND is None, reason="Chromium is not installed: apt-get install chromium"),
]
LEVELS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
READ = """axe.run(%s).then(found => ({read: found.passes.length, faults: found.violations.flatMap(
    rule => rule.nodes.map(node => rule.id + ": " + node.html.slice(0, 200)))}))"""
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
"""What the other colour scheme may change."""

OPEN = "document.querySelectorAll('details').forEach(one => one.open = true)"
SIDEWAYS = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PLACES = sorted(
    {
        rule.removeprefix("GET ")
        for rule in PAGES
        if rule.startswith("GET ") and not rule.endswith((" /", ".css", ".svg", ".js"))
    }
)
NOT_FOUND = "/nowhere"
SCREENS = [(390, "vi", "dark"), (1280, "en", "light")]
FEW = "[capacity]\nsales = 4\ncare = 4\n"
"""Rows are alike: four have all there is."""


@pytest.fixture(scope="module")
def full(told_once: Home, lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company with scores of today and of last week, second models, people, alerts, outcomes and a job that ran."""
    home = lasting.copy(told_once, tmp_path_factory.mktemp("full") / "home")
    settle(home, FEW)
    for target in ("lead_conversion", "churn"):
        company.trained(home, target, now() - DAY, seed=1)
        score(home, target)
        with reading(home) as session:
            before = [one for one in session.query(Score).filter(Score.target == target)]
        for one in before:
            one.probability, one.cutoff = one.probability / 2, one.cutoff - 9 * DAY
        with writing(home) as session:
            course.remember(session, before, course.day_of(now() - 9 * DAY, home.settings.zone))
    sales, care = team(home, "Kinh doanh 1"), team(home, "CSKH 1", "care")
    anh, _ = people.make(home, "anh", "Anh Tú", "admin", team=sales)
    for login, role, place in (("hoa", "sales", sales), ("mai", "care", care)):
        people.make(home, login, login.title(), role, team=place)
    assigning.assign(home)
    with reading(home) as session:
        leads = list(session.scalars(select(Score.subject).where(Score.target == "lead_conversion").limit(4)))
    for code, lead in zip(("no_answer", "interested"), leads, strict=False):
        tap(home, lead, anh.id, code=code, note="Gọi lại sau Tết")
    with writing(home) as session:
        for number, kind in enumerate(modules("serving.watches")):
            about = {
                "subject": leads[0],
                "person": None,
                "team": sales,
                "at": now(),
                "detail": {},
                "attempts": 0,
            }
            session.add(Alert(key=str(number), kind=kind, **about))
        done = {"state": "failed", "said": "no such file", "detail": {}}
        session.add(JobRun(job="score", started_at=now(), finished_at=now(), **done))
    return home


@pytest.fixture(scope="module")
def url(full: Home) -> Iterator[str]:
    with chromium.listening(full) as found:
        yield found


@pytest.fixture(scope="module")
def shown() -> Iterator[Browser]:
    with chromium.browser() as found:
        yield found


class Reader:
    """Looks at pages of one home, signed in as a person who may open all of them."""

    def __init__(self, shown: Browser, url: str, home: Home, width: int, scheme: str) -> None:
        self.url, self.home, self.width, self.scheme = url, home, width, scheme
        self.said, self.missing = list[str](), set[str]()
        self.context = shown.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        with writing(home) as session:
            one = session.scalars(select(Person).where(Person.login == "anh")).first()
            who = Caller("admin", "person", one.id, one.team, one.name) if one else Caller("admin", "link")
            self.cookie = opened(session, who)
        self.page = self.context.new_page()
        self.page.on("console", lambda said: self.said.append(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda said: self.said.append(str(said)))

    def faults(self, place: str, lang: str) -> list[str]:
        """What axe finds at one place, what does not fit the screen, and what the console says."""
        self.said.clear()
        self.context.clear_cookies()
        if PAGES.get(f"GET {place}") != ANYBODY:
            self.context.add_cookies([{"name": COOKIE, "value": self.cookie, "url": self.url}])
        path = self._path(place)
        answer = self.page.goto(f"{self.url}{path}{'&' if '?' in path else '?'}lang={lang}")
        assert answer is not None
        assert self.page.locator("html").get_attribute("lang") == lang
        self.page.evaluate(OPEN)
        self.page.evaluate(chromium.LAID_OUT)
        self.page.evaluate(AXE)
        found = self.page.evaluate(READ % json.dumps(LEVELS))
        assert found["read"] > 5, "axe read nothing"
        other = "light" if self.scheme == "dark" else "dark"
        self.page.emulate_media(color_scheme=other)
        turned = [f"{other} {fault}" for fault in self.page.evaluate(READ % json.dumps(CONTRAST))["faults"]]
        self.page.emulate_media(color_scheme=self.scheme)
        wide = []
        for width in chromium.WIDTHS if self.width == chromium.WIDTHS[0] else [self.width]:
            self.page.set_viewport_size({"width": width, "height": 900})
            wide += [f"scrolls sideways at {width}"] if self.page.evaluate(SIDEWAYS) else []
        self.page.set_viewport_size({"width": self.width, "height": 900})
        errors = self.said if answer.ok else []  # what the console says then is that the page is missing
        self.missing |= set() if answer.ok else {place}
        return [f"{place} {self.width} {lang}: {one}" for one in (*found["faults"], *turned, *wide, *errors)]

    def _path(self, place: str) -> str:
        if place == "/xuat-excel":
            return f"{place}?danh-sach=churn"
        if place == "/tim":
            return f"{place}?ma={seal('Công ty', self.cookie)}"
        with reading(self.home) as session:
            subject = session.scalar(select(Score.subject).where(Score.target == "churn").limit(1))
        return place.replace("{subject:path}", subject or "customer:crm:nobody")


@pytest.mark.parametrize(("width", "lang", "scheme"), SCREENS)
def test_no_page_keeps_anybody_out(
    shown: Browser, url: str, full: Home, width: int, lang: str, scheme: str
) -> None:
    reader = Reader(shown, url, full, width, scheme)
    assert [fault for place in (*PLACES, NOT_FOUND) for fault in reader.faults(place, lang)] == []
    assert reader.missing == {NOT_FOUND}
    reader.context.close()


def test_neither_does_a_page_that_is_still_empty(shown: Browser, home: Home) -> None:
    missing = {"/ho-so/{subject:path}"}
    with chromium.listening(home) as url:
        reader = Reader(shown, url, home, *SCREENS[0][::2])
        assert [
            fault for place in PLACES if place not in missing for fault in reader.faults(place, "vi")
        ] == []
        reader.context.close()


def test_the_keyboard_reaches_the_content_first_and_shows_where_it_is(
    shown: Browser, url: str, full: Home
) -> None:
    with chromium.sitting(shown, url, full, "admin", 390) as context:
        page = context.new_page()
        page.goto(f"{url}/du-lieu")
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.inner_text() == "Đến nội dung chính"
        box = skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0, "it comes into sight"
        assert skip.evaluate("one => getComputedStyle(one).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "noi-dung"

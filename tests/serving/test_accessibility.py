"""Every page in a real browser, read by axe-core: no violation of level A or AA, nothing beyond the screen."""

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from crm.clock import DAY, now
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.jobs import JobRun
from crm.tables.scores import Score
from serving.rights.access import ANYBODY, PAGES
from serving.scores import course
from serving.scores.scoring import score
from tests.serving import chromium, company

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium.FOUND is None, reason="Chromium is not installed: apt-get install chromium"),
]
LEVELS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PLACES = sorted(
    {
        rule.removeprefix("GET ")
        for rule in PAGES
        if rule.startswith("GET ") and not rule.endswith((" /", ".css", ".svg", ".js"))
    }
)
NOT_FOUND = "/nowhere"


@pytest.fixture(scope="module")
def full(told_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company with scores of today and of last week, a second model and a job that ran."""
    home = Home(shutil.copytree(told_once.path, tmp_path_factory.mktemp("full") / "home"))
    for target in ("lead_conversion", "churn"):
        company.trained(home, target, now() - DAY, seed=1)
        score(home, target)
        with reading(home) as session:
            before = [one for one in session.query(Score).filter(Score.target == target)]
        for one in before:
            one.probability, one.cutoff = one.probability / 2, one.cutoff - 9 * DAY
        with writing(home) as session:
            course.remember(session, before, course.day_of(now() - 9 * DAY, home.settings.zone))
            session.add(
                JobRun(job="score", started_at=now(), finished_at=now(), state="done", said="", detail={})
            )
    return home


@pytest.fixture(scope="module")
def url(full: Home) -> Iterator[str]:
    with chromium.listening(full) as found:
        yield found


@pytest.fixture(scope="module")
def shown() -> Iterator[Browser]:
    with chromium.browser() as found:
        yield found


def path_of(place: str, home: Home) -> str:
    if "{subject" not in place:
        return place
    with reading(home) as session:
        subject = session.query(Score.subject).filter(Score.target == "churn").limit(1).scalar()
    return place.replace("{subject:path}", subject)


def faults(page: Any) -> list[str]:
    found = Axe().run(page, options=LEVELS).response
    assert found["passes"], "axe read nothing"
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]


@pytest.mark.parametrize("place", [*PLACES, NOT_FOUND])
def test_no_page_keeps_anybody_out(shown: Browser, url: str, full: Home, place: str) -> None:
    said: list[str] = []
    for width, lang, scheme in ((390, "vi", "dark"), (1280, "en", "light")):
        role = "nobody" if PAGES.get(f"GET {place}") == ANYBODY else "admin"
        with chromium.sitting(shown, url, full, "admin", width, color_scheme=scheme) as context:
            if role == "nobody":
                context.clear_cookies()
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
            page.goto(f"{url}{path_of(place, full)}?lang={lang}")
            assert page.locator("html").get_attribute("lang") == lang
            assert faults(page) == [], (place, width, lang, scheme)
            root = "document.documentElement"
            assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0, (
                place,
                width,
                "scrolls sideways",
            )
    assert place == NOT_FOUND or not said


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


def test_a_model_is_put_in_use_and_taken_back(shown: Browser, url: str, full: Home) -> None:
    with chromium.sitting(shown, url, full, "data") as context:
        page = context.new_page()
        page.goto(f"{url}/mo-hinh")
        board = page.locator("#lead_conversion")
        before = board.locator("dd").first.inner_text()
        other = board.get_by_role("button", name="Đưa vào dùng").first.get_attribute("aria-label")
        assert other is not None
        version = other.split()[-1]
        board.get_by_label("Lý do").first.fill("đúng hơn ở khách mới")
        board.get_by_role("button", name=other).click()
        assert version in page.get_by_role("status").inner_text()
        assert board.locator("dd").first.inner_text() == version
        assert board.get_by_role("cell", name="đúng hơn ở khách mới").count() == 1
        board.get_by_role("button", name=f"Quay lại {before}").click()
        assert board.locator("dd").first.inner_text() == before

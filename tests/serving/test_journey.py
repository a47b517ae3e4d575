"""A workday in a real browser: five leads worked, the team lead sees it, a ticket goes wrong, a model is put in use."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from standardwebhooks.webhooks import Webhook

from crm.clock import DAY, FOREVER, iso, now, to_datetime
from crm.folding import fold
from crm.history import History
from crm.operations import champion, reading
from crm.settings import Home
from crm.tables.work import Tap
from models.registry import list_models
from serving.rights import people, senders, teams
from serving.scores.scoring import score
from serving.wording import words
from serving.work import assigning, outcomes, steps
from tests.conftest import Homes, settle
from tests.serving import chromium, company
from tests.serving.rescored import rescoring

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.slow,
    pytest.mark.skipif(chromium.FOUND is None, reason="Chromium is not installed: apt-get install chromium"),
]
ALWAYS = """
[hours]
week = ["00:00-23:59"]
saturday = ["00:00-23:59"]
sunday = ["00:00-23:59"]
calling = "00:00-23:59"
"""
SCREENS = [(390, "vi"), (1280, "en")]


@pytest.fixture(scope="module")
def shared_out(told_once: Home, lasting: Homes, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company with scores, a sales and a care team, and everybody's leads and customers shared out."""
    home = lasting.copy(told_once, tmp_path_factory.mktemp("shared") / "home")
    settle(home, ALWAYS)
    for target in ("lead_conversion", "churn"):
        score(home, target)
    sales, care = teams.make(home, "Bán hàng 1", "sales").id, teams.make(home, "CSKH 1", "care").id
    for login, name, role, team in (
        ("hoa", "Hoa", "sales", sales), ("lan", "Lan", "team_lead", sales),
        ("mai", "Mai", "care", care), ("duc", "Đức", "data", None),
    ):  # fmt: skip
        people.make(home, login, name, role, team=team)
    assigning.assign(home)
    company.trained(home, "lead_conversion", now() - DAY, seed=3, promote=False)
    return home


@pytest.fixture
def busy(shared_out: Home, homes: Homes, tmp_path: Path) -> Home:
    """The same, to work in."""
    return homes.copy(shared_out, tmp_path / "home")


@pytest.fixture(scope="module")
def shown() -> Iterator[Browser]:
    with chromium.browser() as found:
        yield found


@contextmanager
def signed_in(shown: Browser, url: str, home: Home, login: str, width: int, lang: str) -> Iterator[Page]:
    """Somebody who typed login and password; a console error fails the test."""
    password = people.new_password(home, login)
    context = shown.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{url}/dang-nhap?lang={lang}")
    page.fill("#ten", login)
    page.fill("#mat_khau", password)
    page.locator("form:has(#ten) button").click()
    page.wait_for_url(re.compile(r"^(?!.*dang-nhap)"))
    yield page
    picture(page, f"{login}-{width}-{lang}")
    assert wrong == []
    context.close()


def picture(page: Page, name: str) -> None:
    """Keeps what stands on the screen where LEADKEEP_PICTURES names a folder."""
    if folder := os.environ.get("LEADKEEP_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.evaluate(chromium.LAID_OUT)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def asked(row: Locator, code: str) -> Locator:
    """The opened part of a row that asks when, or why."""
    part = row.locator("details.asks", has=row.page.locator(f'input[name=code][value="{code}"]'))
    part.locator("summary").first.click()
    return part


def taps(home: Home) -> list[Tap]:
    with reading(home) as session:
        return session.query(Tap).order_by(Tap.at).all()


@pytest.mark.parametrize(("width", "lang"), SCREENS)
def test_five_leads_are_worked_and_the_team_lead_sees_what_came_of_each(
    shown: Browser, busy: Home, width: int, lang: str
) -> None:
    tomorrow = to_datetime(now(), busy.settings.zone) + timedelta(days=1)
    with chromium.listening(busy) as url:
        with signed_in(shown, url, busy, "hoa", width, lang) as page:
            page.goto(f"{url}/hom-nay")
            rows = page.locator(".person")
            assert rows.count() >= 6
            for number, code in enumerate(("no_answer", "interested", "quoted")):
                rows.nth(number).locator(f'button[name=code][value="{code}"]').click()
                expect(rows.nth(number)).to_have_class(re.compile("tapped"))
            when = asked(rows.nth(3), "call_back")
            when.locator("input[name=due]").fill(f"{tomorrow:%Y-%m-%d}T10:15")
            when.locator("textarea").fill("Gọi sau họp <giao ban>")
            when.locator("button.keep").click()
            expect(rows.nth(3)).to_have_class(re.compile("tapped"))
            asked(rows.nth(4), "bought_elsewhere").locator('button[value="price"]').click()
            expect(rows.nth(4)).to_have_class(re.compile("tapped"))
            picture(page, f"outcomes-{width}-{lang}")
            rows.nth(5).locator('button[name=code][value="busy"]').click()
            rows.nth(5).locator(".undo button").click()
            expect(rows.nth(5)).not_to_have_class(re.compile("tapped"))
        codes = ["no_answer", "interested", "quoted", "call_back", "bought_elsewhere"]
        kept = [one for one in taps(busy) if one.undone_at is None]
        assert [one.code for one in kept] == codes
        with signed_in(shown, url, busy, "lan", width, lang) as page:
            page.goto(f"{url}/doi")
            mine = page.locator("section", has=page.locator("#moi-nguoi")).locator("tbody tr", has_text="Hoa")
            expect(mine.locator("td").last).to_have_text("5")
            told = page.locator("section", has=page.locator("#ket-qua")).locator("tbody tr")
            expect(told).to_have_count(5)
            for row, one in zip(told.all(), reversed(kept), strict=True):
                expect(row).to_contain_text("Hoa")
                expect(row).to_contain_text(outcomes.said(one.code, lang, one.why))
            expect(told.nth(1)).to_contain_text("Gọi sau họp <giao ban>")
            expect(told.nth(1)).to_contain_text(f"{tomorrow:%d/%m/%Y} 10:15")
    fold(busy)
    live = [row for row in History(busy).read("activity").to_pylist() if row["file"] == "inbox"]
    assert [row["known_until"] == FOREVER for row in live].count(True) == 6, "five contacts and the callback"
    assert len(live) == 7, "and the one taken back"


@pytest.mark.parametrize(("width", "lang"), SCREENS)
def test_care_finds_the_customer_whose_ticket_just_went_wrong(
    shown: Browser, busy: Home, width: int, lang: str
) -> None:
    secret, said = senders.create(busy, "helpdesk", "leadkeep", "crm"), words("at_risk", lang)
    with (
        rescoring(busy),
        chromium.listening(busy) as url,
        signed_in(shown, url, busy, "mai", width, lang) as page,
    ):
        page.goto(f"{url}/khach-co-nguy-co")
        last = page.locator(".person").last
        assert page.locator(".person").count() > 3
        name, subject = last.locator("h2 bdi").inner_text(), last.locator("input[name=subject]").first
        party = str(subject.get_attribute("value")).split(":")[2]
        complain(url, secret, party)
        page.reload()
        first = page.locator(".person").first
        expect(first.locator("h2")).to_contain_text(name)
        expect(first.locator(".step")).to_contain_text(steps.SAID["ticket"][lang != "vi"])
        expect(first.locator("dl div", has_text=said["tickets"]).locator("dd")).to_have_text("1")
        expect(first.locator("dl div", has_text=said["rating"]).locator("dd")).to_have_text("1/5")
        picture(page, f"ticket-{width}-{lang}")
        first.get_by_role("link", name=words("list", lang)["profile"], exact=True).click()
        expect(page.locator("main h1")).to_contain_text(name)
        expect(page.locator("main")).to_contain_text("Giao hàng")


def complain(url: str, secret: str, party: str) -> None:
    """The help desk delivers a ticket with a bad rating, signed."""
    moment, told = datetime.now(UTC), iso(now())
    ticket = {"party": party, "category": "Giao hàng", "created_at": told, "csat": 1, "rated_at": told}
    body = json.dumps({"records": [{"table": "ticket", "id": "TT-1", "columns": ticket}]})
    headers = {
        "webhook-id": "tt-1", "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("tt-1", moment, body),
    }  # fmt: skip
    answer = httpx.post(f"{url}/api/v1/deliveries/helpdesk", content=body, headers=headers)
    assert answer.status_code == 200


@pytest.mark.parametrize(("width", "lang"), SCREENS)
def test_a_model_is_put_in_use_and_taken_back(shown: Browser, busy: Home, width: int, lang: str) -> None:
    said, before = words("models", lang), champion(busy, "lead_conversion")
    assert before is not None
    (other,) = {one.version for one in list_models(busy, "lead_conversion")} - {before.version}
    with chromium.listening(busy) as url, signed_in(shown, url, busy, "duc", width, lang) as page:
        page.goto(f"{url}/mo-hinh")
        board = page.locator("#lead_conversion")
        inuse = board.locator("dd").first
        expect(inuse).to_have_text(before.version)
        board.get_by_label(said["why"]).first.fill("đúng hơn ở khách mới")
        board.get_by_role("button", name=f"{said['use']} {other}").click()
        # Each of these waits for the page that comes: after a click the one that was left may still be there.
        expect(page.locator(".notice[role=status]")).to_contain_text(other)
        expect(inuse).to_have_text(other)
        expect(board.get_by_role("cell", name="đúng hơn ở khách mới")).to_have_count(1)
        now_used = champion(busy, "lead_conversion")
        assert now_used is not None
        assert now_used.version == other
        picture(page, f"promoted-{width}-{lang}")
        board.get_by_role("button", name=said["back"].replace("{version}", before.version)).click()
        expect(inuse).to_have_text(before.version)
    after = champion(busy, "lead_conversion")
    assert after is not None
    assert after.version == before.version

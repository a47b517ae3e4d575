"""A workday in a real browser: five leads worked, the team lead sees it, a ticket goes wrong, a model is put in use."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from standardwebhooks.webhooks import Webhook

from crm.clock import DAY, FOREVER, iso, now
from crm.folding import fold
from crm.history import History
from crm.operations import champion, reading
from crm.settings import Home
from crm.tables.work import Tap
from serving.rights import people, senders, teams
from serving.scores.scoring import score
from serving.work import assigning
from tests.serving import chromium, company

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
def shared_out(told_once: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A company with scores, a sales and a care team, and everybody's leads and customers shared out."""
    home = Home(shutil.copytree(told_once.path, tmp_path_factory.mktemp("shared") / "home"))
    (home.path / "settings.toml").write_text(ALWAYS, encoding="utf-8")
    for target in ("lead_conversion", "churn"):
        score(home, target)
    sales, care = teams.make(home, "Bán hàng 1", "sales").id, teams.make(home, "CSKH 1", "care").id
    for login, name, role, team in (
        ("hoa", "Hoa", "sales", sales), ("lan", "Lan", "team_lead", sales),
        ("mai", "Mai", "care", care), ("duc", "Đức", "data", None),
    ):  # fmt: skip
        people.make(home, login, name, role, team=team)
    assigning.assign(home)
    return home


@pytest.fixture
def busy(shared_out: Home, tmp_path: Path) -> Home:
    """The same, to work in."""
    return Home(shutil.copytree(shared_out.path, tmp_path / "home"))


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
    assert wrong == []
    context.close()


def taps(home: Home) -> list[Tap]:
    with reading(home) as session:
        return session.query(Tap).order_by(Tap.at).all()


@pytest.mark.parametrize(("width", "lang"), SCREENS)
def test_five_leads_are_worked_and_the_team_lead_sees_it(
    shown: Browser, busy: Home, width: int, lang: str
) -> None:
    with chromium.listening(busy) as url:
        with signed_in(shown, url, busy, "hoa", width, lang) as page:
            page.goto(f"{url}/hom-nay")
            rows = page.locator(".person")
            assert rows.count() >= 5
            for number, code in enumerate(("no_answer", "busy", "interested", "quoted", "no_answer")):
                row = rows.nth(number)
                row.locator(f'button[name=code][value="{code}"]').first.click()
                expect(row).to_have_class(re.compile("tapped"))
            assert [one.code for one in taps(busy)] == [
                "no_answer",
                "busy",
                "interested",
                "quoted",
                "no_answer",
            ]
            rows.nth(4).locator(".undo button").click()
            expect(rows.nth(4)).not_to_have_class(re.compile("tapped"))
        with signed_in(shown, url, busy, "lan", width, lang) as page:
            page.goto(f"{url}/doi")
            mine = page.locator("tbody tr", has=page.locator("th", has_text="Hoa")).first
            expect(mine.locator("td").last).to_have_text("4")
    fold(busy)
    live = [row for row in History(busy).read("activity").to_pylist() if row["file"] == "inbox"]
    assert [row["known_until"] == FOREVER for row in live].count(True) == 4
    assert len(live) == 5


@pytest.mark.parametrize(("width", "lang"), SCREENS)
def test_care_finds_the_customer_whose_ticket_just_went_wrong(
    shown: Browser, busy: Home, width: int, lang: str
) -> None:
    secret = senders.create(busy, "helpdesk", "leadkeep", "crm")
    with (
        chromium.listening(busy) as url,
        signed_in(shown, url, busy, "mai", width, lang) as page,
    ):
        page.goto(f"{url}/khach-co-nguy-co")
        first = page.locator(".person").first
        subject = first.locator("input[name=subject]").first.get_attribute("value")
        assert subject is not None
        party = subject.split(":")[2]
        moment, told = datetime.now(UTC), iso(now())
        ticket = {
            "party": party,
            "category": "Giao hàng",
            "created_at": told,
            "csat": 1,
            "rated_at": told,
        }
        body = json.dumps({"records": [{"table": "ticket", "id": "TT-1", "columns": ticket}]})
        headers = {
            "webhook-id": "tt-1", "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign("tt-1", moment, body),
        }  # fmt: skip
        assert (
            httpx.post(f"{url}/api/v1/deliveries/helpdesk", content=body, headers=headers).status_code == 200
        )
        page.goto(f"{url}/ho-so/{subject}")
        expect(page.locator("main")).to_contain_text("Giao hàng")


def test_a_model_is_put_in_use_and_taken_back(shown: Browser, busy: Home) -> None:
    other = company.trained(busy, "lead_conversion", now() - DAY, seed=3, promote=False)
    before = champion(busy, "lead_conversion")
    assert before is not None
    with (
        chromium.listening(busy) as url,
        signed_in(shown, url, busy, "duc", 1280, "vi") as page,
    ):
        page.goto(f"{url}/mo-hinh")
        page.locator("form", has=page.locator(f'input[name=version][value="{other.version}"]')).locator(
            "button"
        ).click()
        page.wait_for_load_state()
        now_used = champion(busy, "lead_conversion")
        assert now_used is not None
        assert now_used.version == other.version
        page.get_by_role("button", name=re.compile("Quay lại")).first.click()
        page.wait_for_load_state()
    after = champion(busy, "lead_conversion")
    assert after is not None
    assert after.version == before.version

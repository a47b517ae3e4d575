"""In a real browser: what people see while they wait, and that a tap made without a connection is not lost."""

import json
import re
from time import sleep

import pytest
from playwright.sync_api import Route, expect

from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.people import Deed
from crm.tables.work import Tap
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.scores.scoring import score
from serving.work import assigning
from tests.serving import chromium
from tests.serving.teams import as_caller, person, team

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(chromium.FOUND is None, reason="Chromium is not installed: apt-get install chromium"),
]

WATCHED = """() => {
  sessionStorage.told = "[]";
  const seen = (text) => { sessionStorage.told = JSON.stringify([...JSON.parse(sessionStorage.told), text]); };
  new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes)
      if (change.target.id === "dang-tai" || (node.className || "").startsWith("told")) seen(node.textContent);
  }).observe(document.body, { childList: true, subtree: true });
}"""
"""Remembers what the page says while it waits: the test itself waits too then."""


def taps(home: Home) -> int:
    with reading(home) as session:
        return session.query(Tap).count()


def late(route: Route) -> None:
    sleep(1.2)
    route.continue_()


def test_a_tap_without_a_connection_is_sent_once_it_is_back_and_waiting_is_said(at_work: Home) -> None:
    score(at_work, "lead_conversion")
    hoa = person(at_work, "hoa", team(at_work, "Một"))
    assigning.assign(at_work)
    with chromium.listening(at_work) as url, chromium.browser() as shown:
        context = shown.new_context(viewport={"width": 390, "height": 900})
        with writing(at_work) as session:
            cookie = keys.opened(session, as_caller(at_work, hoa))
        context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
        page = context.new_page()
        page.goto(f"{url}/hom-nay")
        row = page.locator(".person").first
        context.set_offline(True)
        row.locator('button[value="interested"]').click()
        expect(row.locator(".told.failed")).to_contain_text("Mất mạng")
        row.locator(".told button").click()
        expect(row.locator(".told.failed")).to_contain_text("Mất mạng")
        assert taps(at_work) == 0
        context.set_offline(False)
        expect(row).to_have_class(re.compile("tapped"))
        assert taps(at_work) == 1
        row.locator(".undo button").click()
        expect(row).not_to_have_class(re.compile("tapped"))
        expect(row.locator(".told")).to_have_count(0)

        page.evaluate(WATCHED)
        page.route("**/lien-he*", late)
        row.locator(".open button").click()
        expect(row.locator("a.call").first).to_have_attribute("href", re.compile("^tel:"))
        with reading(at_work) as session:
            assert session.query(Deed).filter(Deed.action == "phone.open").count() == 1
        page.route("**/ho-so/**", late)
        row.locator(".links a").first.click()
        page.wait_for_url(re.compile("ho-so"))
        assert json.loads(page.evaluate("sessionStorage.told")) == ["Đang gửi…", "Đang tải…"]
        expect(page.locator("#dang-tai")).to_be_empty()
        page.locator('.reach button[value="no_answer"]').click()
        expect(page.locator(".reach")).to_have_class(re.compile("tapped"))
        assert "/ho-so/" in page.url
        context.close()

"""The page Dữ liệu: what a night brought stays to be seen, whatever comes after it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now, show
from crm.folding import fold
from crm.inbox import Inbox, Said
from crm.settings import Home
from serving.pages import data
from tests.crm.exports import Exports


@pytest.fixture
def exports(home: Home, tmp_path: Path) -> Exports:
    made = Exports(tmp_path)
    made.home = home
    return made


def folded(home: Home, number: int) -> None:
    """A lead came live and is in the history."""
    Inbox(home).put(f"web/{number}", [Said("lead", "web", f"W{number}", {"name": "Chị Lan"})])
    fold(home)


def test_the_refused_rows_of_an_import_outlive_the_folds_after_it(
    browser: TestClient, exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data, "LOADS", 2)
    at = now() - 2 * DAY
    exports.load(at)
    for number in range(2):
        folded(exports.home, number)
    page = browser.get("/du-lieu").text
    for said in ("dau_moi.csv", "khong co", show(at, exports.home.settings.zone), "cloudgo"):
        assert said in page
    assert "Không có dòng nào bị từ chối" not in page
    assert "Lần nhập gần nhất đã hơn một ngày" in page, "a fold is no import"
    assert "gộp 2 lần, 2 dòng" in page
    assert page.count("<bdi>cloudgo</bdi>") == 1


def test_what_came_live_alone_is_told_and_is_not_taken_for_an_import(browser: TestClient, home: Home) -> None:
    assert "Chưa có dữ liệu" in browser.get("/du-lieu").text
    folded(home, 1)
    page = browser.get("/du-lieu").text
    assert "gộp 1 lần, 1 dòng" in page
    assert "Chưa có dữ liệu" not in page
    assert "Lần nhập gần nhất" not in page

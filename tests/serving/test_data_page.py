"""The page Dữ liệu: what a night brought stays to be seen, whatever comes after it."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, HOUR, MINUTE, now, show
from crm.discover import modules
from crm.folding import fold
from crm.inbox import Inbox, Said
from crm.jobs import Jobs
from crm.operations import writing
from crm.settings import Home
from crm.tables.jobs import JobLock, JobRun
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


def ran(home: Home, job: str, at: int, state: str = "done", said: str = "") -> None:
    with writing(home) as session:
        session.add(JobRun(job=job, started_at=at, finished_at=at, state=state, said=said, detail={}))


def row(page: str, name: str) -> list[str]:
    """The cells beside a heading of the page's tables, as people read them."""
    found = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', page)
    assert found, name
    return re.findall(r"<td[^>]*>(?:<bdi>)?(.*?)(?:</bdi>)?</td>", found[1])


def test_a_job_that_failed_hours_ago_is_seen_before_the_first_import_too(
    browser: TestClient, home: Home
) -> None:
    at, zone = now() - 6 * HOUR, home.settings.zone
    ran(home, "import_exports", at - DAY)
    ran(home, "import_exports", at, "failed", "no such file; what to do: check the path")
    for minute in range(40):
        ran(home, "write_back", at + minute * MINUTE, *(("failed", "away") if minute < 20 else ()))
    page = browser.get("/du-lieu").text
    assert row(page, "nhập dữ liệu")[:4] == [show(at, zone), "hỏng", "–", show(at - DAY, zone)]
    assert row(page, "ghi về CRM")[:2] == [show(at + 39 * MINUTE, zone), "xong"]
    failures = page.partition("Lần hỏng gần đây")[2]
    assert row(failures, re.escape(show(at, zone))) == [
        "nhập dữ liệu", "hỏng", "1", "no such file; what to do: check the path",
    ]  # fmt: skip
    assert row(failures, re.escape(show(at + 19 * MINUTE, zone))) == ["ghi về CRM", "hỏng", "20", "away"]


def test_every_job_has_a_name_people_know_and_says_when_it_runs(browser: TestClient, home: Home) -> None:
    before = now()
    page = browser.get("/du-lieu").text
    for name in modules("serving.jobs"):
        assert f">{name}<" not in page, name
    assert page.count("chưa chạy</td>") == len(modules("serving.jobs"))
    moments = (before, now())
    coming = [show((at // (15 * MINUTE) + 1) * 15 * MINUTE, home.settings.zone) for at in moments]
    assert row(page, "chia khách")[4] in coming
    assert row(page, "sao lưu")[4] == "–", "it has no schedule"
    assert row(page, "nhập dữ liệu")[4] == "–", "the settings name nothing to import"
    ran(home, "assign", now() - DAY)
    assert row(browser.get("/du-lieu").text, "chia khách")[4] == "đến giờ, chưa chạy"


def test_a_job_whose_scheduler_was_killed_is_not_shown_as_running(browser: TestClient, home: Home) -> None:
    Jobs(home).begin("score")
    assert row(browser.get("/du-lieu").text, "tính lại")[1] == "đang chạy"
    with writing(home) as session:
        session.query(JobLock).update({"until": 0})
    assert row(browser.get("/du-lieu").text, "tính lại")[1] == "bị dừng"

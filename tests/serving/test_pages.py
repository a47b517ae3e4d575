import re
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now
from crm.discover import modules
from crm.settings import Home
from serving import page
from serving.rights import keys
from serving.rights.access import COOKIE
from serving.work import export, spoken
from tests.serving.stored import ORIGIN, send, store

WORDS = sorted((page.HERE / "words").glob("*.toml"))
TEMPLATES = {path.stem: path.read_text(encoding="utf-8") for path in (page.HERE / "templates").glob("*.html")}
SHOWS = {page: kind for kind, page in export.PAGE.items()}
LISTS = [("/hom-nay", "lead_conversion"), ("/khach-co-nguy-co", "churn")]
SAID_OTHERWISE = (
    "model",
    "mô hình",
    "machine",
    "probability",
    "xác suất",
    "churn",
    "score",
    "feature",
    "calibrat",
)


def both(path: Path) -> dict[str, dict[str, str]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_every_word_is_there_in_both_languages(path: Path) -> None:
    for name, said in both(path).items():
        assert set(said) == {"vi", "en"}, name
        assert said["vi"], name
        assert set(re.findall(r"\{\w+\}", said["vi"])) == set(re.findall(r"\{\w+\}", said["en"])), name
    assert {path.stem for path in WORDS} - {"layout"} <= set(TEMPLATES)


@pytest.mark.parametrize("path", WORDS, ids=lambda path: path.stem)
def test_a_page_says_all_its_words_and_no_others(path: Path) -> None:
    shared = set(both(page.HERE / "words" / "layout.toml"))
    template = TEMPLATES[path.stem]
    used = set(re.findall(r"words\.(\w+)", template)) - {"get"}
    if "worklist.html" in template:
        used |= set(re.findall(r"words\.(\w+)", TEMPLATES["worklist"] + TEMPLATES["list"])) - {"get"}
    own = set(both(path))
    module = page.HERE / "pages" / f"{path.stem}.py"
    if module.exists():
        used |= own & set(re.findall(r'said\["(\w+)"\]', module.read_text(encoding="utf-8")))
    if path.stem == "export":
        used |= {f"column_{name}" for name in export.WIDTHS}
    used |= set(spoken.FACTS[kind]) if (kind := SHOWS.get(path.stem)) else set()
    if path.stem == "layout":
        assert used == own | {"title"}
        return
    if path.stem == "list":
        assert set(re.findall(r"terms\.(\w+)", "".join(TEMPLATES.values()))) == own
        return
    assert not own & shared, "a page's word hides one that all pages share"
    assert used <= own | shared
    looked_up = {"hot", "warm", "cold", "high", "medium", "low", "title"} | {n for n in own if n[0].isupper()}
    looked_up |= {name for name in own if name.endswith("_todo")}
    assert own <= used | looked_up, "a word nobody says"


@pytest.mark.parametrize(
    "path",
    [p for p in WORDS if p.stem in ("today", "at_risk", "list", "outcomes", "profile", "search", "layout")],
    ids=lambda p: p.stem,
)
def test_pages_for_sales_and_care_have_no_words_of_statistics(path: Path) -> None:
    for name, said in both(path).items():
        text = f"{said['vi']} {said['en']}".casefold().replace("scored", "").replace("score again", "")
        assert not [word for word in SAID_OTHERWISE if word in text], name


def test_every_page_has_a_router_a_template_and_words() -> None:
    for name, module in modules("serving.pages").items():
        assert module.router.include_in_schema is False
        assert name in TEMPLATES
        assert (page.HERE / "words" / f"{name}.toml").exists()


@pytest.mark.parametrize(("path", "target"), LISTS)
def test_before_the_first_scoring_a_page_says_what_to_do(browser: TestClient, path: str, target: str) -> None:
    text = browser.get(path).text
    assert f"leadkeep score {target}" in text
    assert 'class="person"' not in text


@pytest.mark.parametrize(("path", "target"), LISTS)
def test_a_row_says_who_why_how_likely_and_where_from(
    browser: TestClient, home: Home, path: str, target: str
) -> None:
    store(home, target, {"source_id": "LEA-77"})
    text = browser.get(path).text
    for said in (
        "3 trong 10",
        "3,1 triệu ₫",
        "10 triệu ₫",
        "Khách nghe máy 3 lần",
        "crm · LEA-77",
        "trong 30 ngày",
    ):
        assert said in text
    assert "Danh sách này đã cũ" not in text
    english = browser.get(f"{path}?lang=en").text
    for said in ("3 in 10", "3.1 million ₫", "Answered 3 calls", "crm · LEA-77", '<html lang="en">'):
        assert said in english
    assert '<html lang="en">' in browser.get(path).text, "the language is remembered"


@pytest.mark.parametrize(("path", "target"), LISTS)
def test_an_old_list_and_one_made_by_the_rule_say_so(
    browser: TestClient, home: Home, path: str, target: str
) -> None:
    store(home, target, {}, cutoff=now() - 2 * DAY, kind="rule")
    text = browser.get(path).text
    assert "Danh sách này đã cũ" in text
    assert "xếp theo cách đơn giản" in text


def test_one_that_only_the_rule_scored_says_so(browser: TestClient, home: Home) -> None:
    store(home, "lead_conversion", {}, {"kind": "rule"})
    assert browser.get("/hom-nay").text.count("cách đơn giản") == 1


@pytest.mark.parametrize(("path", "target"), LISTS)
def test_text_from_the_crm_is_only_text(browser: TestClient, home: Home, path: str, target: str) -> None:
    bad = "<script>alert(1)</script>\u202e&\"'"
    reasons = [{"topic": "x", "vi": bad, "en": bad, "contribution": 1.0}]
    store(home, target, {"source_id": bad, "reasons": reasons})
    text = browser.get(path).text
    assert "<script>" not in text
    assert text.count("&lt;script&gt;") >= 2
    assert re.search(r"<bdi>crm · &lt;script", text), (
        "a right-to-left mark must not turn the rest of the line"
    )


def test_amounts_nobody_knows_are_said_to_be_unknown(browser: TestClient, home: Home) -> None:
    store(home, "lead_conversion", {"value": None, "expected": None, "reasons": []})
    text = browser.get("/hom-nay").text
    assert "chưa ước tính được" in text
    assert "Chưa có gì nổi bật" in text


def test_who_won_or_left_is_not_on_the_next_list(browser: TestClient, home: Home) -> None:
    store(home, "lead_conversion", {"source_id": "GONE"}, {"source_id": "STAYS"}, cutoff=now() - 2 * DAY)
    store(home, "lead_conversion", {"source_id": "STAYS"})
    text = browser.get("/hom-nay").text
    assert "STAYS" in text
    assert "GONE" not in text


class Tags(HTMLParser):
    """Checks that what is opened is closed, and collects what a strict policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.bad: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.bad += [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and not dict(attrs).get("src", "").startswith("/")):
            self.bad.append(tag)
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("path", ["/hom-nay", "/khach-co-nguy-co", "/dang-nhap", "/vao?ma=x", "/nowhere"])
def test_pages_are_whole_and_hold_no_script_of_their_own(browser: TestClient, home: Home, path: str) -> None:
    store(home, "lead_conversion", {}, {"reasons": []})
    answer = browser.get(path)
    tags = Tags()
    tags.feed(answer.text)
    assert (tags.open, tags.bad) == ([], [])
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"


def test_signing_in_with_a_key(client: TestClient, home: Home) -> None:
    assert client.get("/hom-nay").headers["location"] == "/dang-nhap"
    refused = client.post("/dang-nhap", data={"khoa": "lk_wrong"}, headers={"origin": ORIGIN})
    assert refused.status_code == 403
    assert "đã bị thu hồi" in refused.text
    key = keys.create(home, "care")
    answer = client.post("/dang-nhap", data={"khoa": f" {key} "}, headers={"origin": ORIGIN})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert key not in cookie
    assert client.get("/").headers["location"] == "/khach-co-nguy-co"
    send(client, "/dang-xuat")
    assert client.get("/khach-co-nguy-co").headers["location"] == "/dang-nhap"


def test_signing_in_with_a_link_takes_a_press_and_works_once(client: TestClient, home: Home) -> None:
    code = keys.link(home)
    for _ in range(2):
        assert code in client.get("/vao", params={"ma": code}).text, "looking at it does not use it up"
    assert client.post("/vao", data={"ma": code}, headers={"origin": ORIGIN}).status_code == 303
    assert client.get("/").headers["location"] == "/hom-nay"
    again = client.post("/vao", data={"ma": code}, headers={"origin": ORIGIN})
    assert again.status_code == 403
    assert "đã dùng" in again.text


def test_marketing_lands_on_the_figures_and_sees_no_list(client: TestClient, home: Home) -> None:
    client.post("/dang-nhap", data={"khoa": keys.create(home, "marketing")}, headers={"origin": ORIGIN})
    assert client.get("/").headers["location"] == "/ket-qua"
    assert client.get("/ket-qua").status_code == 200
    assert "Marketing" in client.get("/tai-khoan").text
    refused = client.get("/hom-nay")
    assert refused.status_code == 403
    assert "Bạn không mở được trang này" in refused.text


def test_a_long_form_is_refused(client: TestClient) -> None:
    answer = client.post("/dang-nhap", content=b"khoa=" + b"x" * 50_000, headers={"origin": ORIGIN})
    assert answer.status_code == 403


def test_the_cookie_travels_only_over_https_where_there_is_https(home: Home, client: TestClient) -> None:
    client.base_url = "https://testserver"
    answer = client.post(
        "/dang-nhap", data={"khoa": keys.create(home, "admin")}, headers={"origin": "https://testserver"}
    )
    assert "Secure" in answer.headers["set-cookie"]
    assert answer.headers["set-cookie"].startswith(COOKIE)

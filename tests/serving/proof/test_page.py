"""What the page says of the proof: too early, more or less, in words, and never a bare interval."""

import re

from fastapi.testclient import TestClient

from crm.clock import DAY, HOUR, now
from crm.operations import writing
from crm.settings import Home
from crm.tables.people import Person
from crm.tables.scores import ScoreRun
from crm.tables.trial import Enrolment
from serving.rights import keys
from tests.crm.company import Company
from tests.serving.stored import ORIGIN

END = now() - HOUR
SCORED, RULED = 90, 30
LEADS, CUSTOMERS = "Khả năng mua của khách tiềm năng", "Nguy cơ rời bỏ của khách hàng"


def ago(days: float) -> int:
    return END - round(days * DAY)


def told(home: Home, leads: tuple[int, int], customers: tuple[int, int]) -> None:
    """So many of ninety scored and of thirty ruled leads who bought, and of as many customers, for a million each.

    All were drawn three months ago but four of each, who were drawn two weeks later; every other one is Lan's.
    """
    company = Company(home.path)
    for number in range(SCORED + RULED):
        of, place = (1, number - SCORED) if number >= SCORED else (0, number)
        for kind, hits in (("L", leads[of]), ("C", customers[of])):
            party = f"{kind}P{number}"
            order = {"kind": "order", "party": party, "amount": 1_000_000, "currency": "VND"}
            company.tell("party", party, ago(130), kind="organisation", name="A", created_at=ago(130))
            if kind == "L":
                ended = {"converted_at": ago(72), "converted_party": party} if place < hits else {}
                company.tell("lead", f"L{number}", ago(72), created_at=ago(100), name="A", **ended)
            else:
                company.tell("transaction", f"B{number}", ago(120), occurred_at=ago(120), **order)
            if place < hits:
                company.tell("transaction", f"{kind}T{number}", ago(70), occurred_at=ago(70), **order)
    company.tell("activity", "end", END, kind="call", direction="out", occurred_at=END, lead="L0")
    company.load()
    with writing(home) as session:
        session.add(Person(id=1, login="lan", name="Lan", role="sales", failures=0, created_at=0))
        session.flush()
        for target, subject in (("lead_conversion", "lead:crm:L"), ("churn", "customer:crm:CP")):
            session.add(ScoreRun(
                target=target, cutoff=ago(95), version="v", kind="rule", horizon_days=30, load=1, started_at=ago(95),
                finished_at=ago(95), people=120, counts={}, thresholds={"first": 0.3, "second": 0.1},
            ))  # fmt: skip
            for number in range(SCORED + RULED):
                session.add(Enrolment(
                    target=target, party=f"{subject}{number}", subject=f"{subject}{number}", exempt=None,
                    at=ago(80 if number % 30 == 1 else 94), arm="rule" if number >= SCORED else "score",
                    owner=1 if number % 2 else None, probability=0.1,
                ))  # fmt: skip


def rows(page: str, label: str, place: int = 0) -> list[list[str]]:
    """The words of each cell of a table, by the name of the box it scrolls in."""
    table = page.split(f'aria-label="{label}"')[1 + place].split("</table>", 1)[0].split("<tbody>")[1]
    found = [
        [re.sub(r"<[^>]+>", " ", cell) for cell in re.split(r"</t[hd]>", row)[:-1]]
        for row in table.split("</tr>")
    ]
    return [[" ".join(cell.split()) for cell in row] for row in found if row]


def verdicts(page: str) -> list[str]:
    """Of each target's notice, of customers first."""
    return re.findall(r'<p class="notice[^>]*><strong>(.*?)\.</strong>', page)


def test_it_says_more_or_less_in_both_languages(home: Home, browser: TestClient) -> None:
    told(home, leads=(80, 6), customers=(20, 26))
    page = browser.get("/ket-qua").text
    assert verdicts(page) == [
        "Nhóm theo điểm mang lại ít doanh thu hơn", "Nhóm theo điểm mang lại nhiều doanh thu hơn"
    ]  # fmt: skip
    assert page.count('class="notice warn"') == 1
    money, hits = rows(page, LEADS)
    assert money[:3] == ["Doanh thu, đã trừ hàng trả lại và tiền hoàn", "89 triệu ₫", "20 triệu ₫"]
    assert re.fullmatch(r"69 triệu ₫ \(từ \d+ triệu ₫ đến \d+ triệu ₫\)", money[3])
    assert hits[:3] == ["Khách chuyển đổi", "88,9", "20,0"]
    assert re.fullmatch(r"68,9 \(từ \d+,\d đến \d+,\d\) Kết luận được: nhóm theo điểm nhiều hơn", hits[3])
    assert rows(page, CUSTOMERS)[1][0] == "Khách ở lại"
    assert rows(page, CUSTOMERS)[1][3].endswith("Kết luận được: nhóm theo điểm ít hơn")
    weeks = rows(page, "Theo tuần bắt đầu", 1)
    assert [row[1] for row in weeks] == ["87 / 29", "3 / 1"]
    assert re.fullmatch(r"\d\d/\d\d/\d{4}", weeks[0][0])
    assert re.fullmatch(r"\d+ triệu ₫ \(từ \d+ triệu ₫ đến \d+ triệu ₫\)", weeks[0][2])
    assert weeks[1][2] == "quá ít"
    assert [row[:2] for row in rows(page, "Theo người phụ trách", 1)] == [
        ["chưa giao", "45 / 15"],
        ["Lan", "45 / 15"],
    ]

    page = browser.get("/ket-qua?lang=en").text
    assert verdicts(page) == ["The scored group brings less revenue", "The scored group brings more revenue"]
    assert rows(page, "Lead conversion")[1][3].endswith("It can be told: the scored group has more")
    assert rows(page, "Churn")[1][3].endswith("It can be told: the scored group has fewer")
    assert rows(page, "By the week they came in")[1][2] == "too few"
    assert [row[0] for row in rows(page, "By who looks after them")] == ["nobody yet", "Lan"]


def test_it_says_that_it_is_too_early(home: Home, client: TestClient) -> None:
    told(home, leads=(40, 13), customers=(40, 14))
    client.post("/dang-nhap", data={"khoa": keys.create(home, "marketing")}, headers={"origin": ORIGIN})
    for lang, early, hits, no_end in (
        (
            "vi",
            "Còn quá sớm để kết luận về doanh thu",
            "Còn quá sớm để kết luận",
            "hai năm nữa cũng chưa chắc",
        ),
        ("en", "Too early to tell about revenue", "Too early to tell", "two years may not be enough"),
    ):
        page = client.get(f"/ket-qua?lang={lang}").text
        assert verdicts(page) == [early, early]
        assert page.count(f"<strong>{hits}</strong>") == 2, (
            "nor does the interval of those kept prove anything"
        )
        assert no_end in page
        assert "Lan" not in re.sub(r"<[^>]+>", "", page), "marketing sees nobody by name"

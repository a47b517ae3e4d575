"""The director's figures, counted by hand on a small company, and the goals set beside them."""

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, HOUR, MINUTE, now, to_datetime, to_micros
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.work import Goal
from serving.proof.results import Results, results
from serving.rights import keys
from serving.rights.access import COOKIE
from tests.conftest import settle
from tests.crm.company import Company
from tests.serving.stored import ORIGIN, send

END = now() - HOUR


def ago(days: float) -> int:
    return END - round(days * DAY)


@pytest.fixture
def told(home: Home) -> Home:
    company = Company(home.path)
    for number in range(10):  # leads of 60 days ago: 3 convert, one of them too late to count
        won = {0: 50, 1: 40, 2: 5}.get(number)
        more = {"converted_at": ago(won), "converted_party": f"C{number}"} if won else {}
        company.tell("lead", f"L{number}", ago(60), created_at=ago(60), name="A", **more)
    company.tell("lead", "new", ago(3), created_at=ago(3), name="A")
    for number in range(4):
        company.tell(
            "activity",
            f"A{number}",
            ago(58),
            kind="call",
            direction="out",
            lead=f"L{number}",
            occurred_at=ago(58),
        )
    for number, (buys, amount) in enumerate(
        [((400, 150, 10), 100), ((400, 150), 200), ((20,), 400), ((500,), 50)]
    ):
        company.tell("party", f"K{number}", ago(500), kind="organisation", name="B", created_at=ago(500))
        for when in buys:
            company.tell("transaction", f"T{number}-{when}", ago(when), kind="order", party=f"K{number}", amount=amount,
                         currency="VND", occurred_at=ago(when))  # fmt: skip
    for number, (stage, won, lost) in enumerate(
        [("Thắng", 30, None), ("Thua", None, 30), ("Báo giá", None, None)]
    ):
        company.tell("deal", f"D{number}", ago(70), name="D", party="K0", stage=stage, amount=1000 * (number + 1),
                     created_at=ago(70), won_at=won and ago(won), lost_at=lost and ago(lost))  # fmt: skip
    for number, hours in enumerate([2, 4, 12]):
        opened = ago(20)
        company.tell("ticket", f"P{number}", opened + 48 * HOUR, party="K0", created_at=opened, csat=3 + number,
                     first_reply_at=opened + hours * HOUR, resolved_at=opened + 2 * hours * HOUR)  # fmt: skip
    company.tell("activity", "last", END, kind="call", direction="out", lead="new", occurred_at=END)
    company.load()
    return company.home


def counted(home: Home) -> Results:
    with reading(home) as session:
        return results(home, session)


def test_every_figure_says_what_the_records_say(told: Home) -> None:
    found = {one.name: (one.value, one.people) for one in counted(told).figures}
    assert found == {
        "conversion": (0.2, 10),
        "retention": (0.5, 2),
        "lifetime_value": (250.0, 3),
        "remaining_value": (pytest.approx(200 / 4 * (1 - 0.5**20)), 1),
        "old_revenue": (100.0, 1),
        "csat": (4.0, 3),
        "response": (4.0, 3),
        "resolution": (8.0, 3),
    }


def test_a_subscription_runs_until_it_ends_or_is_cancelled(told: Home) -> None:
    company = Company(told.path)
    for number, (ends, cancelled) in enumerate(
        [(None, None), (-100, 30), (-100, 120), (-100, -20), (None, 30), (5, -20)]
    ):
        company.tell("party", f"S{number}", ago(200), kind="organisation", name="B", created_at=ago(200))
        company.tell("transaction", f"S{number}", ago(200), kind="subscription", party=f"S{number}", amount=0,
                     currency="VND", occurred_at=ago(200), starts_at=ago(200), ends_at=ends and ago(ends),
                     cancelled_at=cancelled and ago(cancelled))  # fmt: skip
    company.load()
    found = {one.name: one for one in counted(told).figures}["retention"]
    assert (found.value, found.people) == (3 / 7, 7), (
        "one of two who order; two of the five who had one a quarter ago"
    )


def test_what_came_back_is_taken_off_once(told: Home) -> None:
    company = Company(told.path)
    for number, (party, kind, reference, when, amount) in enumerate([
        ("K0", "return", "O", 9, -30), ("K0", "return", "O", 8, 20), ("K0", "refund", "O", 7, -40),  # one thing: 50
        ("K0", "refund", "P", 160, 5), ("K0", "refund", None, 6, 7), ("K1", "refund", None, 6, 8),
    ]):  # fmt: skip
        company.tell("transaction", f"B{number}", ago(when), kind=kind, reference=reference, party=party, amount=amount,
                     currency="VND", occurred_at=ago(when))  # fmt: skip
    company.load()
    found = {one.name: (one.value, one.people) for one in counted(told).figures}
    assert found["old_revenue"] == (100.0 - 50 - 15, 1)
    assert found["lifetime_value"] == (250.0 - 70 / 3, 3)
    assert found["remaining_value"][0] == pytest.approx((200 - 62) / 4 * (1 - 0.5**20))
    assert found["retention"] == (0.5, 2), "K1 only returned something this quarter"
    assert sum(one.everybody for one in counted(told).months) == 100 * 2 + 200 + 400 - 70


def test_funnel_months_and_forecast(told: Home) -> None:
    found = counted(told)
    assert [(one.name, one.leads) for one in found.funnel] == [
        ("came", 10), ("touched", 4), ("converted", 3), ("dealt", 0), ("won", 0)]  # fmt: skip
    assert found.funnel[1].days == pytest.approx(2)
    assert sum(one.everybody for one in found.months) == 100 * 2 + 200 + 400
    assert sum(one.old for one in found.months) == 100 * 2 + 200
    assert [(one.stage, one.deals, one.amount, one.expected) for one in found.forecast] == [
        ("Báo giá", 1, 3000, 1000)
    ]
    assert found.forecast[0].past == 0, "nobody logged stages: the share of all"
    assert found.win_rate == pytest.approx(1 / 3)


def test_twelve_months_begin_with_a_whole_one_and_end_with_the_one_that_runs(
    told: Home, browser: TestClient
) -> None:
    company, zone = Company(told.path), told.settings.zone
    last = to_datetime(END + MINUTE, zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(last.year * 12 + last.month - 12, 12)
    first = to_micros(last.replace(year=year, month=month + 1))
    for number, when in enumerate((first - 1, first, to_micros(last) - 1, to_micros(last))):
        company.tell("transaction", f"M{number}", when, kind="order", party="K3", amount=10**number, currency="VND",
                     occurred_at=when)  # fmt: skip
    company.load()
    found = counted(told).months
    assert found[0] == (f"{year}-{month + 1:02}", 10, 10, False)
    assert (found[-1].month, found[-1].running) == (f"{last:%Y-%m}", True)
    assert [one.running for one in found].count(True) == 1
    page = browser.get("/ket-qua").text
    assert f"{last:%m/%y}*" in page
    assert page.count("Tháng chưa hết") == 2


def test_complaints_are_told_from_other_tickets_and_who_waits_is_counted(told: Home) -> None:
    company = Company(told.path)
    for number, (category, hours) in enumerate([("Khiếu nại", 30), ("khiếu nại", None), ("Giao hàng", None)]):
        opened = ago(10)
        answered = {} if hours is None else {"first_reply_at": opened + hours * HOUR}
        company.tell("ticket", f"Q{number}", opened + 48 * HOUR, party="K0", created_at=opened, category=category,
                     **answered)  # fmt: skip
    company.load()
    found = {one.name: one for one in counted(told).figures}
    assert not counted(told).complaints
    assert (found["response"].people, found["response"].waiting, found["resolution"].waiting) == (4, 2, 3)
    settle(told, '[tickets]\ncomplaints = ["Khiếu nại"]\n')
    found = {one.name: one for one in counted(told).figures}
    assert counted(told).complaints
    assert found["response"][1:3] == (30.0, 1)
    assert (found["response"].waiting, found["resolution"][1:3], found["resolution"].waiting) == (
        1,
        (None, 0),
        2,
    )


def test_each_step_of_the_funnel_counts_from_the_one_before(told: Home) -> None:
    company = Company(told.path)
    company.tell("deal", "F0", ago(50), name="D", lead="L1", party="C1", stage="Thắng", amount=7, created_at=ago(38),
                 won_at=ago(35))  # fmt: skip
    for number, (direction, days) in enumerate((("in", 59), ("out", 56))):
        company.tell("activity", f"B{number}", ago(days), kind="call", direction=direction, party="C5",
                     occurred_at=ago(days))  # fmt: skip
    company.tell(
        "lead", "L5", ago(54), created_at=ago(60), name="A", converted_at=ago(54), converted_party="C5"
    )
    company.tell("deal", "F1", ago(50), name="D", lead="L8", party="C8", stage="Báo giá", amount=7,
                 created_at=ago(52))  # fmt: skip
    company.load()
    found = [(one.name, one.leads, one.days and round(one.days, 3)) for one in counted(told).funnel]
    assert found == [
        ("came", 10, None), ("touched", 6, 2.0), ("converted", 5, 8.0), ("dealt", 2, 1.0), ("won", 1, 3.0),
    ]  # fmt: skip


def test_a_stage_is_forecast_by_the_deals_that_were_once_in_it(told: Home) -> None:
    company = Company(told.path)
    for number in range(200):  # of those that got a quote all are won, of those shown a demo none
        stage, won = ("Báo giá", ago(9)) if number % 2 else ("Demo", None)
        company.tell("deal", f"G{number}", ago(8), name="D", party="K0", stage="Xong", amount=1500, won_at=won,
                     created_at=ago(70), lost_at=None if won else ago(9))  # fmt: skip
        company.tell("change", f"H{number}", ago(9), object="deal", record=f"G{number}", field="stage", old=stage,
                     new="Xong", occurred_at=ago(9), provenance="history")  # fmt: skip
    company.tell("deal", "demo", ago(8), name="D", party="K0", stage="Demo", amount=900, created_at=ago(70))
    company.load()
    rates = {one.stage: (one.past, round(one.rate or 0, 2)) for one in counted(told).forecast}
    assert rates == {"Báo giá": (100, 0.92), "Demo": (100, 0.08)}


def test_the_forecast_says_when_and_adds_up_one_currency(told: Home) -> None:
    company, zone = Company(told.path), told.settings.zone
    today = to_datetime(END + MINUTE, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    began = to_micros(today)
    next_month = to_micros(to_datetime(to_micros(today.replace(day=28)) + 7 * DAY, zone).replace(day=1))
    for number, close in enumerate((began - 1100 * DAY, began - 1, began, next_month - 1, next_month)):
        company.tell("deal", f"W{number}", ago(8), name="D", party="K0", stage="Báo giá", amount=10 ** (number + 4),
                     currency="VND", created_at=ago(70), expected_close=close)  # fmt: skip
    foreign = {"name": "D", "party": "K0", "stage": "Báo giá", "currency": "USD", "created_at": ago(70)}
    company.tell("deal", "open", ago(8), **foreign, amount=10**12, expected_close=ago(-1))
    company.tell("deal", "lost", ago(8), **foreign, amount=10**12, lost_at=ago(9))
    company.load()
    found = counted(told)
    assert [(one.when, one.deals, one.amount) for one in found.due] == [
        ("overdue", 2, 110_000), ("this_month", 2, 11_000_000), ("later", 1, 10**8), ("undated", 1, 3000)]  # fmt: skip
    assert found.due[1].expected == round(11_000_000 / 3)
    assert [(one.deals, one.amount) for one in found.forecast] == [(6, 111_113_000)]
    assert found.foreign == 1
    assert found.win_rate == pytest.approx(1 / 3), "nor do they count among those that ended"


@pytest.mark.databases("sqlite", "postgres")
def test_a_goal_is_met_or_missed(told: Home) -> None:
    with writing(told) as session:
        for metric, value in (("conversion", 0.3), ("response", 5.0), ("csat", 4.0)):
            session.add(Goal(metric=metric, value=value, since=0))
    reached = {one.name: one.reached for one in counted(told).figures}
    assert (reached["conversion"], reached["response"], reached["csat"], reached["retention"]) == (
        False,
        True,
        True,
        None,
    )


def test_the_page_shows_it_and_takes_goals(told: Home, browser: TestClient) -> None:
    page = browser.get("/ket-qua").text
    assert "20,0%" in page
    assert "(giờ) (giờ)" not in page
    assert "4,0 giờ" in page
    assert "Chưa khai loại phiếu nào là khiếu nại" in page
    assert page.count('role="img"') == 2
    assert "Chưa tính điểm lần nào" in page
    token = page.split('name="csrf" value="')[1].split('"')[0]
    form = {"csrf": token, "metric": "conversion", "value": "12,5"}
    assert browser.post("/ket-qua", data=form, headers={"origin": ORIGIN}).status_code == 303
    assert "12,5%" in browser.get("/ket-qua").text
    for bad in ({"value": "nan"}, {"value": "-1"}, {"value": "<b>"}):
        assert browser.post("/ket-qua", data=form | bad, headers={"origin": ORIGIN}).status_code == 422
    assert (
        browser.post("/ket-qua", data=form | {"metric": "x"}, headers={"origin": ORIGIN}).status_code == 404
    )
    assert browser.post("/ket-qua", data=form | {"value": ""}, headers={"origin": ORIGIN}).status_code == 303
    with reading(told) as session:
        assert session.get(Goal, "conversion") is None


def test_a_goal_is_read_as_people_write_numbers(told: Home, browser: TestClient) -> None:
    for lang, metric, typed, goal, shown in (
        ("vi", "old_revenue", "2.900", 2_900e6, "2900"),
        ("vi", "old_revenue", "1.500.000", 1_500_000e6, "1500000"),
        ("vi", "old_revenue", "1.234.567,5", 1_234_567.5e6, "1234567,5"),
        ("vi", "old_revenue", "2,900", 2.9e6, "2,9"),
        ("vi", "old_revenue", "0.125", 0.125e6, "0,125"),
        ("vi", "response", "1.500", 1500, "1500"),
        ("vi", "conversion", "12.5", 0.125, "12,5"),
        ("vi", "conversion", "12,125", 0.12125, "12,125"),
        ("vi", "csat", "4.125", 4.125, "4,125"),
        ("en", "old_revenue", "2,900.25", 2_900.25e6, "2900.25"),
        ("en", "old_revenue", "2.900", 2.9e6, "2.9"),
        ("en", "retention", "7", 0.07, "7"),
    ):
        browser.get(f"/ket-qua?lang={lang}")
        assert send(browser, "/ket-qua", metric=metric, value=typed).status_code == 303
        with reading(told) as session:
            assert session.get_one(Goal, metric).value == pytest.approx(goal, rel=1e-12), (lang, typed)
        field = browser.get("/ket-qua").text.split(f'id="muc-{metric}"')[1].split(">")[0]
        assert f'value="{shown}"' in field, (lang, typed)
    answer = send(browser, "/ket-qua", metric="response", value="1.2.3")
    assert (answer.status_code, "1,500 or 12.5" in answer.text) == (422, True)


def test_marketing_sees_the_figures_and_sets_no_goal(told: Home, client: TestClient) -> None:
    client.post("/dang-nhap", data={"khoa": keys.create(told, "marketing")}, headers={"origin": ORIGIN})
    page = client.get("/ket-qua").text
    assert "20,0%" in page
    assert 'action="/ket-qua"' not in page
    token = keys.csrf(client.cookies[COOKIE])
    form = {"csrf": token, "metric": "conversion", "value": "12,5"}
    assert client.post("/ket-qua", data=form, headers={"origin": ORIGIN}).status_code == 403


def test_before_the_first_import_the_page_says_what_to_do(browser: TestClient) -> None:
    page = browser.get("/ket-qua?lang=en").text
    assert "No figures yet" in page
    assert "leadkeep import" in page

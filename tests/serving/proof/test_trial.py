"""The draw is stable, secret and fair, and spares whom it must."""

import stat

import numpy as np
import pyarrow as pa
import pytest
from sqlalchemy import select

from crm import eventarrays
from crm.clock import DAY, SECOND
from crm.operations import reading, writing
from crm.settings import Home
from crm.tables.scores import Score
from crm.tables.trial import Enrolment
from serving.proof import exempt, trial
from tests.conftest import settle

NOW = 1_700_000_000 * SECOND
TARGET = "lead_conversion"


def scores(count: int) -> list[Score]:
    """Leads whose chances by the score and by the rule have nothing to do with each other."""
    rng = np.random.default_rng(3)
    made = []
    for number, (chance, ruled) in enumerate(rng.random((count, 2)).tolist()):
        made.append(
            Score(
                target=TARGET, subject=f"lead:crm:{number}", cutoff=NOW, load=1, number=0, version="v",
                kind="lightgbm", probability=chance, raw=0.0, band="hot" if chance > 0.9 else "cold",
                value=1_000_000, expected=round(1_000_000 * chance), rule_probability=ruled, reasons=[],
                source="crm", source_id=str(number), party=f"party:{number}",
            )
        )  # fmt: skip
    return made


def enrolments(home: Home) -> list[Enrolment]:
    with reading(home) as session:
        return list(session.scalars(select(Enrolment).order_by(Enrolment.party)))


def test_a_tenth_is_drawn_by_a_key_that_only_its_owner_can_read(
    home: Home, tmp_path_factory: pytest.TempPathFactory
) -> None:
    secret = trial.key(home)
    assert len(secret) == 32
    assert secret == trial.key(home)
    assert stat.S_IMODE((home.path / "trial.key").stat().st_mode) == 0o600
    arms = [trial.draw(secret, TARGET, f"party:{n}", 0.1) for n in range(20_000)]
    assert 0.09 < arms.count("rule") / len(arms) < 0.11
    other = trial.key(Home(tmp_path_factory.mktemp("other")).create())
    elsewhere = [trial.draw(other, TARGET, f"party:{n}", 0.1) for n in range(20_000)]
    both = sum(a == b == "rule" for a, b in zip(arms, elsewhere, strict=True))
    assert 0.005 < both / len(arms) < 0.015, "another company's draw must tell nothing about this one"


def test_a_party_is_drawn_once(home: Home) -> None:
    some = scores(300)
    with writing(home) as session:
        assert trial.enrol(session, home, TARGET, some, {"party:7": "vip"}) == 300
    first = {row.party: (row.arm, row.exempt, row.at) for row in enrolments(home)}
    assert first["party:7"][1] == "vip"
    for score in some:
        score.cutoff += 30 * DAY
    some[5].party = "party:found-out-later"
    with writing(home) as session:
        assert trial.enrol(session, home, TARGET, some) == 0, "live, where nobody knows who is exempt"
    assert {row.party: (row.arm, row.exempt, row.at) for row in enrolments(home)} == first


def test_who_is_exempt_later_is_worked_by_the_score_and_still_counts_where_it_was_drawn(home: Home) -> None:
    some = scores(200)
    with writing(home) as session:
        trial.enrol(session, home, TARGET, some, {})
        first = trial.arms(session, TARGET, some)
    vip = next(score for score in some if first[score.subject] == "rule")
    for day, why, arm in ((8, {vip.party: "complaint"}, "score"), (9, {}, "rule")):
        for score in some:
            score.cutoff = NOW + day * DAY
        with writing(home) as session:
            assert trial.enrol(session, home, TARGET, some, why) == 0
            assert trial.arms(session, TARGET, some) == first | {vip.subject: arm}
        row = next(row for row in enrolments(home) if row.party == vip.party)
        assert (row.arm, row.at, row.exempt) == ("rule", NOW, why.get(vip.party))


def test_who_is_exempt_from_the_first_is_drawn_once_that_has_ended(home: Home) -> None:
    some = scores(200)
    ruled = next(score for score in some if trial.draw(trial.key(home), TARGET, score.party, 0.1) == "rule")
    for day, why, at, arm in (
        (0, {ruled.party: "renewal"}, None, "score"), (7, {ruled.party: "vip"}, None, "score"),
        (8, {}, NOW + 8 * DAY, "rule"), (9, {ruled.party: "vip"}, NOW + 8 * DAY, "score"),
    ):  # fmt: skip
        for score in some:
            score.cutoff, score.probability = NOW + day * DAY, day / 10
        with writing(home) as session:
            trial.enrol(session, home, TARGET, some, why)
            assert trial.arms(session, TARGET, some)[ruled.subject] == arm
        row = next(row for row in enrolments(home) if row.party == ruled.party)
        assert (row.at, row.exempt) == (at, why.get(ruled.party))
    assert row.probability == 0.8, "as on the day it was drawn"


def test_two_leads_of_one_party_share_its_arm(home: Home) -> None:
    some = scores(400)
    for score in some[200:]:
        score.party = some[int(score.source_id) - 200].party
    with writing(home) as session:
        assert trial.enrol(session, home, TARGET, some) == 200
        arms = trial.arms(session, TARGET, some)
    assert all(arms[f"lead:crm:{n}"] == arms[f"lead:crm:{n + 200}"] for n in range(200))
    assert set(arms.values()) == {"score", "rule"}


def test_a_new_lead_is_drawn_as_it_is_scored_live_and_a_customer_waits(home: Home) -> None:
    lead, customer = scores(2)
    customer.target, customer.subject = "churn", "customer:crm:1"
    with writing(home) as session:
        trial.newcomers(home)(session, [lead, customer])
    assert [row.party for row in enrolments(home)] == ["party:0"]


def test_nobody_is_drawn_for_a_share_of_nothing(home: Home) -> None:
    settle(home, "[trial]\nshare = 0.0\n")
    with writing(home) as session:
        trial.enrol(session, home, TARGET, scores(200))
    assert {row.arm for row in enrolments(home)} == {"score"}


def test_vips_open_complaints_and_near_renewals_are_exempt() -> None:
    def event(subject: str, kind: str, days: float, **more: object) -> dict[str, object]:
        return {"subject": subject, "kind": kind, "occurred_at": int(NOW + days * DAY), **more}

    told = [
        *(event(f"customer:crm:{n:02}", "order", -10, value=1_000 + n) for n in range(40)),
        event("customer:crm:00", "ticket_open", -2),
        event("customer:crm:01", "ticket_open", -9, known_until=int(NOW - DAY)),
        event("customer:crm:02", "subscription_term", -340, value=(NOW + 20 * DAY) // SECOND),
        event("customer:crm:03", "subscription_term", -300, value=(NOW + 60 * DAY) // SECOND),
        event("customer:crm:04", "subscription_term", -400, value=(NOW - 30 * DAY) // SECOND),
    ]  # fmt: skip
    events, _ = eventarrays.sort(pa.Table.from_pylist(_filled(told)), "Asia/Ho_Chi_Minh")
    found = exempt.parties(events, [f"p{s[-2:]}" for s in events.subjects], NOW)
    assert found == {"p00": "complaint", "p02": "renewal", "p38": "vip", "p39": "vip"}


def test_where_complaints_are_named_no_other_ticket_exempts() -> None:
    told = [{"subject": f"customer:crm:{n}", "kind": "ticket_open", "code": code, "occurred_at": NOW - DAY}
            for n, code in enumerate(("Khiếu nại", "Giao hàng"))]  # fmt: skip
    events, _ = eventarrays.sort(pa.Table.from_pylist(_filled(told)), "Asia/Ho_Chi_Minh")
    assert exempt.parties(events, ["p0", "p1"], NOW, ["khiếu nại"]) == {"p0": "complaint"}
    assert exempt.parties(events, ["p0", "p1"], NOW) == {"p0": "complaint", "p1": "complaint"}


def _filled(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    return [{"value": None, "known_until": None} | row for row in rows]

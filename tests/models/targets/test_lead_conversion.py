"""When leads are looked at, and what a conversion is worth."""

import numpy as np

from crm.clock import DAY, MINUTE, UNKNOWN
from crm.settings import Settings
from models import snapshots
from models.target import find
from models.targets.lead_conversion import AGES

from ..histories import Event, day, history

LEAD = find("lead_conversion")


def test_fixed_ages_count_from_when_the_lead_became_visible() -> None:
    events = history({"a": [Event("created", 0, 2)], "b": [Event("created", 0), Event("call", 300)]})
    made = snapshots.make(LEAD, events, day(400), Settings())
    ages = made.cutoff[made.subject_index == 0] - day(2)
    assert set(AGES.tolist()) <= set(ages.tolist())
    assert ages.min() >= 5 * MINUTE
    assert ages.max() <= 90 * DAY


def test_cutoffs_just_after_events() -> None:
    calls = [Event("call", 1 + i, 1.5 + i) for i in range(4)]
    events = history({"a": [Event("created", 0), *calls], "b": [Event("created", 0), Event("call", 300)]})
    made = snapshots.make(LEAD, events, day(400), Settings())
    after = made.cutoff[made.subject_index == 0] - 1_000_000
    assert day(1.5) in after.tolist()


def test_busy_leads_are_not_seen_more_rarely_in_their_first_days() -> None:
    quiet = {f"q{i}": [Event("created", 0), Event("call", 1), Event("call", 2)] for i in range(400)}
    busy = {f"r{i}": [Event("created", 0), *(Event("call", 1 + k) for k in range(60))] for i in range(400)}
    made = snapshots.make(LEAD, history({**quiet, **busy}), day(400), Settings())
    second = made.cutoff == day(2) + 1_000_000
    share = [np.sum(second & ((made.subject_index < 400) == first)) / 400 for first in (True, False)]
    assert abs(share[0] - share[1]) < 0.1


def test_ages_beyond_the_last_teach_the_rule() -> None:
    events = history({"a": [Event("created", 0), Event("converted", 200)], "b": [Event("created", 0)],
                      "c": [Event("created", 0), Event("call", 500)]})  # fmt: skip
    made = snapshots.make(LEAD, events, day(600), Settings(), later=True)
    ages = (made.cutoff - made.created_at) // DAY
    assert ages.min() == 120
    assert made.label[(made.subject_index == 0) & (ages == 180)].tolist() == [1]
    assert made.dropped["converted already"] > 0


def test_value_follows_the_product_then_the_channel() -> None:
    def lead(channel: str, product: str, value: int) -> list[Event]:
        known = [Event("change", 0, field="product", code=product)] if product else []
        won = [Event("converted", 5), Event("order", 6, value=value)] if value else []
        return [Event("created", 0, channel=channel), *known, *won]

    made = history(
        {f"a{i}": lead("zalo", "crm", 50_000_000) for i in range(60)}
        | {f"b{i}": lead("zalo", "phone", 1_000_000) for i in range(60)}
        | {"open crm": lead("zalo", "crm", 0), "open phone": lead("zalo", "phone", 0),
           "open zalo": lead("zalo", "", 0), "late": [*lead("zalo", "crm", 0), Event("order", 90, value=1)]}
    )  # fmt: skip
    asked = np.arange(120, 124, dtype=np.int32)
    crm, phone, zalo, late = LEAD.values(made, asked, day(50), 30 * DAY).tolist()
    assert 40_000_000 < crm == late <= 50_000_000
    assert 1_000_000 <= phone < 10_000_000
    assert phone < zalo < crm


def test_value_is_unknown_where_nobody_bought() -> None:
    made = history({"a": [Event("created", 0)]})
    assert LEAD.values(made, np.array([0], dtype=np.int32), day(9), DAY).tolist() == [UNKNOWN]

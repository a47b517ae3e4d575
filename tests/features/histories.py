"""Random histories for the feature tests."""

import numpy as np

from crm.clock import DAY, FOREVER, HOUR, UNKNOWN
from crm.events import Events, Signature

START = 1_700_000_000_000_000
VOCABULARY = (
    Signature("created", channel="facebook"), Signature("created", channel="zalo"),
    Signature("change", "status", "Mới"), Signature("change", "status", "Đang chăm sóc", direction="forward"),
    Signature("change", "stage", "Báo giá", direction="backward"), Signature("change", "owner", "NV1"),
    Signature("change", "industry", "Bán lẻ"), Signature("change", "industry", "Sản xuất"),
    Signature("change", "amount"), Signature("change", "industry", ""),
    Signature("call", "", "answered", "hotline", "out"), Signature("call", "", "no_answer", "hotline", "out"),
    Signature("call", "", "answered", "hotline", "in"), Signature("chat", "", "", "zalo", "in"),
    Signature("chat", "", "", "zalo", "out"), Signature("email", "", "opened", "email", "out"),
    Signature("meeting", "demo", "done", "", "out"), Signature("W_Nabellen offertes", "", "", "", ""),
    Signature("callback_planned"), Signature("callback_overdue"), Signature("callback_done", "", "late"),
    Signature("callback_done", "", "on_time"), Signature("quote"), Signature("deal_opened", "", "POS"),
    Signature("order", channel="shop"), Signature("order", channel="web"), Signature("return"),
    Signature("item", "order", "paper"), Signature("item", "order", "printer"), Signature("item", "return", "paper"),
    Signature("invoice"), Signature("invoice_overdue"), Signature("payment", "", "late"),
    Signature("payment", "", "on_time"), Signature("subscription", "new", "A"),
    Signature("subscription", "renewal", "A"), Signature("subscription_active"), Signature("subscription_term"),
    Signature("subscription_ended", "", "cancelled"), Signature("ticket", "high", "hỏng hóc", "zalo"),
    Signature("ticket", "low", "hỏi đáp", "hotline"), Signature("ticket_open"), Signature("ticket_replied"),
    Signature("ticket_resolved"), Signature("csat"),
)  # fmt: skip
MONEYED = {
    "quote",
    "order",
    "return",
    "item",
    "invoice",
    "invoice_overdue",
    "subscription",
    "subscription_active",
}


def random_events(seed: int, subjects: int = 40, most: int = 120) -> Events:
    """Subjects with 0..most events over two years: late knowledge, corrections, ties in time, unknown numbers."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, most + 1, subjects)
    sizes[0] = 0
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    n = int(offsets[-1])
    occurred = START + rng.integers(0, 730 * 24, n) * HOUR
    owner = np.repeat(np.arange(subjects), sizes)
    occurred = occurred[np.lexsort((occurred, owner))]
    late = np.where(rng.random(n) < 0.1, rng.integers(0, 60 * DAY, n), rng.integers(0, 3, n) * HOUR)
    known = occurred + late
    until = np.where(rng.random(n) < 0.1, known + rng.integers(1, 90 * DAY, n), FOREVER)
    signature = rng.integers(0, len(VOCABULARY), n).astype(np.int32)
    kinds = np.array([s.kind for s in VOCABULARY])[signature]
    value = np.where(np.isin(kinds, list(MONEYED)), rng.integers(1, 10**9, n), UNKNOWN)
    due = np.isin(kinds, ["callback_planned", "subscription_term"])
    value = np.where(due, occurred // 1_000_000 + rng.integers(-(10**6), 10**7, n), value)
    value = np.where(kinds == "csat", rng.integers(1, 6, n), value)
    value = np.where((kinds == "change") & (rng.random(n) < 0.5), rng.integers(0, 10**5, n), value)
    value = np.where(rng.random(n) < 0.05, UNKNOWN, value)
    timed = np.isin(kinds, ["call", "callback_done", "payment", "ticket_replied", "ticket_resolved"])
    duration = np.where(timed & (rng.random(n) < 0.9), rng.integers(0, 10**6, n), UNKNOWN)
    return Events(
        subjects=[f"lead:test:{i}" for i in range(subjects)],
        offsets=offsets,
        occurred_at=occurred,
        known_at=known,
        known_until=until,
        signature=signature,
        value=value.astype(np.int64),
        duration=duration.astype(np.int64),
        actor=rng.integers(-1, 5, n).astype(np.int32),
        day=((occurred + 7 * HOUR) // DAY).astype(np.int32),
        signatures=VOCABULARY,
    )


def random_snapshots(seed: int, events: Events, each: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """``each`` cutoffs a subject, some of them exactly at an event's times."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(len(events.subjects)), each).astype(np.int32)
    cutoff = START + rng.integers(0, 800 * DAY, len(subject))
    for i in range(0, len(subject), 5):
        begin, end = events.offsets[subject[i]], events.offsets[subject[i] + 1]
        if end > begin:
            row = rng.integers(begin, end)
            cutoff[i] = rng.choice(
                [events.occurred_at[row], events.known_at[row], events.occurred_at[row] + 30 * DAY]
            )
    return subject, cutoff

"""Whether contact with the lead is picking up or fading."""

from features.declare import Group, count, events, gap, says, since

GROUP = Group(("lead",), en="Momentum", vi="Đà tương tác")

TOUCH = events("activity")
INBOUND = events("activity", direction="in")

inbound_trend = says(
    count(INBOUND, days=7) - count(INBOUND, days=14, skip=7), unit="change",
    en="Customer's contacts this week against last week", vi="Số lần khách liên hệ tuần này so với tuần trước",)  # fmt: skip
touch_trend = says(
    (count(TOUCH, days=3) + 1.0) / (count(TOUCH, days=14, skip=3) + 1.0), unit="times",
    en="Contacts of the last 3 days against the 11 before", vi="Liên hệ 3 ngày qua so với 11 ngày trước đó",)  # fmt: skip
touch_pace = says(
    count(TOUCH) / (since("first", "created") + 1.0),
    unit="rate",
    en="Pace of contact",
    vi="Nhịp liên hệ",
)
inbound_pace = says(
    count(INBOUND) / (since("first", "created") + 1.0), unit="rate", en="Pace of the customer's contacts", vi="Nhịp khách chủ động liên hệ",)  # fmt: skip
usual_gap = says(
    gap("mean", TOUCH),
    en="Usual gap between contacts: {n}",
    vi="Khoảng cách giữa hai lần liên hệ: {n}",
    none_en="Too few contacts to see a rhythm",
    none_vi="Chưa đủ liên hệ để thấy nhịp",
)
silence = says(
    since("last", TOUCH) / (gap("mean", TOUCH) + 1.0), unit="times", en="Silence against the usual gap",
    vi="Thời gian im lặng so với nhịp thường",)  # fmt: skip
silence_share = says(
    since("last", INBOUND) / (since("first", "created") + 1.0), unit="percent",
    en="Share of its life without the customer's contact", vi="Phần thời gian khách không chủ động liên hệ",
)  # fmt: skip
last_day = says(
    count(TOUCH, days=1),
    en="Contacts in 24 hours",
    vi="Số lần liên hệ trong 24 giờ qua",
    none_en="No contact recorded in 24 hours",
    none_vi="Chưa ghi nhận liên hệ trong 24 giờ qua",
)

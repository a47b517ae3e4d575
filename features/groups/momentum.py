"""Whether contact with the lead is picking up or fading."""

from features.declare import Group, count, events, gap, says, since

GROUP = Group(("lead",), en="Momentum", vi="Đà tương tác")

TOUCH = events("activity")
INBOUND = events("activity", direction="in")

inbound_trend = says(
    count(INBOUND, days=7) - count(INBOUND, days=14, skip=7), unit="change", sense="good",
    en="Contacts from the customer this week {n} on last week", vi="Số lần khách liên hệ tuần này {n} so với tuần trước",
    none_en="No contact from the customer recorded", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
touch_trend = says(
    (count(TOUCH, days=3) + 1.0) / (count(TOUCH, days=14, skip=3) + 1.0), unit="times",
    en="Contacts of the last 3 days are {n} those of the 11 days before",
    vi="Số lần liên hệ 3 ngày qua {n} 11 ngày trước đó",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
touch_pace = says(
    count(TOUCH) / (since("first", "created") + 1.0), unit="rate", en="In contact {n}", vi="Hai bên liên hệ {n}",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
inbound_pace = says(
    count(INBOUND) / (since("first", "created") + 1.0), unit="rate", sense="good", en="Customer gets in touch {n}",
    vi="Khách chủ động liên hệ {n}",
    none_en="No contact from the customer recorded", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
usual_gap = says(
    gap("mean", TOUCH), en="Usually {n} between contacts", vi="Thường {n} mới liên hệ một lần",
    none_en="Too few contacts to see a rhythm", none_vi="Chưa đủ số lần liên hệ để thấy nhịp",
)  # fmt: skip
silence = says(
    since("last", TOUCH) / (gap("mean", TOUCH) + 1.0), unit="times", sense="bad",
    en="The silence since the last contact is {n} the usual gap", vi="Thời gian im ắng từ lần liên hệ gần nhất {n} mức thường lệ",
    none_en="Too few contacts to see a rhythm", none_vi="Chưa đủ số lần liên hệ để thấy nhịp",
)  # fmt: skip
silence_share = says(
    since("last", INBOUND) / (since("first", "created") + 1.0), unit="percent", sense="bad",
    en="No contact from the customer for {n} of the time since they came", vi="Khách im ắng {n} thời gian từ khi đến",
    none_en="The customer has not got in touch yet", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
last_day = says(
    count(TOUCH, days=1), en="{n} contact{s} in the last 24 hours", vi="Có {n} lần liên hệ trong 24 giờ qua",
    none_en="No contact recorded in the last 24 hours", none_vi="Chưa ghi nhận liên hệ trong 24 giờ qua",
)  # fmt: skip

"""How much the customer and we have been in touch, by kind, channel and direction."""

from features.declare import (
    Group,
    active_days,
    count,
    different,
    each,
    events,
    mean,
    over,
    says,
    since,
    total,
)

GROUP = Group(("lead",), en="Engagement", vi="Mức độ tương tác")

TOUCH = events("activity")
INBOUND = events("activity", direction="in")
OUTBOUND = events("activity", direction="out")
ANSWERED = events("call", code="answered")
MISSED = events("call", code=("no_answer", "busy", "unreachable"))

inbound = over(
    (1, 3, 7, 30), lambda d: count(INBOUND, days=d), topic="inbound",
    en="Times the customer got in touch in the last {days} days",
    vi="Số lần khách chủ động liên hệ trong {days} ngày qua",
    none_en="No contact from the customer recorded in the last {days} days",
    none_vi="Chưa ghi nhận khách chủ động liên hệ trong {days} ngày qua",
)  # fmt: skip
inbound_all = says(
    count(INBOUND), topic="inbound", en="Times the customer got in touch", vi="Số lần khách chủ động liên hệ",
    none_en="The customer has not got in touch yet", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
outbound = over(
    (1, 3, 7, 30), lambda d: count(OUTBOUND, days=d), topic="outbound",
    en="Times we got in touch in the last {days} days", vi="Số lần mình liên hệ trong {days} ngày qua",
    none_en="No contact from us recorded in the last {days} days",
    none_vi="Chưa ghi nhận mình liên hệ trong {days} ngày qua",
)  # fmt: skip
outbound_all = says(
    count(OUTBOUND), topic="outbound", en="Times we got in touch", vi="Số lần mình đã liên hệ",
    none_en="No contact from us recorded yet", none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip
touches_all = says(
    count(TOUCH),
    en="Contacts so far",
    vi="Tổng số lần liên hệ",
    none_en="No contact recorded yet",
    none_vi="Chưa ghi nhận liên hệ nào",
)
touch_days = says(
    active_days(TOUCH),
    en="Days with contact",
    vi="Số ngày có liên hệ",
    none_en="No contact recorded yet",
    none_vi="Chưa ghi nhận liên hệ nào",
)
touch_days_14d = says(
    active_days(TOUCH, days=14),
    en="Days with contact in 14",
    vi="Số ngày có liên hệ trong 14 ngày",
    none_en="No contact recorded in 14 days",
    none_vi="Chưa ghi nhận liên hệ trong 14 ngày qua",
)
channels = says(different("channels", TOUCH), en="Different channels used", vi="Số kênh đã liên hệ")
staff = says(different("actors", TOUCH), en="Colleagues involved", vi="Số nhân viên đã tham gia")
inbound_share = says(
    count(INBOUND) / count(TOUCH), unit="percent", topic="inbound", en="Share of contacts from the customer",
    vi="Tỷ lệ liên hệ do khách chủ động",
)  # fmt: skip
since_inbound = says(
    since("last", INBOUND), topic="inbound", en="Customer last got in touch {n} ago",
    vi="Lần gần nhất khách chủ động liên hệ cách đây {n}", none_en="The customer has not got in touch yet",
    none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
since_outbound = says(
    since("last", OUTBOUND), topic="outbound", en="We last got in touch {n} ago",
    vi="Lần gần nhất mình liên hệ cách đây {n}", none_en="No contact from us recorded yet",
    none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip
since_touch = says(
    since("last", TOUCH),
    en="Last contact {n} ago",
    vi="Lần liên hệ gần nhất cách đây {n}",
    none_en="No contact recorded yet",
    none_vi="Chưa ghi nhận liên hệ nào",
)

calls_answered = says(
    count(ANSWERED), topic="calls", en="Calls answered", vi="Số cuộc gọi khách nghe máy",
    none_en="No answered call recorded yet", none_vi="Chưa ghi nhận cuộc gọi nào khách nghe máy",
)  # fmt: skip
calls_missed = says(
    count(MISSED), topic="calls", en="Calls not answered", vi="Số cuộc gọi khách không nghe máy"
)
calls_missed_7d = says(
    count(MISSED, days=7),
    topic="calls",
    en="Calls not answered in 7 days",
    vi="Số cuộc gọi không nghe máy trong 7 ngày",
)
answer_rate = says(
    count(ANSWERED) / count("call"), unit="percent", topic="calls", en="Share of calls answered",
    vi="Tỷ lệ cuộc gọi khách nghe máy",
)  # fmt: skip
since_answered = says(
    since("last", ANSWERED), topic="calls", en="Last spoke by phone {n} ago",
    vi="Lần nói chuyện qua điện thoại gần nhất cách đây {n}", none_en="No phone conversation recorded yet",
    none_vi="Chưa ghi nhận lần nói chuyện qua điện thoại nào",
)  # fmt: skip
talk_hours = says(
    total("call", of="duration") / 3600.0, unit="hours", topic="calls", en="Time talked by phone",
    vi="Tổng thời gian nói chuyện qua điện thoại",
)  # fmt: skip
talk_mean = says(
    mean(ANSWERED, of="duration") / 3600.0, unit="hours", topic="calls", en="Usual length of a call",
    vi="Thời lượng trung bình mỗi cuộc gọi",
)  # fmt: skip
long_calls = says(
    count("call", longer_than=180), topic="calls", en="Calls over three minutes", vi="Số cuộc gọi trên 3 phút"
)
work_hours = each(
    "kind", TOUCH, lambda s: total(s, of="duration") / 3600.0, unit="hours", most=10, rest=False,
    en="Time spent on {word}", vi="Thời gian dành cho {word}",
)  # fmt: skip
by_kind = each(
    "kind", TOUCH, count, most=12, en="Number of “{word}” so far", vi="Số lần “{word}” đến nay",
    none_en="No “{word}” recorded yet", none_vi="Chưa ghi nhận “{word}” lần nào",
)  # fmt: skip
by_kind_3d = each(
    "kind", TOUCH, lambda s: count(s, days=3), most=8, en="“{word}” in the last 3 days",
    vi="Số lần “{word}” trong 3 ngày qua",
)  # fmt: skip
since_kind = each(
    "kind", TOUCH, lambda s: since("last", s), unit="days", most=12, rest=False, en="Last “{word}” {n} ago",
    vi="“{word}” gần nhất cách đây {n}", none_en="No “{word}” recorded yet",
    none_vi="Chưa ghi nhận “{word}” lần nào",
)  # fmt: skip
by_channel = each(
    "channel",
    TOUCH,
    count,
    most=6,
    en="Contacts by {word}",
    vi="Số lần liên hệ qua {word}",
    none_en="No contact by {word} recorded",
    none_vi="Chưa ghi nhận liên hệ qua {word}",
)
by_outcome = each(
    "code", TOUCH, count, most=8, rest=False, en="Contacts that ended “{word}”",
    vi="Số lần liên hệ có kết quả “{word}”",
)  # fmt: skip

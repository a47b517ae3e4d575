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
    (1, 3, 7, 30), lambda d: count(INBOUND, days=d), topic="inbound", sense="good",
    en="Customer got in touch {n} time{s} in the last {window}", vi="Khách chủ động liên hệ {n} lần trong {window} qua",
    none_en="No contact from the customer recorded in the last {window}",
    none_vi="Chưa ghi nhận khách chủ động liên hệ trong {window} qua",
)  # fmt: skip
inbound_all = says(
    count(INBOUND), topic="inbound", sense="good", en="Customer has got in touch {n} time{s}",
    vi="Khách đã chủ động liên hệ {n} lần",
    none_en="The customer has not got in touch yet", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
outbound = over(
    (1, 3, 7, 30), lambda d: count(OUTBOUND, days=d), topic="outbound",
    en="We got in touch {n} time{s} in the last {window}", vi="Mình liên hệ {n} lần trong {window} qua",
    none_en="No contact from us recorded in the last {window}",
    none_vi="Chưa ghi nhận mình liên hệ trong {window} qua",
)  # fmt: skip
outbound_all = says(
    count(OUTBOUND), topic="outbound", en="We have got in touch {n} time{s}", vi="Mình đã liên hệ {n} lần",
    none_en="No contact from us recorded yet", none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip
touches_all = says(
    count(TOUCH), en="{n} contact{s} so far", vi="Hai bên đã liên hệ {n} lần",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
touch_days = says(
    active_days(TOUCH), en="In contact on {n} different day{s}", vi="Đã liên hệ vào {n} ngày khác nhau",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
touch_days_14d = says(
    active_days(TOUCH, days=14), en="In contact on {n} of the last 14 days", vi="Có liên hệ vào {n} ngày trong 14 ngày qua",
    none_en="No contact recorded in the last 14 days", none_vi="Chưa ghi nhận liên hệ trong 14 ngày qua",
)  # fmt: skip
channels = says(
    different("channels", TOUCH), en="In contact in {n} way{s}", vi="Đã liên hệ qua {n} kênh",
    none_en="No channel recorded yet", none_vi="Chưa ghi nhận kênh liên hệ",
)  # fmt: skip
staff = says(
    different("actors", TOUCH), en="{n} of us involved so far", vi="Đã có {n} nhân viên tham gia",
    none_en="Nobody of us involved yet", none_vi="Chưa ghi nhận nhân viên nào tham gia",
)  # fmt: skip
inbound_share = says(
    count(INBOUND) / count(TOUCH), unit="percent", topic="inbound", sense="good",
    en="{n} of the contacts came from the customer", vi="{n} số lần liên hệ là do khách chủ động",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
since_inbound = says(
    since("last", INBOUND), topic="inbound", sense="bad", en="Customer last got in touch {n} ago",
    vi="Khách chủ động liên hệ gần nhất cách đây {n}",
    none_en="The customer has not got in touch yet", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
since_outbound = says(
    since("last", OUTBOUND), topic="outbound", sense="bad", en="We last got in touch {n} ago",
    vi="Mình liên hệ gần nhất cách đây {n}",
    none_en="No contact from us recorded yet", none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip
since_touch = says(
    since("last", TOUCH), sense="bad", en="Last contact {n} ago", vi="Lần liên hệ gần nhất cách đây {n}",
    none_en="No contact recorded yet", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip

calls_answered = says(
    count(ANSWERED), topic="kind call", sense="good", en="Has answered {n} call{s}", vi="Khách đã nghe máy {n} lần",
    none_en="No answered call recorded yet", none_vi="Chưa ghi nhận cuộc gọi nào khách nghe máy",
)  # fmt: skip
calls_missed = says(
    count(MISSED), topic="kind call", sense="fault", en="{n} call{s} not answered", vi="Khách không nghe máy {n} lần",
    none_en="Has missed no call so far", none_vi="Khách chưa bỏ lỡ cuộc gọi nào",
)  # fmt: skip
calls_missed_7d = says(
    count(MISSED, days=7), topic="kind call", sense="fault", en="{n} call{s} not answered in the last 7 days",
    vi="Khách không nghe máy {n} lần trong 7 ngày qua",
    none_en="Missed no call in the last 7 days", none_vi="Khách không bỏ lỡ cuộc gọi nào trong 7 ngày qua",
)  # fmt: skip
answer_rate = says(
    count(ANSWERED) / count("call"), unit="percent", topic="kind call", sense="good", en="Answered {n} of our calls",
    vi="Khách nghe máy {n} số cuộc gọi", none_en="No call recorded yet", none_vi="Chưa ghi nhận cuộc gọi nào",
    below_en="No answered call recorded yet", below_vi="Chưa ghi nhận cuộc gọi nào khách nghe máy",
)  # fmt: skip
since_answered = says(
    since("last", ANSWERED), topic="kind call", sense="bad", en="Last spoke by phone {n} ago",
    vi="Nói chuyện qua điện thoại gần nhất cách đây {n}",
    none_en="No phone conversation recorded yet", none_vi="Chưa ghi nhận lần nói chuyện qua điện thoại nào",
)  # fmt: skip
talk_hours = says(
    total("call", of="duration") / 3600.0, unit="hours", topic="kind call", sense="good",
    en="Talked by phone for {n} in all", vi="Đã nói chuyện qua điện thoại tổng cộng {n}",
    none_en="No call recorded yet", none_vi="Chưa ghi nhận cuộc gọi nào",
    below_en="No talk by phone yet", below_vi="Chưa nói chuyện được qua điện thoại",
)  # fmt: skip
talk_mean = says(
    mean(ANSWERED, of="duration") / 3600.0, unit="hours", topic="kind call", sense="good",
    en="Calls usually last {n}", vi="Mỗi cuộc gọi thường kéo dài {n}",
    none_en="No answered call recorded yet", none_vi="Chưa ghi nhận cuộc gọi nào khách nghe máy",
)  # fmt: skip
long_calls = says(
    count("call", longer_than=180), topic="kind call", sense="merit", en="{n} call{s} of over three minutes",
    vi="{n} cuộc gọi dài hơn 3 phút",
    none_en="No call of over three minutes yet", none_vi="Chưa có cuộc gọi nào dài hơn 3 phút",
)  # fmt: skip
work_hours = each(
    "kind", TOUCH, lambda s: total(s, of="duration") / 3600.0, unit="hours", most=10, rest=False,
    topic="kind {word}", en="{word}: {n} in all", vi="Tổng thời gian {word}: {n}",
    none_en="{word}: no time recorded", none_vi="Chưa ghi nhận thời gian {word}",
    below_en="{word}: no time recorded", below_vi="Chưa ghi nhận thời gian {word}",
)  # fmt: skip
by_kind = each(
    "kind", TOUCH, count, most=12, topic="kind {word}", en="{word}: {n} so far", vi="Đã có {n} {word}",
    none_en="{word}: none recorded yet", none_vi="Chưa ghi nhận {word} nào",
)  # fmt: skip
by_kind_3d = each(
    "kind", TOUCH, lambda s: count(s, days=3), most=8, topic="kind {word}", en="{word}: {n} in the last 3 days",
    vi="{n} {word} trong 3 ngày qua",
    none_en="{word}: none recorded in the last 3 days", none_vi="Chưa ghi nhận {word} nào trong 3 ngày qua",
)  # fmt: skip
since_kind = each(
    "kind", TOUCH, lambda s: since("last", s), unit="days", most=12, rest=False, topic="kind {word}",
    en="{word}: last {n} ago", vi="{word} gần nhất cách đây {n}",
    none_en="{word}: none recorded yet", none_vi="Chưa ghi nhận {word} nào",
)  # fmt: skip
by_channel = each(
    "channel", TOUCH, count, most=6, en="{n} contact{s} by {word}", vi="{n} lần liên hệ qua {word}",
    none_en="No contact by {word} recorded", none_vi="Chưa ghi nhận liên hệ qua {word}",
)  # fmt: skip
by_outcome = each(
    "code", TOUCH, count, most=8, rest=False, en="{n} contact{s} ended: {word}", vi="{n} lần liên hệ có kết quả: {word}",
    none_en="No contact ended: {word}", none_vi="Chưa lần liên hệ nào có kết quả: {word}",
)  # fmt: skip

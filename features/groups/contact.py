"""How we and the customer keep in touch."""

from features.declare import Group, count, different, each, events, over, says, since, wait

GROUP = Group(("customer",), en="Contact", vi="Liên lạc")

TOUCH = events("activity")
INBOUND = events("activity", direction="in")
OUTBOUND = events("activity", direction="out")

contacts_in = over(
    (30, 90), lambda d: count(INBOUND, days=d), topic="inbound", sense="good",
    en="Customer got in touch {n} time{s} in the last {window}", vi="Khách chủ động liên hệ {n} lần trong {window} qua",
    none_en="No contact from the customer recorded in the last {window}",
    none_vi="Chưa ghi nhận khách chủ động liên hệ trong {window} qua",
)  # fmt: skip
contacts_out = over(
    (14, 30, 90), lambda d: count(OUTBOUND, days=d), topic="outbound",
    en="We got in touch {n} time{s} in the last {window}", vi="Mình liên hệ {n} lần trong {window} qua",
    none_en="No contact from us recorded in the last {window}",
    none_vi="Chưa ghi nhận mình liên hệ trong {window} qua",
)  # fmt: skip
since_contact_in = says(
    since("last", INBOUND), topic="inbound", sense="bad", en="Customer last got in touch {n} ago",
    vi="Khách chủ động liên hệ gần nhất cách đây {n}",
    none_en="No contact from the customer recorded", none_vi="Chưa ghi nhận khách chủ động liên hệ",
)  # fmt: skip
since_contact_out = says(
    since("last", OUTBOUND), topic="outbound", sense="bad", en="We last got in touch {n} ago",
    vi="Mình liên hệ gần nhất cách đây {n}",
    none_en="No contact from us recorded", none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip
contact_trend = says(
    count(TOUCH, days=30) - count(TOUCH, days=60, skip=30), unit="change",
    en="Contacts in the last 30 days {n} on the 30 before", vi="Số lần liên hệ 30 ngày qua {n} so với 30 ngày trước đó",
    none_en="No contact recorded", none_vi="Chưa ghi nhận liên hệ nào",
)  # fmt: skip
missed_calls_90d = says(
    count("call", days=90, code=("no_answer", "busy", "unreachable")), topic="kind call", sense="fault",
    en="{n} call{s} not answered in the last 90 days", vi="Khách không nghe máy {n} lần trong 90 ngày qua",
    none_en="Missed no call in the last 90 days", none_vi="Khách không bỏ lỡ cuộc gọi nào trong 90 ngày qua",
)  # fmt: skip
answer_rate_180d = says(
    count("call", days=180, code="answered") / count("call", days=180), unit="percent", topic="kind call", sense="good",
    en="Answered {n} of the calls in the last 180 days", vi="Khách nghe máy {n} số cuộc gọi trong 180 ngày qua",
    none_en="No call recorded in the last 180 days", none_vi="Chưa ghi nhận cuộc gọi nào trong 180 ngày qua",
    below_en="No answered call recorded in the last 180 days",
    below_vi="Chưa ghi nhận cuộc gọi nào khách nghe máy trong 180 ngày qua",
)  # fmt: skip
our_wait = says(
    wait("mean", INBOUND, OUTBOUND, days=180), sense="bad", en="Customer usually waits {n} for our reply",
    vi="Khách thường chờ {n} mới được mình trả lời",
    none_en="No reply from us recorded yet", none_vi="Chưa ghi nhận lần trả lời nào của mình",
)  # fmt: skip
unanswered = says(
    wait("unanswered", INBOUND, OUTBOUND), sense="fault", en="{n} contact{s} from the customer without our reply",
    vi="{n} lần khách liên hệ mà mình chưa trả lời",
    none_en="No contact from the customer is waiting for our reply",
    none_vi="Không có lần khách liên hệ nào mà mình chưa trả lời",
)  # fmt: skip
contact_people = says(
    different("actors", TOUCH, days=365), en="{n} of us in touch in the last year",
    vi="{n} nhân viên liên hệ với khách trong năm qua",
    none_en="Nobody of us in touch in the last year", none_vi="Năm qua chưa ghi nhận nhân viên nào liên hệ",
)  # fmt: skip
owner_changes = says(
    count("change", field="owner", days=365), sense="fault", en="Person in charge changed {n} time{s} in the last year",
    vi="Đổi người phụ trách {n} lần trong năm qua",
    none_en="Same person in charge for the last year", none_vi="Năm qua không đổi người phụ trách",
)  # fmt: skip
since_owner_change = says(
    since("last", "change", field="owner"), sense="good", en="Person in charge changed {n} ago",
    vi="Đổi người phụ trách cách đây {n}",
    none_en="Always the same person in charge", none_vi="Chưa từng đổi người phụ trách",
)  # fmt: skip
by_kind = each(
    "kind", TOUCH, lambda s: count(s, days=180), most=6, topic="kind {word}", en="{word}: {n} in the last 180 days",
    vi="{n} {word} trong 180 ngày qua",
    none_en="{word}: none in the last 180 days", none_vi="Không có {word} nào trong 180 ngày qua",
)  # fmt: skip

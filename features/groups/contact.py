"""How we and the customer keep in touch."""

from features.declare import Group, count, different, each, events, over, says, since, wait

GROUP = Group(("customer",), en="Contact", vi="Liên lạc")

TOUCH = events("activity")
INBOUND = events("activity", direction="in")
OUTBOUND = events("activity", direction="out")

contacts_in = over(
    (30, 90), lambda d: count(INBOUND, days=d), topic="inbound",
    en="Times the customer got in touch in {days} days", vi="Số lần khách chủ động liên hệ trong {days} ngày qua",
    none_en="No contact from the customer recorded in {days} days",
    none_vi="Chưa ghi nhận khách chủ động liên hệ trong {days} ngày qua",
)  # fmt: skip
contacts_out = over(
    (14, 30, 90), lambda d: count(OUTBOUND, days=d), topic="outbound",
    en="Times we got in touch in {days} days", vi="Số lần mình liên hệ trong {days} ngày qua",
    none_en="No contact from us recorded in {days} days",
    none_vi="Chưa ghi nhận liên hệ trong {days} ngày qua",
)  # fmt: skip
since_contact_in = says(
    since("last", INBOUND), topic="inbound", en="Customer last got in touch {n} ago",
    vi="Lần gần nhất khách chủ động liên hệ cách đây {n}",
    none_en="No contact from the customer recorded",
    none_vi="Chưa ghi nhận khách chủ động liên hệ"
)  # fmt: skip
since_contact_out = says(
    since("last", OUTBOUND), topic="outbound", en="We last got in touch {n} ago",
    vi="Lần gần nhất mình liên hệ cách đây {n}",
    none_en="No contact from us recorded",
    none_vi="Chưa ghi nhận mình liên hệ lần nào"
)  # fmt: skip
contact_trend = says(
    count(TOUCH, days=30) - count(TOUCH, days=60, skip=30), unit="change",
    en="Contacts in 30 days against the 30 before", vi="Số lần liên hệ 30 ngày qua so với 30 ngày trước đó",)  # fmt: skip
missed_calls_90d = says(
    count("call", days=90, code=("no_answer", "busy", "unreachable")), topic="calls",
    en="Calls not answered in 90 days", vi="Số cuộc gọi khách không nghe máy trong 90 ngày qua",
)  # fmt: skip
answer_rate_180d = says(
    count("call", days=180, code="answered") / count("call", days=180), unit="percent", topic="calls",
    en="Share of calls answered in 180 days", vi="Tỷ lệ nghe máy trong 180 ngày qua",
)  # fmt: skip
our_wait = says(
    wait("mean", INBOUND, OUTBOUND, days=180), en="Customer usually waits {n} for our reply",
    vi="Khách thường chờ {n} để được mình trả lời",
    none_en="No reply from us recorded yet",
    none_vi="Chưa ghi nhận lần trả lời nào của mình"
)  # fmt: skip
unanswered = says(
    wait("unanswered", INBOUND, OUTBOUND), en="Contacts from the customer still without our reply",
    vi="Số lần khách liên hệ mà mình chưa phản hồi",
)  # fmt: skip
contact_people = says(
    different("actors", TOUCH, days=365),
    en="Colleagues in touch in a year",
    vi="Số nhân viên liên hệ trong năm qua",
)
owner_changes = says(
    count("change", field="owner", days=365), en="Changes of the person in charge in a year",
    vi="Số lần đổi người phụ trách trong năm qua",
)  # fmt: skip
since_owner_change = says(
    since("last", "change", field="owner"),
    en="Person in charge changed {n} ago",
    vi="Đổi người phụ trách cách đây {n}",
    none_en="Always the same person in charge",
    none_vi="Chưa từng đổi người phụ trách",
)
by_kind = each(
    "kind", TOUCH, lambda s: count(s, days=180), most=6, en="“{word}” in 180 days",
    vi="Số lần “{word}” trong 180 ngày qua",
)  # fmt: skip

"""How fast we answered the lead, and how fast the lead answers us."""

from features.declare import Group, count, either, events, known, says, since, wait

GROUP = Group(("lead",), en="Response times", vi="Thời gian phản hồi")

INBOUND = events("activity", direction="in")
OUTBOUND = events("activity", direction="out")
REACHED = events("call", code="answered")

first_contact = says(
    (since("first", "created") - since("first", OUTBOUND)) * 24.0, unit="hours", en="We first got in touch after {n}",
    vi="Mình liên hệ lần đầu sau {n}", none_en="No contact from us recorded yet",
    none_vi="Chưa ghi nhận mình liên hệ lần nào", below_en="We were in touch {n} before this enquiry", below_vi="Mình đã liên hệ {n} trước khi khách để lại thông tin",
)  # fmt: skip
first_contact_or_waiting = says(
    either(since("first", "created") - since("first", OUTBOUND), since("first", "created")) * 24.0, unit="hours",
    en="The lead waited {n} for our first contact", vi="Khách đã chờ {n} để được liên hệ lần đầu",
    none_en="Arrival time not recorded",
    none_vi="Chưa ghi nhận thời điểm khách đến", below_en="We were in touch {n} before this enquiry", below_vi="Mình đã liên hệ {n} trước khi khách để lại thông tin",
)  # fmt: skip
contacted = says(known(since("first", OUTBOUND)), unit="flag", en="Already contacted", vi="Đã được liên hệ")
first_talk = says(
    (since("first", "created") - since("first", REACHED)) * 24.0, unit="hours", en="First talk after {n}",
    vi="Nói chuyện được lần đầu sau {n}", none_en="No phone conversation recorded yet",
    none_vi="Chưa nói chuyện được qua điện thoại", below_en="We had talked {n} before this enquiry", below_vi="Đã nói chuyện {n} trước khi khách để lại thông tin",
)  # fmt: skip
our_wait = says(
    wait("mean", INBOUND, OUTBOUND), en="Customer usually waits {n} for our reply",
    vi="Khách thường chờ {n} để được mình trả lời",
    none_en="No reply from us recorded yet",
    none_vi="Chưa ghi nhận lần trả lời nào của mình"
)  # fmt: skip
our_longest_wait = says(
    wait("longest", INBOUND, OUTBOUND),
    en="Longest wait for our reply: {n}",
    vi="Lần chờ mình trả lời lâu nhất: {n}",
    none_en="No reply from us recorded yet",
    none_vi="Chưa ghi nhận lần trả lời nào của mình",
)
unanswered = says(
    wait("unanswered", INBOUND, OUTBOUND), en="Messages from the customer still without our reply",
    vi="Số lần khách liên hệ mà mình chưa phản hồi",
)  # fmt: skip
their_wait = says(
    wait("mean", OUTBOUND, INBOUND),
    en="The customer usually replies after {n}",
    vi="Khách thường phản hồi sau {n}",
    none_en="No reply from the customer recorded",
    none_vi="Chưa ghi nhận khách phản hồi",
)
ignored = says(
    wait("unanswered", OUTBOUND, INBOUND), en="Our contacts since the customer last replied",
    vi="Số lần mình liên hệ mà khách chưa phản hồi",
)  # fmt: skip
replies_per_contact = says(
    wait("answered", OUTBOUND, INBOUND) / count(OUTBOUND), unit="percent", en="Share of our contacts replied to",
    vi="Tỷ lệ lần liên hệ được khách phản hồi",
)  # fmt: skip

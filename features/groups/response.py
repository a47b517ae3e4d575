"""How fast we answered the lead, and how fast the lead answers us."""

from features.declare import Group, count, either, events, known, says, since, wait

GROUP = Group(("lead",), en="Response times", vi="Thời gian phản hồi")

INBOUND = events("activity", direction="in")
OUTBOUND = events("activity", direction="out")
REACHED = events("call", code="answered")

first_contact = says(
    (since("first", "created") - since("first", OUTBOUND)) * 24.0, unit="hours", sense="bad",
    en="We first got in touch after {n}", vi="Mình liên hệ lần đầu sau {n}",
    none_en="No contact from us recorded yet", none_vi="Chưa ghi nhận mình liên hệ lần nào",
    below_en="We were in touch {n} before this enquiry", below_vi="Mình đã liên hệ {n} trước khi khách để lại thông tin",
)  # fmt: skip
first_contact_or_waiting = says(
    either(since("first", "created") - since("first", OUTBOUND), since("first", "created")) * 24.0, unit="hours",
    sense="bad", en="The lead waited {n} for our first contact", vi="Khách chờ {n} mới được liên hệ lần đầu",
    none_en="Arrival time not recorded", none_vi="Chưa ghi nhận thời điểm khách đến",
    below_en="We were in touch {n} before this enquiry", below_vi="Mình đã liên hệ {n} trước khi khách để lại thông tin",
)  # fmt: skip
contacted = says(
    known(since("first", OUTBOUND)), unit="flag", sense="merit", en="Contacted by us", vi="Mình đã liên hệ"
)
first_talk = says(
    (since("first", "created") - since("first", REACHED)) * 24.0, unit="hours", sense="bad",
    en="First talked by phone after {n}", vi="Nói chuyện được lần đầu sau {n}",
    none_en="No phone conversation recorded yet", none_vi="Chưa ghi nhận lần nói chuyện qua điện thoại nào",
    below_en="We had talked {n} before this enquiry", below_vi="Đã nói chuyện {n} trước khi khách để lại thông tin",
)  # fmt: skip
our_wait = says(
    wait("mean", INBOUND, OUTBOUND), sense="bad", en="Customer usually waits {n} for our reply",
    vi="Khách thường chờ {n} mới được mình trả lời",
    none_en="No reply from us recorded yet", none_vi="Chưa ghi nhận lần trả lời nào của mình",
)  # fmt: skip
our_longest_wait = says(
    wait("longest", INBOUND, OUTBOUND), sense="bad", en="Longest wait for our reply: {n}",
    vi="Có lần khách chờ {n} mới được mình trả lời",
    none_en="No reply from us recorded yet", none_vi="Chưa ghi nhận lần trả lời nào của mình",
)  # fmt: skip
unanswered = says(
    wait("unanswered", INBOUND, OUTBOUND), sense="fault", en="{n} contact{s} from the customer without our reply",
    vi="{n} lần khách liên hệ mà mình chưa trả lời",
    none_en="No contact from the customer is waiting for our reply",
    none_vi="Không có lần khách liên hệ nào mà mình chưa trả lời",
)  # fmt: skip
their_wait = says(
    wait("mean", OUTBOUND, INBOUND), sense="bad", en="Customer usually replies after {n}", vi="Khách thường phản hồi sau {n}",
    none_en="No reply from the customer recorded", none_vi="Chưa ghi nhận khách phản hồi",
)  # fmt: skip
ignored = says(
    wait("unanswered", OUTBOUND, INBOUND), sense="fault", en="{n} contact{s} from us since the customer last replied",
    vi="Mình liên hệ {n} lần mà khách chưa phản hồi",
    none_en="No contact of ours is waiting for a reply", none_vi="Không có lần liên hệ nào chờ khách phản hồi",
)  # fmt: skip
replies_per_contact = says(
    wait("answered", OUTBOUND, INBOUND) / count(OUTBOUND), unit="percent", sense="good",
    en="Replied to {n} of our contacts", vi="Khách phản hồi {n} số lần mình liên hệ",
    none_en="No contact from us recorded yet", none_vi="Chưa ghi nhận mình liên hệ lần nào",
)  # fmt: skip

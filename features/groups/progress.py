"""Where the lead stands, how long it has stood there, and which way it moved."""

from features.declare import Group, count, each, events, gap, says, since

GROUP = Group(("lead",), en="Progress", vi="Tiến triển")

STAGE = events("change", field=("status", "stage"))

dwell = says(
    since("last", STAGE), sense="bad", en="In the present stage for {n}", vi="Ở giai đoạn hiện tại đã {n}",
    none_en="No stage recorded", none_vi="Chưa ghi nhận giai đoạn nào",
)  # fmt: skip
moves = says(
    count(STAGE), en="{n} change{s} of stage so far", vi="Đã chuyển giai đoạn {n} lần",
    none_en="No change of stage yet", none_vi="Chưa chuyển giai đoạn lần nào",
)  # fmt: skip
moves_1d = says(
    count(STAGE, days=1), en="{n} change{s} of stage in the last 24 hours", vi="Chuyển giai đoạn {n} lần trong 24 giờ qua",
    none_en="No change of stage in the last 24 hours", none_vi="24 giờ qua chưa chuyển giai đoạn",
)  # fmt: skip
moves_7d = says(
    count(STAGE, days=7), en="{n} change{s} of stage in the last 7 days", vi="Chuyển giai đoạn {n} lần trong 7 ngày qua",
    none_en="No change of stage in the last 7 days", none_vi="7 ngày qua chưa chuyển giai đoạn",
)  # fmt: skip
forward = says(
    count("change", field=("status", "stage"), direction="forward"), sense="good", en="{n} step{s} forward",
    vi="Đã tiến {n} bước", none_en="No step forward yet", none_vi="Chưa tiến bước nào",
)  # fmt: skip
backward = says(
    count("change", field=("status", "stage"), direction="backward"), sense="fault", en="{n} step{s} back",
    vi="Đã lùi giai đoạn {n} lần", none_en="No step back", none_vi="Chưa lùi giai đoạn lần nào",
)  # fmt: skip
last_step_took = says(
    gap("latest", STAGE), sense="bad", en="The last step took {n}", vi="Bước gần nhất mất {n}",
    none_en="No step made yet", none_vi="Chưa chuyển giai đoạn lần nào",
)  # fmt: skip
usual_step = says(
    gap("mean", STAGE), sense="bad", en="A step usually takes {n}", vi="Mỗi bước thường mất {n}",
    none_en="No step made yet", none_vi="Chưa chuyển giai đoạn lần nào",
)  # fmt: skip
reached = each(
    "code", STAGE, lambda s: since("first", "created") - since("first", s), unit="days", most=14, rest=False,
    en="Reached {word} after {n}", vi="Đến giai đoạn {word} sau {n}",
    none_en="Has not reached {word}", none_vi="Chưa đến giai đoạn {word}",
    below_en="Was in {word} from the start", below_vi="Ở giai đoạn {word} ngay từ đầu",
)  # fmt: skip
since_stage = each(
    "code", STAGE, lambda s: since("last", s), unit="days", most=14, rest=False,
    en="Entered {word} {n} ago", vi="Vào giai đoạn {word} cách đây {n}",
    none_en="Has not reached {word}", none_vi="Chưa đến giai đoạn {word}",
)  # fmt: skip
times_in_stage = each(
    "code", STAGE, count, most=10, rest=True, en="Has been in {word} ({n} time{s})", vi="Đã vào giai đoạn {word} ({n} lần)",
    none_en="Has not been in {word}", none_vi="Chưa vào giai đoạn {word}",
)  # fmt: skip
deal_opened = says(
    since("last", "deal_opened"), sense="bad", en="Deal opened {n} ago", vi="Mở cơ hội bán hàng cách đây {n}",
    none_en="No deal opened yet", none_vi="Chưa mở cơ hội bán hàng nào",
)  # fmt: skip
owner_changes = says(
    count("change", field="owner"), en="Handed to another colleague {n} time{s}", vi="Đã chuyển người phụ trách {n} lần",
    none_en="Always the same person in charge", none_vi="Chưa từng đổi người phụ trách",
)  # fmt: skip

"""Where the lead stands, how long it has stood there, and which way it moved."""

from features.declare import Group, count, each, events, gap, says, since

GROUP = Group(("lead",), en="Progress", vi="Tiến triển")

STAGE = events("change", field=("status", "stage"))

dwell = says(
    since("last", STAGE),
    en="In the present stage for {n}",
    vi="Ở giai đoạn hiện tại đã {n}",
    none_en="No stage recorded",
    none_vi="Chưa ghi nhận giai đoạn nào",
)
moves = says(count(STAGE), en="Stage changes so far", vi="Số lần chuyển giai đoạn")
moves_1d = says(
    count(STAGE, days=1), en="Stage changes in 24 hours", vi="Số lần chuyển giai đoạn trong 24 giờ"
)
moves_7d = says(count(STAGE, days=7), en="Stage changes in 7 days", vi="Số lần chuyển giai đoạn trong 7 ngày")
forward = says(
    count("change", field=("status", "stage"), direction="forward"),
    en="Steps forward",
    vi="Số bước tiến triển",
)
backward = says(
    count("change", field=("status", "stage"), direction="backward"),
    en="Steps back",
    vi="Số lần lùi giai đoạn",
)
last_step_took = says(
    gap("latest", STAGE),
    en="The last step took {n}",
    vi="Bước gần nhất mất {n}",
    none_en="No step made yet",
    none_vi="Chưa chuyển giai đoạn lần nào",
)
usual_step = says(
    gap("mean", STAGE),
    en="A step usually takes {n}",
    vi="Mỗi bước thường mất {n}",
    none_en="No step made yet",
    none_vi="Chưa chuyển giai đoạn lần nào",
)
reached = each(
    "code", STAGE, lambda s: since("first", "created") - since("first", s), unit="days", most=14, rest=False,
    en="Reached “{word}” after {n}", vi="Đến giai đoạn “{word}” sau {n}",
    none_en="Has not reached “{word}”", none_vi="Chưa đến giai đoạn “{word}”", below_en="Reached “{word}” {n} before this enquiry", below_vi="Đến giai đoạn “{word}” {n} trước khi khách để lại thông tin",
)  # fmt: skip
since_stage = each(
    "code", STAGE, lambda s: since("last", s), unit="days", most=14, rest=False,
    en="Entered “{word}” {n} ago", vi="Vào giai đoạn “{word}” cách đây {n}",
    none_en="Has not reached “{word}”", none_vi="Chưa đến giai đoạn “{word}”",
)  # fmt: skip
times_in_stage = each(
    "code",
    STAGE,
    count,
    most=10,
    rest=True,
    en="Times in “{word}”",
    vi="Số lần vào giai đoạn “{word}”",
    none_en="Has not been in “{word}”",
    none_vi="Chưa vào giai đoạn “{word}”",
)
deal_opened = says(
    since("last", "deal_opened"),
    en="Deal opened {n} ago",
    vi="Mở cơ hội bán hàng cách đây {n}",
    none_en="No deal opened yet",
    none_vi="Chưa mở cơ hội bán hàng nào",
)
owner_changes = says(
    count("change", field="owner"), en="Times handed to another colleague", vi="Số lần chuyển người phụ trách"
)

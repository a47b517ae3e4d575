"""Callbacks promised, kept and missed."""

from features.declare import Group, count, events, mean, reading, says, since

GROUP = Group(("lead", "customer"), en="Callbacks", vi="Hẹn gọi lại")

PLANNED, OVERDUE, DONE = events("callback_planned"), events("callback_overdue"), events("callback_done")

callbacks_planned = says(
    count(PLANNED), en="{n} callback{s} promised so far", vi="Đã hẹn gọi lại {n} lần",
    none_en="No callback promised yet", none_vi="Chưa hẹn gọi lại lần nào",
)  # fmt: skip
callbacks_planned_14d = says(
    count(PLANNED, days=14), en="{n} callback{s} promised in the last 14 days", vi="Hẹn gọi lại {n} lần trong 14 ngày qua",
    none_en="No callback promised in the last 14 days", none_vi="Không hẹn gọi lại trong 14 ngày qua",
)  # fmt: skip
callbacks_overdue = says(
    count(OVERDUE), sense="fault", en="{n} callback{s} overdue now", vi="{n} lịch hẹn gọi lại đang quá hạn",
    none_en="No callback is overdue", none_vi="Không có lịch hẹn gọi lại nào quá hạn",
)  # fmt: skip
overdue_for = says(
    since("first", OVERDUE), sense="fault", en="A callback is overdue by {n}", vi="Lịch hẹn gọi lại quá hạn {n}",
    none_en="No callback is overdue", none_vi="Không có lịch hẹn gọi lại nào quá hạn",
)  # fmt: skip
callbacks_late = says(
    count("callback_done", code="late"), sense="fault", en="{n} callback{s} made late", vi="Đã gọi lại trễ hẹn {n} lần",
    none_en="No callback was made late", none_vi="Chưa gọi lại trễ hẹn lần nào",
)  # fmt: skip
callbacks_kept_share = says(
    count("callback_done", code="on_time") / count(PLANNED), unit="percent", sense="good",
    en="{n} of the callbacks were made on time", vi="Gọi lại đúng hẹn {n} số lần đã hẹn",
    none_en="No callback promised yet", none_vi="Chưa hẹn gọi lại lần nào",
)  # fmt: skip
callback_late_hours = says(
    mean(DONE, of="duration") / 3600.0, unit="hours", sense="fault", en="Callbacks are usually late by {n}",
    vi="Gọi lại thường trễ {n}", none_en="No callback made yet", none_vi="Chưa ghi nhận lần gọi lại nào",
    below_en="Callbacks are made on time", below_vi="Gọi lại thường đúng hẹn",
)  # fmt: skip
next_callback = says(
    reading("last", PLANNED, "until"), en="Next callback in {n}", vi="Còn {n} nữa đến hẹn gọi lại",
    none_en="No callback is planned", none_vi="Chưa có lịch hẹn gọi lại",
    below_en="The planned callback was {n} ago", below_vi="Lịch hẹn gọi lại đã qua {n}",
)  # fmt: skip
since_callback_done = says(
    since("last", DONE), en="Last callback {n} ago", vi="Lần gọi lại gần nhất cách đây {n}",
    none_en="No callback made yet", none_vi="Chưa ghi nhận lần gọi lại nào",
)  # fmt: skip

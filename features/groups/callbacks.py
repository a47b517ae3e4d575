"""Callbacks promised, kept and missed."""

from features.declare import Group, count, events, mean, reading, says, since

GROUP = Group(("lead", "customer"), en="Callbacks", vi="Hẹn gọi lại")

PLANNED, OVERDUE, DONE = events("callback_planned"), events("callback_overdue"), events("callback_done")

callbacks_planned = says(count(PLANNED), en="Callbacks promised", vi="Số lần hẹn gọi lại")
callbacks_planned_14d = says(
    count(PLANNED, days=14), en="Callbacks promised in 14 days", vi="Số lần hẹn gọi lại trong 14 ngày qua"
)
callbacks_overdue = says(
    count(OVERDUE), en="Callbacks now overdue", vi="Số lịch hẹn gọi lại đang quá hạn",
    none_en="No callback is overdue", none_vi="Không có lịch hẹn gọi lại nào quá hạn",
)  # fmt: skip
overdue_for = says(
    since("first", OVERDUE),
    en="A callback is overdue by {n}",
    vi="Lịch hẹn gọi lại quá hạn {n}",
    none_en="No callback is overdue",
    none_vi="Không có lịch hẹn gọi lại nào quá hạn",
)
callbacks_late = says(
    count("callback_done", code="late"), en="Callbacks made late", vi="Số lần gọi lại trễ hẹn"
)
callbacks_kept_share = says(
    count("callback_done", code="on_time") / count(PLANNED), unit="percent", en="Callbacks kept on time",
    vi="Tỷ lệ gọi lại đúng hẹn",
)  # fmt: skip
callback_late_hours = says(
    mean(DONE, of="duration") / 3600.0, unit="hours", en="Callbacks are usually late by {n}",
    vi="Gọi lại thường trễ {n}",
    none_en="No callback made yet",
    none_vi="Chưa ghi nhận lần gọi lại nào"
)  # fmt: skip
next_callback = says(
    reading("last", PLANNED, "until"),
    en="Next callback in {n}",
    vi="Lịch hẹn gọi lại tiếp theo sau {n}",
    none_en="No callback is planned",
    none_vi="Chưa có lịch hẹn gọi lại",
    below_en="The planned callback was {n} ago",
    below_vi="Lịch hẹn gọi lại đã qua {n}",
)
since_callback_done = says(
    since("last", DONE),
    en="Last callback {n} ago",
    vi="Lần gọi lại gần nhất cách đây {n}",
    none_en="No callback made yet",
    none_vi="Chưa ghi nhận lần gọi lại nào",
)

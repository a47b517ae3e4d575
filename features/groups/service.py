"""Complaints and requests, how they were handled, and what the customer said of it."""

from features.declare import Group, count, each, events, mean, over, reading, says, since

GROUP = Group(("customer",), en="Service", vi="Chăm sóc và khiếu nại")

OPEN, TICKET, CSAT = events("ticket_open"), events("ticket"), events("csat")
REPLIED, RESOLVED = events("ticket_replied"), events("ticket_resolved")

tickets_open = says(
    count(OPEN), en="Tickets now open", vi="Số phiếu hỗ trợ đang mở", none_en="No ticket is open",
    none_vi="Không có phiếu hỗ trợ đang mở",
)  # fmt: skip
open_for = says(
    since("first", OPEN),
    en="Oldest ticket open for {n}",
    vi="Phiếu hỗ trợ lâu nhất đã mở {n}",
    none_en="No ticket is open",
    none_vi="Không có phiếu hỗ trợ đang mở",
)
tickets = over(
    (30, 90, 365), lambda d: count(TICKET, days=d), en="Tickets in {days} days",
    vi="Số phiếu hỗ trợ trong {days} ngày qua",
)  # fmt: skip
since_ticket = says(
    since("last", TICKET),
    en="Last ticket {n} ago",
    vi="Phiếu hỗ trợ gần nhất cách đây {n}",
    none_en="No ticket so far",
    none_vi="Chưa có phiếu hỗ trợ nào",
)
ticket_trend = says(
    count(TICKET, days=90) - count(TICKET, days=180, skip=90), unit="change",
    en="Tickets in 90 days against the 90 before", vi="Số phiếu hỗ trợ 90 ngày qua so với 90 ngày trước đó",)  # fmt: skip
by_category = each(
    "code", TICKET, lambda s: count(s, days=365), most=6, en="“{word}” tickets in a year",
    vi="Số phiếu “{word}” trong năm qua",
)  # fmt: skip
first_reply = says(
    mean(REPLIED, of="duration", days=180) / 3600.0, unit="hours", en="Tickets wait {n} for the first reply",
    vi="Phiếu hỗ trợ chờ {n} mới được trả lời",
    none_en="No ticket answered in the last half year",
    none_vi="Nửa năm qua chưa có phiếu hỗ trợ nào được trả lời"
)  # fmt: skip
resolve_time = says(
    mean(RESOLVED, of="duration", days=180) / 3600.0, unit="hours", en="Tickets take {n} to resolve",
    vi="Phiếu hỗ trợ mất {n} để xử lý xong",
    none_en="No ticket resolved in the last half year",
    none_vi="Nửa năm qua chưa xử lý xong phiếu hỗ trợ nào"
)  # fmt: skip
last_resolve_time = says(
    reading("last", RESOLVED, "duration") / 3600.0, unit="hours", en="Last ticket took {n}",
    vi="Phiếu gần nhất mất {n} để xử lý",
    none_en="No ticket resolved yet",
    none_vi="Chưa xử lý xong phiếu hỗ trợ nào"
)  # fmt: skip
csat_last = says(
    reading("last", CSAT), en="Last satisfaction rating (of 5)", vi="Điểm hài lòng gần nhất (trên 5)"
)
csat_mean = says(
    mean(CSAT), unit="number", en="Usual satisfaction rating (of 5)", vi="Điểm hài lòng trung bình (trên 5)"
)
csat_mean_180d = says(
    mean(CSAT, days=180), unit="number", en="Satisfaction in 180 days (of 5)",
    vi="Điểm hài lòng 180 ngày qua (trên 5)",
)  # fmt: skip
csat_change = says(
    reading("last", CSAT) - mean(CSAT), unit="change", en="Last rating against the usual",
    vi="Điểm hài lòng gần nhất so với trung bình",)  # fmt: skip
bad_ratings = says(
    count(CSAT, days=365) - count("csat", days=365, at_least=3), unit="count", en="Ratings below 3 in a year",
    vi="Số lần chấm dưới 3 điểm trong năm qua",
)  # fmt: skip
since_rating = says(
    since("last", CSAT),
    en="Last rating {n} ago",
    vi="Lần chấm điểm gần nhất cách đây {n}",
    none_en="Never rated",
    none_vi="Khách chưa chấm điểm lần nào",
)

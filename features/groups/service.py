"""Complaints and requests, how they were handled, and what the customer said of it."""

from features.declare import Group, count, each, events, mean, over, reading, says, since

GROUP = Group(("customer",), en="Service", vi="Chăm sóc và khiếu nại")

OPEN, TICKET, CSAT = events("ticket_open"), events("ticket"), events("csat")
REPLIED, RESOLVED = events("ticket_replied"), events("ticket_resolved")

tickets_open = says(
    count(OPEN), sense="fault", en="{n} ticket{s} open now", vi="{n} phiếu hỗ trợ đang mở",
    none_en="No ticket is open", none_vi="Không có phiếu hỗ trợ đang mở",
)  # fmt: skip
open_for = says(
    since("first", OPEN), sense="fault", en="Oldest ticket open for {n}", vi="Phiếu hỗ trợ lâu nhất đã mở {n}",
    none_en="No ticket is open", none_vi="Không có phiếu hỗ trợ đang mở",
)  # fmt: skip
tickets = over(
    (30, 90, 365), lambda d: count(TICKET, days=d), en="{n} ticket{s} in the last {window}",
    vi="Có {n} phiếu hỗ trợ trong {window} qua",
    none_en="No ticket in the last {window}", none_vi="Không có phiếu hỗ trợ trong {window} qua",
)  # fmt: skip
since_ticket = says(
    since("last", TICKET), en="Last ticket {n} ago", vi="Phiếu hỗ trợ gần nhất cách đây {n}",
    none_en="No ticket so far", none_vi="Chưa có phiếu hỗ trợ nào",
)  # fmt: skip
ticket_trend = says(
    count(TICKET, days=90) - count(TICKET, days=180, skip=90), unit="change",
    en="Tickets of the last 90 days {n} on the 90 before", vi="Số phiếu hỗ trợ 90 ngày qua {n} so với 90 ngày trước đó",
    none_en="No ticket so far", none_vi="Chưa có phiếu hỗ trợ nào",
)  # fmt: skip
by_category = each(
    "code", TICKET, lambda s: count(s, days=365), most=6, en="{n} ticket{s} about {word} in the last year",
    vi="Có {n} phiếu hỗ trợ về {word} trong năm qua",
    none_en="No ticket about {word} in the last year", none_vi="Năm qua không có phiếu hỗ trợ về {word}",
)  # fmt: skip
first_reply = says(
    mean(REPLIED, of="duration", days=180) / 3600.0, unit="hours", sense="bad",
    en="Tickets wait {n} for the first reply", vi="Phiếu hỗ trợ thường chờ {n} mới được trả lời",
    none_en="No ticket answered in the last half year",
    none_vi="Nửa năm qua chưa có phiếu hỗ trợ nào được trả lời",
)  # fmt: skip
resolve_time = says(
    mean(RESOLVED, of="duration", days=180) / 3600.0, unit="hours", sense="bad",
    en="Tickets usually take {n} to resolve", vi="Phiếu hỗ trợ thường mất {n} để xử lý xong",
    none_en="No ticket resolved in the last half year",
    none_vi="Nửa năm qua chưa xử lý xong phiếu hỗ trợ nào",
)  # fmt: skip
last_resolve_time = says(
    reading("last", RESOLVED, "duration") / 3600.0, unit="hours", sense="bad",
    en="The last ticket took {n} to resolve", vi="Phiếu hỗ trợ gần nhất mất {n} để xử lý xong",
    none_en="No ticket resolved yet", none_vi="Chưa xử lý xong phiếu hỗ trợ nào",
)  # fmt: skip
csat_last = says(
    reading("last", CSAT), unit="rating", sense="good", en="Last satisfaction rating {n}", vi="Lần chấm hài lòng gần nhất {n}",
    none_en="Never rated", none_vi="Khách chưa chấm điểm lần nào",
)  # fmt: skip
csat_mean = says(
    mean(CSAT), unit="rating", sense="good", en="Usual satisfaction rating {n}", vi="Điểm hài lòng trung bình {n}",
    none_en="Never rated", none_vi="Khách chưa chấm điểm lần nào",
)  # fmt: skip
csat_mean_180d = says(
    mean(CSAT, days=180), unit="rating", sense="good", en="Usual satisfaction rating of the last 180 days {n}",
    vi="Điểm hài lòng trung bình 180 ngày qua {n}",
    none_en="Not rated in the last 180 days", none_vi="180 ngày qua khách chưa chấm điểm",
)  # fmt: skip
csat_change = says(
    reading("last", CSAT) - mean(CSAT), unit="change", sense="good", en="Last satisfaction rating {n} on the usual",
    vi="Điểm hài lòng gần nhất {n} so với trung bình",
    none_en="Never rated", none_vi="Khách chưa chấm điểm lần nào",
)  # fmt: skip
bad_ratings = says(
    count(CSAT, days=365) - count("csat", days=365, at_least=3), unit="count", sense="fault",
    en="Rated us below 3 {n} time{s} in the last year", vi="Chấm dưới 3 điểm {n} lần trong năm qua",
    none_en="No rating below 3 in the last year", none_vi="Năm qua không chấm dưới 3 điểm lần nào",
)  # fmt: skip
since_rating = says(
    since("last", CSAT), en="Last rating {n} ago", vi="Lần chấm điểm gần nhất cách đây {n}",
    none_en="Never rated", none_vi="Khách chưa chấm điểm lần nào",
)  # fmt: skip

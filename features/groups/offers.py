"""Quotes and prices put before the lead."""

from features.declare import Group, count, events, highest, reading, says, since

GROUP = Group(("lead", "customer"), en="Offers", vi="Báo giá")

QUOTE = events("quote")

quotes = says(
    count(QUOTE), sense="good", en="{n} quote{s} sent", vi="Đã gửi {n} báo giá",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
)  # fmt: skip
quotes_14d = says(
    count(QUOTE, days=14), sense="good", en="{n} quote{s} sent in the last 14 days", vi="Gửi {n} báo giá trong 14 ngày qua",
    none_en="No quote in the last 14 days", none_vi="14 ngày qua không gửi báo giá",
)  # fmt: skip
since_quote = says(
    since("last", QUOTE), sense="bad", en="Last quote {n} ago", vi="Báo giá gần nhất cách đây {n}",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
)  # fmt: skip
first_quote_after = says(
    since("first", "created") - since("first", QUOTE), unit="days", en="First quote {n} after they came",
    vi="Báo giá đầu tiên gửi sau khi khách đến {n}",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
    below_en="A quote was sent {n} before this enquiry", below_vi="Đã gửi báo giá {n} trước khi khách để lại thông tin",
)  # fmt: skip
quote_value = says(
    reading("last", QUOTE), unit="money", en="Last quote: {n}", vi="Báo giá gần nhất: {n}",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
)  # fmt: skip
quote_change = says(
    reading("last", QUOTE) / reading("first", QUOTE), unit="times", en="Last quote is {n} the first",
    vi="Báo giá gần nhất {n} báo giá đầu",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
)  # fmt: skip
quote_highest = says(
    highest(QUOTE), en="Highest quote: {n}", vi="Báo giá cao nhất: {n}",
    none_en="No quote recorded yet", none_vi="Chưa ghi nhận báo giá nào",
)  # fmt: skip
inbound_since_quote = says(
    since("last", QUOTE) - since("last", "activity", direction="in"), unit="days", sense="merit",
    en="Customer got in touch {n} after the quote", vi="Khách liên hệ lại {n} sau báo giá",
    none_en="No contact from the customer since a quote", none_vi="Chưa ghi nhận khách liên hệ sau báo giá",
    below_en="Customer last got in touch {n} before the quote", below_vi="Khách liên hệ lần cuối {n} trước báo giá",
)  # fmt: skip

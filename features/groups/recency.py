"""How long ago the customer last bought, and how that compares with the usual rhythm."""

from features.declare import Group, gap, says, since

GROUP = Group(("customer",), en="Last purchase", vi="Lần mua gần nhất")

since_order = says(
    since("last", "order"), en="Last order {n} ago", vi="Đơn hàng gần nhất cách đây {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
since_order_quiet = says(
    since("last", "order", quiet=True), en="Last order {n} ago, not counting the Tết break",
    vi="Đơn hàng gần nhất cách đây {n}, không tính nghỉ Tết",
    none_en="No order recorded",
    none_vi="Chưa ghi nhận đơn hàng nào"
)  # fmt: skip
since_first_order = says(
    since("first", "order"),
    en="Customer for {n}",
    vi="Là khách hàng đã {n}",
    none_en="No order recorded",
    none_vi="Chưa ghi nhận đơn hàng nào",
)
since_item = says(
    since("last", "item"),
    en="Last product bought {n} ago",
    vi="Mua sản phẩm gần nhất cách đây {n}",
    none_en="No product bought yet",
    none_vi="Chưa ghi nhận sản phẩm đã mua",
)
late_against_gap = says(
    since("last", "order") / (gap("mean", "order") + 7.0), unit="times",
    en="Time since the last order against the usual gap",
    vi="Thời gian từ đơn gần nhất so với nhịp mua thường lệ",)  # fmt: skip
late_against_longest = says(
    since("last", "order") / (gap("longest", "order") + 7.0), unit="times",
    en="Time since the last order against the longest gap",
    vi="Thời gian từ đơn gần nhất so với khoảng nghỉ dài nhất",)  # fmt: skip
silent_share = says(
    since("last", "order") / (since("first", "order") + 1.0), unit="percent",
    en="Share of the relationship without an order", vi="Phần thời gian không có đơn hàng",
)  # fmt: skip
later_than_usual = says(
    since("last", "order") - gap("mean", "order"), unit="days", en="Later than the usual order by {n}",
    vi="Trễ hơn nhịp mua thường lệ {n}",
    none_en="Too few orders to see a rhythm",
    none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
    below_en="The usual next order is {n} away",
    below_vi="Còn {n} nữa mới đến nhịp mua thường lệ"
)  # fmt: skip

"""How long ago the customer last bought, and how that compares with the usual rhythm."""

from features.declare import Group, gap, says, since

GROUP = Group(("customer",), en="Last purchase", vi="Lần mua gần nhất")

since_order = says(
    since("last", "order"), sense="bad", en="Last order {n} ago", vi="Đơn hàng gần nhất cách đây {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
since_order_quiet = says(
    since("last", "order", quiet=True), sense="bad", en="Last order {n} ago, not counting the Tết break",
    vi="Đơn hàng gần nhất cách đây {n}, không tính nghỉ Tết",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
since_first_order = says(
    since("first", "order"), sense="good", en="Customer for {n}", vi="Là khách hàng đã {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
since_item = says(
    since("last", "item"), sense="bad", en="Last product bought {n} ago", vi="Mua sản phẩm gần nhất cách đây {n}",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip
late_against_gap = says(
    since("last", "order") / (gap("mean", "order") + 7.0), unit="times", sense="bad",
    en="Time since the last order is {n} the usual gap", vi="Thời gian từ đơn gần nhất {n} nhịp mua thường lệ",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
late_against_longest = says(
    since("last", "order") / (gap("longest", "order") + 7.0), unit="times", sense="bad",
    en="Time since the last order is {n} the longest pause so far",
    vi="Thời gian từ đơn gần nhất {n} lần ngừng mua dài nhất",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
silent_share = says(
    since("last", "order") / (since("first", "order") + 1.0), unit="percent", sense="bad",
    en="No order for {n} of the time since the first", vi="Không mua trong {n} thời gian từ đơn đầu tiên",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
later_than_usual = says(
    since("last", "order") - gap("mean", "order"), unit="days", sense="fault",
    en="The next order is {n} later than usual", vi="Đã trễ {n} so với nhịp mua thường lệ",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
    below_en="By the usual rhythm the next order is {n} away", below_vi="Còn {n} nữa mới đến nhịp mua thường lệ",
)  # fmt: skip

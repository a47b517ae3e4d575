"""How many different things the customer buys, and by how many ways."""

from features.declare import Group, count, different, each, events, over, says, since

GROUP = Group(("customer",), en="Breadth", vi="Độ đa dạng")

products = over(
    (90, 365), lambda d: different("codes", "item", days=d), en="Different products in {days} days",
    vi="Số mặt hàng khác nhau trong {days} ngày qua",
)  # fmt: skip
products_all = says(
    different("codes", "item"), en="Different products so far", vi="Số mặt hàng khác nhau từng mua"
)
items = says(count("item", field="order"), en="Order lines so far", vi="Tổng số dòng hàng")
items_90d = says(
    count("item", days=90, field="order"), en="Order lines in 90 days", vi="Số dòng hàng trong 90 ngày qua"
)
items_an_order = says(
    count("item", field="order") / count("order"),
    unit="number",
    en="Lines an order",
    vi="Số dòng hàng mỗi đơn",
)
repeat_share = says(
    different("codes", "item") / count("item"), unit="percent", en="Share of lines that were new products",
    vi="Tỷ lệ mặt hàng mới trong các lần mua",
)  # fmt: skip
order_channels = says(different("channels", "order"), en="Ways of ordering", vi="Số kênh đặt hàng")
by_product = each(
    "code", events("item", field="order"), lambda s: count(s, days=365), most=8, rest=False,
    en="“{word}” bought in a year", vi="Số lần mua “{word}” trong năm qua",
)  # fmt: skip
since_product = each(
    "code", events("item", field="order"), lambda s: since("last", s), unit="days", most=8, rest=False,
    en="“{word}” last bought {n} ago", vi="Mua “{word}” gần nhất cách đây {n}",
    none_en="“{word}” never bought",
    none_vi="Chưa từng mua “{word}”"
)  # fmt: skip

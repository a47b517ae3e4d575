"""How many different things the customer buys, and by how many ways."""

from features.declare import Group, count, different, each, events, over, says, since

GROUP = Group(("customer",), en="Breadth", vi="Độ đa dạng")

products = over(
    (90, 365), lambda d: different("codes", "item", days=d), sense="good",
    en="Bought {n} different product{s} in the last {window}", vi="Mua {n} mặt hàng khác nhau trong {window} qua",
    none_en="No order in the last {window}", none_vi="Không có đơn hàng trong {window} qua",
)  # fmt: skip
products_all = says(
    different("codes", "item"), sense="good", en="Has bought {n} different product{s}",
    vi="Từng mua {n} mặt hàng khác nhau",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip
items = says(
    count("item", field="order"), sense="good", en="{n} order line{s} so far", vi="Đã mua {n} dòng hàng",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip
items_90d = says(
    count("item", days=90, field="order"), sense="good", en="{n} order line{s} in the last 90 days",
    vi="Mua {n} dòng hàng trong 90 ngày qua",
    none_en="No order in the last 90 days", none_vi="Không có đơn hàng trong 90 ngày qua",
)  # fmt: skip
items_an_order = says(
    count("item", field="order") / count("order"), unit="number", en="Lines an order", vi="Số dòng hàng mỗi đơn",
)  # fmt: skip
repeat_share = says(
    different("codes", "item") / count("item"), unit="percent", en="{n} of the lines were products new to them",
    vi="{n} số dòng hàng là mặt hàng mua lần đầu",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip
order_channels = says(
    different("channels", "order"), sense="good", en="Has ordered in {n} way{s}", vi="Từng đặt hàng qua {n} kênh",
    none_en="No way of ordering recorded", none_vi="Chưa ghi nhận kênh đặt hàng",
)  # fmt: skip
by_product = each(
    "code", events("item", field="order"), lambda s: count(s, days=365), most=8, rest=False, sense="good",
    en="Bought {word} {n} time{s} in the last year", vi="Mua {word} {n} lần trong năm qua",
    none_en="Has not bought {word} in the last year", none_vi="Năm qua không mua {word}",
)  # fmt: skip
since_product = each(
    "code", events("item", field="order"), lambda s: since("last", s), unit="days", most=8, rest=False, sense="bad",
    en="Last bought {word} {n} ago", vi="Mua {word} gần nhất cách đây {n}",
    none_en="Has never bought {word}", none_vi="Chưa từng mua {word}",
)  # fmt: skip

"""What the customer spends."""

from features.declare import Group, count, highest, mean, over, reading, says, total

GROUP = Group(("customer",), en="Spending", vi="Chi tiêu")

spent = over(
    (30, 90, 180, 365), lambda d: total("order", days=d), en="Spent in the last {days} days",
    vi="Doanh số {days} ngày qua", none_en="No spending in the last {days} days",
    none_vi="Không có doanh số trong {days} ngày qua",
)  # fmt: skip
spent_all = says(
    total("order"),
    en="Spent so far",
    vi="Tổng doanh số",
    none_en="No order recorded",
    none_vi="Chưa ghi nhận đơn hàng nào",
)
order_mean = says(mean("order"), unit="money", en="Usual order value", vi="Giá trị đơn trung bình")
order_mean_180d = says(
    mean("order", days=180),
    unit="money",
    en="Usual order value in 180 days",
    vi="Giá trị đơn trung bình 180 ngày qua",
)
order_last = says(reading("last", "order"), unit="money", en="Last order value", vi="Giá trị đơn gần nhất")
order_first = says(reading("first", "order"), unit="money", en="First order value", vi="Giá trị đơn đầu tiên")
order_highest = says(highest("order"), en="Largest order", vi="Đơn hàng lớn nhất")
order_last_against_mean = says(
    reading("last", "order") / mean("order"), unit="percent", en="Last order against the usual",
    vi="Đơn gần nhất so với đơn thường lệ",
)  # fmt: skip
item_mean = says(mean("item"), unit="money", en="Usual value of a line", vi="Giá trị trung bình mỗi mặt hàng")
returned_share = says(
    total("return") / total("order"),
    unit="percent",
    en="Share of spending returned",
    vi="Tỷ lệ giá trị trả hàng",
)
returned = says(
    total("return"),
    en="Value returned",
    vi="Giá trị hàng trả lại",
    none_en="Nothing returned",
    none_vi="Chưa từng trả hàng",
)
large_orders = says(
    count("order", days=365) * mean("order", days=365) / (highest("order") + 1.0), unit="times",
    en="A year's spending against the largest order", vi="Doanh số năm so với đơn lớn nhất",)  # fmt: skip

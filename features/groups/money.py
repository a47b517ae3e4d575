"""What the customer spends."""

from features.declare import Group, count, highest, mean, over, reading, says, total

GROUP = Group(("customer",), en="Spending", vi="Chi tiêu")

spent = over(
    (30, 90, 180, 365), lambda d: total("order", days=d), sense="good", en="Spent {n} in the last {window}",
    vi="Mua {n} trong {window} qua",
    none_en="No order in the last {window}", none_vi="Không có đơn hàng trong {window} qua",
)  # fmt: skip
spent_all = says(
    total("order"), sense="good", en="Has spent {n} so far", vi="Đã mua tổng cộng {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_mean = says(
    mean("order"), unit="money", en="Orders are usually worth {n}", vi="Mỗi đơn hàng thường trị giá {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_mean_180d = says(
    mean("order", days=180), unit="money", en="Orders of the last 180 days were usually worth {n}",
    vi="180 ngày qua mỗi đơn hàng thường trị giá {n}",
    none_en="No order in the last 180 days", none_vi="Không có đơn hàng trong 180 ngày qua",
)  # fmt: skip
order_last = says(
    reading("last", "order"), unit="money", en="Last order was worth {n}", vi="Đơn gần nhất trị giá {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_first = says(
    reading("first", "order"), unit="money", en="First order was worth {n}", vi="Đơn đầu tiên trị giá {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_highest = says(
    highest("order"), en="Largest order was worth {n}", vi="Đơn hàng lớn nhất trị giá {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_last_against_mean = says(
    reading("last", "order") / mean("order"), unit="times", sense="good", en="Last order was worth {n} the usual one",
    vi="Giá trị đơn gần nhất {n} đơn thường lệ",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
item_mean = says(
    mean("item"), unit="money", en="Each product usually costs them {n}", vi="Mỗi mặt hàng thường trị giá {n}",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip
returned_share = says(
    total("return") / total("order"), unit="percent", sense="fault", en="Returned {n} of what they bought",
    vi="Trả lại {n} giá trị hàng đã mua",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
    below_en="Nothing returned", below_vi="Chưa từng trả hàng",
)  # fmt: skip
returned = says(
    total("return"), sense="fault", en="Returned goods worth {n}", vi="Đã trả lại hàng trị giá {n}",
    none_en="Nothing returned", none_vi="Chưa từng trả hàng",
)  # fmt: skip
large_orders = says(
    count("order", days=365) * mean("order", days=365) / (highest("order") + 1.0), unit="times",
    en="A year's spending is {n} the largest order", vi="Doanh số năm qua {n} đơn lớn nhất",
    none_en="No order in the last 365 days", none_vi="Không có đơn hàng trong 365 ngày qua",
)  # fmt: skip

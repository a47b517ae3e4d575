"""How often the customer buys."""

from features.declare import Group, active_days, count, least, over, says, since
from features.expressions import Number

GROUP = Group(("customer",), en="Purchase frequency", vi="Tần suất mua")

orders = over(
    (30, 90, 180, 365), lambda d: count("order", days=d), en="Orders in the last {days} days",
    vi="Số đơn hàng trong {days} ngày qua", none_en="No order in the last {days} days",
    none_vi="Không có đơn hàng trong {days} ngày qua",
)  # fmt: skip
orders_all = says(
    count("order"),
    en="Orders so far",
    vi="Tổng số đơn hàng",
    none_en="No order recorded",
    none_vi="Chưa ghi nhận đơn hàng nào",
)
order_days = over(
    (90, 180, 365), lambda d: active_days("order", days=d), en="Days with an order in {days}",
    vi="Số ngày có đơn hàng trong {days} ngày qua",
)  # fmt: skip
order_days_all = says(active_days("order"), en="Days with an order so far", vi="Tổng số ngày có đơn hàng")
order_rate = says(
    (active_days("order") - 1.0) / (since("first", "order") + 30.0) * 30.0, unit="number",
    en="Orders a month since the first", vi="Số đơn mỗi tháng từ khi bắt đầu mua",
)  # fmt: skip
months_bought_of_6 = says(
    least(count("order", days=30), Number(1.0)) + least(count("order", days=60, skip=30), Number(1.0))
    + least(count("order", days=90, skip=60), Number(1.0)) + least(count("order", days=120, skip=90), Number(1.0))
    + least(count("order", days=150, skip=120), Number(1.0)) + least(count("order", days=180, skip=150), Number(1.0)),
    unit="count", en="Of the last six 30-day spans, with an order", vi="Số tháng có mua trong 6 tháng qua",
)  # fmt: skip
returns = says(count("return"), en="Returns so far", vi="Số lần trả hàng")
returns_90d = says(count("return", days=90), en="Returns in 90 days", vi="Số lần trả hàng trong 90 ngày qua")
since_return = says(
    since("last", "return"),
    en="Last return {n} ago",
    vi="Trả hàng gần nhất cách đây {n}",
    none_en="Nothing returned",
    none_vi="Chưa từng trả hàng",
)

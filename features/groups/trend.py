"""Whether the customer buys more or less than before."""

from features.declare import Group, active_days, count, says, since, total

GROUP = Group(("customer",), en="Trend", vi="Xu hướng mua")

spent_90_of_180 = says(
    total("order", days=90) / total("order", days=180), unit="percent",
    en="Share of the half-year's spending in its last 90 days", vi="Tỷ trọng doanh số 90 ngày cuối trong nửa năm",
)  # fmt: skip
spent_180_of_365 = says(
    total("order", days=180) / total("order", days=365), unit="percent",
    en="Share of the year's spending in its last half", vi="Tỷ trọng doanh số nửa năm cuối trong năm",
)  # fmt: skip
orders_trend_30d = says(
    count("order", days=30) - count("order", days=60, skip=30), unit="change",
    en="Orders in 30 days against the 30 before", vi="Số đơn 30 ngày qua so với 30 ngày trước đó",)  # fmt: skip
orders_trend_90d = says(
    count("order", days=90) - count("order", days=180, skip=90), unit="change",
    en="Orders in 90 days against the 90 before", vi="Số đơn 90 ngày qua so với 90 ngày trước đó",)  # fmt: skip
spent_trend_90d = says(
    total("order", days=90) - total("order", days=180, skip=90), unit="money_change",
    en="Spending in 90 days against the 90 before", vi="Doanh số 90 ngày qua so với 90 ngày trước đó",)  # fmt: skip
pace_now_and_ever = says(
    active_days("order", days=90) / 90.0 / (active_days("order") / (since("first", "order") + 30.0)), unit="percent",
    en="This quarter's pace against the customer's own", vi="Nhịp mua quý này so với nhịp riêng của khách",
)  # fmt: skip
items_trend_90d = says(
    count("item", days=90) - count("item", days=180, skip=90), unit="change",
    en="Products in 90 days against the 90 before", vi="Số mặt hàng 90 ngày qua so với 90 ngày trước đó",)  # fmt: skip

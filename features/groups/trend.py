"""Whether the customer buys more or less than before."""

from features.declare import Group, active_days, count, says, since, total

GROUP = Group(("customer",), en="Trend", vi="Xu hướng mua")

spent_90_of_180 = says(
    total("order", days=90) / total("order", days=180), unit="percent", sense="good",
    en="The last 90 days hold {n} of the half-year's spending", vi="90 ngày qua chiếm {n} doanh số nửa năm",
    none_en="No order in the last 180 days", none_vi="Không có đơn hàng trong 180 ngày qua",
    below_en="No order in the last 90 days", below_vi="Không có đơn hàng trong 90 ngày qua",
)  # fmt: skip
spent_180_of_365 = says(
    total("order", days=180) / total("order", days=365), unit="percent", sense="good",
    en="The last half-year holds {n} of the year's spending", vi="Nửa năm qua chiếm {n} doanh số cả năm",
    none_en="No order in the last 365 days", none_vi="Không có đơn hàng trong 365 ngày qua",
    below_en="No order in the last 180 days", below_vi="Không có đơn hàng trong 180 ngày qua",
)  # fmt: skip
orders_trend_30d = says(
    count("order", days=30) - count("order", days=60, skip=30), unit="change", sense="good",
    en="Orders of the last 30 days {n} on the 30 before", vi="Số đơn 30 ngày qua {n} so với 30 ngày trước đó",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
orders_trend_90d = says(
    count("order", days=90) - count("order", days=180, skip=90), unit="change", sense="good",
    en="Orders of the last 90 days {n} on the 90 before", vi="Số đơn 90 ngày qua {n} so với 90 ngày trước đó",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
spent_trend_90d = says(
    total("order", days=90) - total("order", days=180, skip=90), unit="money_change", sense="good",
    en="Spending of the last 90 days {n} on the 90 before", vi="Doanh số 90 ngày qua {n} so với 90 ngày trước đó",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
pace_now_and_ever = says(
    active_days("order", days=90) / 90.0 / (active_days("order") / (since("first", "order") + 30.0)), unit="times",
    sense="good", en="Orders of the last 90 days came at {n} the usual pace",
    vi="Nhịp mua 90 ngày qua {n} nhịp thường lệ của khách",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
    below_en="No order in the last 90 days", below_vi="Không có đơn hàng trong 90 ngày qua",
)  # fmt: skip
items_trend_90d = says(
    count("item", days=90) - count("item", days=180, skip=90), unit="change", sense="good",
    en="Products of the last 90 days {n} on the 90 before", vi="Số mặt hàng 90 ngày qua {n} so với 90 ngày trước đó",
    none_en="No product bought yet", none_vi="Chưa ghi nhận sản phẩm đã mua",
)  # fmt: skip

"""How often the customer buys."""

from features.declare import Group, active_days, count, least, over, says, since
from features.expressions import Number

GROUP = Group(("customer",), en="Purchase frequency", vi="Tần suất mua")

orders = over(
    (30, 90, 180, 365), lambda d: count("order", days=d), sense="good", en="{n} order{s} in the last {window}",
    vi="Có {n} đơn hàng trong {window} qua",
    none_en="No order in the last {window}", none_vi="Không có đơn hàng trong {window} qua",
)  # fmt: skip
orders_all = says(
    count("order"), sense="good", en="{n} order{s} so far", vi="Đã có {n} đơn hàng",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_days = over(
    (90, 180, 365), lambda d: active_days("order", days=d), sense="good",
    en="Ordered on {n} day{s} in the last {window}", vi="Đặt hàng vào {n} ngày trong {window} qua",
    none_en="No order in the last {window}", none_vi="Không có đơn hàng trong {window} qua",
)  # fmt: skip
order_days_all = says(
    active_days("order"), sense="good", en="Has ordered on {n} different day{s}", vi="Đã đặt hàng vào {n} ngày khác nhau",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
order_rate = says(
    (active_days("order") - 1.0) / (since("first", "order") + 30.0), unit="rate", sense="good",
    en="Has ordered {n} since the first order", vi="Từ đơn đầu tiên đến nay mua {n}",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
months_bought_of_6 = says(
    least(count("order", days=30), Number(1.0)) + least(count("order", days=60, skip=30), Number(1.0))
    + least(count("order", days=90, skip=60), Number(1.0)) + least(count("order", days=120, skip=90), Number(1.0))
    + least(count("order", days=150, skip=120), Number(1.0)) + least(count("order", days=180, skip=150), Number(1.0)),
    unit="count", sense="good", en="Ordered in {n} of the last 6 months", vi="Có mua hàng trong {n}/6 tháng gần đây",
    none_en="No order in the last 180 days", none_vi="Không có đơn hàng trong 180 ngày qua",
)  # fmt: skip
returns = says(
    count("return"), sense="fault", en="{n} return{s} so far", vi="Đã trả hàng {n} lần",
    none_en="Nothing returned", none_vi="Chưa từng trả hàng",
)  # fmt: skip
returns_90d = says(
    count("return", days=90), sense="fault", en="{n} return{s} in the last 90 days", vi="Trả hàng {n} lần trong 90 ngày qua",
    none_en="Nothing returned in the last 90 days", none_vi="90 ngày qua không trả hàng",
)  # fmt: skip
since_return = says(
    since("last", "return"), sense="good", en="Last return {n} ago", vi="Trả hàng gần nhất cách đây {n}",
    none_en="Nothing returned", none_vi="Chưa từng trả hàng",
)  # fmt: skip

"""How steady the customer's rhythm is."""

from features.declare import Group, gap, says

GROUP = Group(("customer",), en="Regularity", vi="Nhịp mua")

gap_mean = says(
    gap("mean", "order"),
    en="Usually orders every {n}",
    vi="Thường đặt hàng mỗi {n}",
    none_en="Too few orders to see a rhythm",
    none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)
gap_spread = says(
    gap("deviation", "order"),
    en="The rhythm varies by {n}",
    vi="Nhịp đặt hàng dao động {n}",
    none_en="Too few orders to see a rhythm",
    none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)
gap_longest = says(
    gap("longest", "order"),
    en="Longest pause: {n}",
    vi="Khoảng nghỉ dài nhất: {n}",
    none_en="Too few orders to see a rhythm",
    none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)
gap_latest = says(
    gap("latest", "order"),
    en="Latest gap between orders: {n}",
    vi="Khoảng cách hai đơn gần nhất: {n}",
    none_en="Too few orders to see a rhythm",
    none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)
gap_variation = says(
    gap("deviation", "order") / (gap("mean", "order") + 1.0), unit="percent", en="Unsteadiness of the rhythm",
    vi="Mức thất thường của nhịp mua",
)  # fmt: skip
gap_latest_against_mean = says(
    gap("latest", "order") / (gap("mean", "order") + 1.0), unit="percent", en="Latest gap against the usual",
    vi="Khoảng cách gần nhất so với thường lệ",
)  # fmt: skip
gap_mean_year = says(
    gap("mean", "order", days=365),
    en="In the last year ordered every {n}",
    vi="Trong năm qua đặt hàng mỗi {n}",
    none_en="Too few orders in the last year to see a rhythm",
    none_vi="Trong năm qua chưa đủ đơn hàng để thấy nhịp mua",
)
gap_change = says(
    gap("mean", "order", days=365) / (gap("mean", "order") + 1.0), unit="percent",
    en="This year's gap against the usual", vi="Nhịp mua năm nay so với thường lệ",
)  # fmt: skip

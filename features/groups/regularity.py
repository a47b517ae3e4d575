"""How steady the customer's rhythm is."""

from features.declare import Group, gap, says

GROUP = Group(("customer",), en="Regularity", vi="Nhịp mua")

gap_mean = says(
    gap("mean", "order"), sense="bad", en="Usually orders every {n}", vi="Thường {n} mới đặt hàng một lần",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_spread = says(
    gap("deviation", "order"), sense="bad", en="The time between orders varies by about {n}",
    vi="Khoảng cách giữa các đơn chênh nhau khoảng {n}",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_longest = says(
    gap("longest", "order"), sense="bad", en="Longest time without an order: {n}", vi="Lần ngừng mua lâu nhất: {n}",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_latest = says(
    gap("latest", "order"), sense="bad", en="The last two orders were {n} apart", vi="Hai đơn gần nhất cách nhau {n}",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_variation = says(
    gap("deviation", "order") / (gap("mean", "order") + 1.0), unit="percent", sense="bad",
    en="The time between orders varies by {n}", vi="Khoảng cách giữa các đơn dao động {n}",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_latest_against_mean = says(
    gap("latest", "order") / (gap("mean", "order") + 1.0), unit="times", sense="bad",
    en="The gap between the last two orders is {n} the usual", vi="Khoảng cách hai đơn gần nhất {n} thường lệ",
    none_en="Too few orders to see a rhythm", none_vi="Chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_mean_year = says(
    gap("mean", "order", days=365), sense="bad", en="In the last year ordered every {n}",
    vi="Năm qua {n} mới đặt hàng một lần",
    none_en="Too few orders in the last year to see a rhythm",
    none_vi="Trong năm qua chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip
gap_change = says(
    gap("mean", "order", days=365) / (gap("mean", "order") + 1.0), unit="times", sense="bad",
    en="The gap between orders in the last year is {n} the usual", vi="Khoảng cách giữa các đơn năm qua {n} thường lệ",
    none_en="Too few orders in the last year to see a rhythm",
    none_vi="Trong năm qua chưa đủ đơn hàng để thấy nhịp mua",
)  # fmt: skip

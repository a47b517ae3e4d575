"""The time of year: last year's same weeks, and Tết."""

from features.declare import Group, calendar, count, says, since, total

GROUP = Group(("customer",), en="Season and Tết", vi="Mùa vụ và Tết")

orders_same_quarter = says(
    count("order", days=365, skip=275), sense="good", en="{n} order{s} a year ago in the 90 days to come",
    vi="Cùng kỳ năm ngoái (90 ngày tới) có {n} đơn hàng",
    none_en="No order a year ago in the 90 days to come", none_vi="Cùng kỳ năm ngoái (90 ngày tới) không mua hàng",
)  # fmt: skip
spent_same_quarter = says(
    total("order", days=365, skip=275), sense="good", en="Spent {n} a year ago in the 90 days to come",
    vi="Cùng kỳ năm ngoái (90 ngày tới) mua {n}",
    none_en="No order a year ago in the 90 days to come", none_vi="Cùng kỳ năm ngoái (90 ngày tới) không mua hàng",
)  # fmt: skip
bought_before_it = says(
    count("order", days=455, skip=365), en="{n} order{s} a year ago in the 90 days now past",
    vi="Cùng kỳ năm ngoái (90 ngày qua) có {n} đơn hàng",
    none_en="No order a year ago in the 90 days now past", none_vi="Cùng kỳ năm ngoái (90 ngày qua) không mua hàng",
)  # fmt: skip
now_against_last_year = says(
    count("order", days=90) - count("order", days=455, skip=365), unit="change", sense="good",
    en="Orders in the last 90 days {n} on a year ago", vi="Số đơn 90 ngày qua {n} so với cùng kỳ năm ngoái",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
)  # fmt: skip
to_tet = says(
    calendar("to_tet"), en="Tết in {n}", vi="Còn {n} đến Tết",
    none_en="The date of Tết is not known", none_vi="Chưa rõ ngày Tết",
)  # fmt: skip
since_tet = says(
    calendar("since_tet"), en="{n} since Tết", vi="Tết đã qua {n}",
    none_en="The date of Tết is not known", none_vi="Chưa rõ ngày Tết",
)  # fmt: skip
month = says(calendar("month"), en="Month", vi="Tháng")
quiet_days_lost = says(
    since("last", "order") - since("last", "order", quiet=True), unit="days",
    en="The Tết break took {n} of the time since the last order", vi="Từ đơn gần nhất đến nay có {n} nghỉ Tết",
    none_en="No order recorded", none_vi="Chưa ghi nhận đơn hàng nào",
    below_en="No Tết break since the last order", below_vi="Từ đơn gần nhất đến nay không có kỳ nghỉ Tết",
)  # fmt: skip

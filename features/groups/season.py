"""The time of year: last year's same weeks, and Tết."""

from features.declare import Group, calendar, count, says, since, total

GROUP = Group(("customer",), en="Season and Tết", vi="Mùa vụ và Tết")

orders_same_quarter = says(
    count("order", days=365, skip=275), en="Orders in the same 90 days a year ago",
    vi="Số đơn trong 90 ngày này năm ngoái", none_en="No order in the same 90 days a year ago",
    none_vi="Cùng kỳ năm ngoái không có đơn hàng",
)  # fmt: skip
spent_same_quarter = says(
    total("order", days=365, skip=275),
    en="Spent in the same 90 days a year ago",
    vi="Doanh số 90 ngày này năm ngoái",
    none_en="Nothing bought in the same 90 days a year ago",
    none_vi="Cùng kỳ năm ngoái không mua hàng",
)
bought_before_it = says(
    count("order", days=455, skip=365), en="Orders in the 90 days before, a year ago",
    vi="Số đơn trong 90 ngày trước đó của năm ngoái",
)  # fmt: skip
now_against_last_year = says(
    count("order", days=90) - count("order", days=455, skip=365), unit="change",
    en="Orders this quarter against a year ago", vi="Số đơn quý này so với cùng kỳ năm ngoái",)  # fmt: skip
to_tet = says(
    calendar("to_tet"),
    en="Tết in {n}",
    vi="Còn {n} đến Tết",
    none_en="The date of Tết is not known",
    none_vi="Chưa rõ ngày Tết",
)
since_tet = says(
    calendar("since_tet"),
    en="{n} since Tết",
    vi="{n} kể từ Tết",
    none_en="The date of Tết is not known",
    none_vi="Chưa rõ ngày Tết",
)
month = says(calendar("month"), en="Month", vi="Tháng")
quiet_days_lost = says(
    since("last", "order") - since("last", "order", quiet=True), unit="days",
    en="Tết break since the last order: {n}", vi="Nghỉ Tết từ đơn gần nhất: {n}",
    none_en="No order recorded",
    none_vi="Chưa ghi nhận đơn hàng nào"
)  # fmt: skip

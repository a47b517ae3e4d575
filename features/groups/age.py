"""How old the lead is and when it came."""

from features.declare import Group, calendar, clock, says, since

GROUP = Group(("lead",), en="Age and time of arrival", vi="Tuổi và thời điểm đến")

age = says(
    since("first", "created"), sense="bad", en="Came in {n} ago", vi="Khách đến cách đây {n}",
    none_en="Arrival time not recorded", none_vi="Chưa ghi nhận thời điểm khách đến",
)  # fmt: skip
age_without_tet = says(
    since("first", "created", quiet=True), sense="bad", en="Came in {n} ago, not counting the Tết break",
    vi="Khách đến cách đây {n}, không tính nghỉ Tết",
    none_en="Arrival time not recorded", none_vi="Chưa ghi nhận thời điểm khách đến",
)  # fmt: skip
arrived_hour = says(
    clock("hour", "first", "created"), en="Got in touch around {n}", vi="Khách để lại thông tin lúc khoảng {n}",
    none_en="Arrival time not recorded", none_vi="Chưa ghi nhận thời điểm khách đến",
)  # fmt: skip
arrived_weekday = says(
    clock("weekday", "first", "created"), en="Came in on a {n}", vi="Khách để lại thông tin vào {n}",
    none_en="Arrival time not recorded", none_vi="Chưa ghi nhận thời điểm khách đến",
)  # fmt: skip
now_hour = says(calendar("hour"), en="Hour now", vi="Giờ hiện tại")

"""How old the lead is and when it came."""

from features.declare import Group, calendar, clock, says, since

GROUP = Group(("lead",), en="Age and time of arrival", vi="Tuổi và thời điểm đến")

age = says(
    since("first", "created"),
    en="Came in {n} ago",
    vi="Khách đến cách đây {n}",
    none_en="Arrival time not recorded",
    none_vi="Chưa ghi nhận thời điểm khách đến",
)
age_without_tet = says(
    since("first", "created", quiet=True),
    en="Age without the Tết break",
    vi="Tuổi của khách, không tính nghỉ Tết",
)
arrived_hour = says(clock("hour", "first", "created"), en="Hour of arrival", vi="Giờ khách để lại thông tin")
arrived_weekday = says(
    clock("weekday", "first", "created"), en="Weekday of arrival", vi="Ngày trong tuần khách đến"
)
now_hour = says(calendar("hour"), en="Hour now", vi="Giờ hiện tại")

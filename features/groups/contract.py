"""Subscriptions: what runs, when it ends, what was renewed and cancelled."""

from features.declare import Group, count, different, events, reading, says, since, total

GROUP = Group(("customer",), en="Subscription", vi="Gói thuê bao")

ACTIVE, BEGUN, ENDED = events("subscription_active"), events("subscription"), events("subscription_ended")
TERM = events("subscription_term")

active_subscriptions = says(
    count(ACTIVE), en="Subscriptions running", vi="Số gói đang dùng", none_en="No subscription running",
    none_vi="Không có gói nào đang dùng",
)  # fmt: skip
subscription_value = says(
    total(ACTIVE),
    en="Value of running subscriptions",
    vi="Giá trị các gói đang dùng",
    none_en="No subscription running",
    none_vi="Không có gói nào đang dùng",
)
renewal_in = says(
    reading("last", TERM, "until"),
    en="Subscription ends in {n}",
    vi="Gói hết hạn sau {n}",
    none_en="No subscription recorded",
    none_vi="Chưa ghi nhận gói thuê bao nào",
    below_en="Subscription ended {n} ago",
    below_vi="Gói đã hết hạn {n}",
)
subscribed_for = says(
    since("first", BEGUN),
    en="Subscriber for {n}",
    vi="Đã dùng gói được {n}",
    none_en="No subscription recorded",
    none_vi="Chưa ghi nhận gói thuê bao nào",
)
renewals = says(count("subscription", field="renewal"), en="Renewals so far", vi="Số lần đã gia hạn")
since_renewal = says(
    since("last", "subscription", field="renewal"),
    en="Last renewed {n} ago",
    vi="Gia hạn gần nhất cách đây {n}",
    none_en="Never renewed yet",
    none_vi="Chưa gia hạn lần nào",
)
subscriptions_ended = says(count(ENDED), en="Subscriptions given up", vi="Số gói đã ngừng")
since_ended = says(
    since("last", ENDED),
    en="A subscription ended {n} ago",
    vi="Một gói đã ngừng cách đây {n}",
    none_en="No subscription given up",
    none_vi="Chưa ngừng gói nào",
)
plans = says(different("codes", BEGUN), en="Different subscriptions", vi="Số loại gói từng dùng")
price_change = says(
    reading("last", BEGUN) / reading("first", BEGUN), unit="percent", en="Price now against the first",
    vi="Giá hiện tại so với giá ban đầu",
)  # fmt: skip

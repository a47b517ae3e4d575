"""Subscriptions: what runs, when it ends, what was renewed and cancelled."""

from features.declare import Group, count, different, events, reading, says, since, total

GROUP = Group(("customer",), en="Subscription", vi="Gói thuê bao")

ACTIVE, BEGUN, ENDED = events("subscription_active"), events("subscription"), events("subscription_ended")
TERM = events("subscription_term")

active_subscriptions = says(
    count(ACTIVE), sense="good", en="{n} subscription{s} running", vi="Đang dùng {n} gói thuê bao",
    none_en="No subscription running", none_vi="Không có gói thuê bao nào đang dùng",
)  # fmt: skip
subscription_value = says(
    total(ACTIVE), sense="good", en="Subscriptions worth {n} running", vi="Các gói thuê bao đang dùng trị giá {n}",
    none_en="No subscription running", none_vi="Không có gói thuê bao nào đang dùng",
)  # fmt: skip
renewal_in = says(
    reading("last", TERM, "until"), sense="good", en="Subscription ends in {n}", vi="Gói thuê bao hết hạn sau {n}",
    none_en="No subscription recorded", none_vi="Chưa ghi nhận gói thuê bao nào",
    below_en="Subscription ended {n} ago", below_vi="Gói thuê bao đã hết hạn cách đây {n}",
)  # fmt: skip
subscribed_for = says(
    since("first", BEGUN), sense="good", en="Subscriber for {n}", vi="Dùng gói thuê bao từ {n} trước",
    none_en="No subscription recorded", none_vi="Chưa ghi nhận gói thuê bao nào",
)  # fmt: skip
renewals = says(
    count("subscription", field="renewal"), sense="merit", en="Has renewed {n} time{s}", vi="Đã gia hạn {n} lần",
    none_en="Never renewed yet", none_vi="Chưa gia hạn lần nào",
)  # fmt: skip
since_renewal = says(
    since("last", "subscription", field="renewal"), en="Last renewed {n} ago", vi="Gia hạn gần nhất cách đây {n}",
    none_en="Never renewed yet", none_vi="Chưa gia hạn lần nào",
)  # fmt: skip
subscriptions_ended = says(
    count(ENDED), sense="fault", en="{n} subscription{s} given up", vi="Đã ngừng {n} gói thuê bao",
    none_en="No subscription given up", none_vi="Chưa ngừng gói thuê bao nào",
)  # fmt: skip
since_ended = says(
    since("last", ENDED), sense="good", en="A subscription ended {n} ago", vi="Ngừng một gói thuê bao cách đây {n}",
    none_en="No subscription given up", none_vi="Chưa ngừng gói thuê bao nào",
)  # fmt: skip
plans = says(
    different("codes", BEGUN), en="Has used {n} kind{s} of subscription", vi="Từng dùng {n} loại gói thuê bao",
    none_en="No subscription recorded", none_vi="Chưa ghi nhận gói thuê bao nào",
)  # fmt: skip
price_change = says(
    reading("last", BEGUN) / reading("first", BEGUN), unit="times", sense="bad",
    en="Subscription price is {n} the first", vi="Giá gói thuê bao {n} giá ban đầu",
    none_en="No subscription price recorded", none_vi="Chưa ghi nhận giá gói thuê bao",
)  # fmt: skip

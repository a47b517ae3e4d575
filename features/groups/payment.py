"""How the customer pays."""

from features.declare import Group, count, events, mean, over, reading, says, since, total

GROUP = Group(("customer",), en="Payment", vi="Thanh toán")

OVERDUE, PAYMENT = events("invoice_overdue"), events("payment")
LATE = events("payment", code="late")

overdue_invoices = says(
    count(OVERDUE), sense="fault", en="{n} invoice{s} overdue now", vi="{n} hóa đơn đang quá hạn",
    none_en="No invoice is overdue", none_vi="Không có hóa đơn quá hạn",
)  # fmt: skip
debt = says(
    total(OVERDUE), sense="fault", en="Overdue debt of {n}", vi="Công nợ quá hạn {n}",
    none_en="No overdue debt", none_vi="Không có công nợ quá hạn",
)  # fmt: skip
debt_overdue_for = says(
    since("first", OVERDUE), sense="fault", en="Oldest debt overdue by {n}", vi="Công nợ lâu nhất quá hạn {n}",
    none_en="No overdue debt", none_vi="Không có công nợ quá hạn",
)  # fmt: skip
debt_share = says(
    total(OVERDUE) / total("invoice", days=365), unit="percent", sense="fault",
    en="Overdue debt is {n} of the last year's invoices", vi="Công nợ quá hạn bằng {n} hóa đơn cả năm",
    none_en="No invoice in the last year", none_vi="Năm qua không có hóa đơn",
    below_en="No overdue debt", below_vi="Không có công nợ quá hạn",
)  # fmt: skip
late_payments = over(
    (90, 365), lambda d: count(LATE, days=d), sense="fault", en="Paid late {n} time{s} in the last {window}",
    vi="Thanh toán trễ {n} lần trong {window} qua",
    none_en="No late payment in the last {window}", none_vi="{window} qua không thanh toán trễ lần nào",
)  # fmt: skip
late_share = says(
    count(LATE) / count(PAYMENT), unit="percent", sense="fault", en="{n} of the payments were late",
    vi="{n} số lần thanh toán bị trễ", none_en="No payment recorded", none_vi="Chưa ghi nhận thanh toán nào",
    below_en="Has never paid late", below_vi="Chưa thanh toán trễ lần nào",
)  # fmt: skip
late_days = says(
    mean(PAYMENT, of="duration") / 86_400.0, unit="days", sense="fault", en="Usually pays {n} late",
    vi="Thường thanh toán trễ {n}", none_en="No payment recorded", none_vi="Chưa ghi nhận thanh toán nào",
    below_en="Usually pays on time", below_vi="Thường thanh toán đúng hạn",
)  # fmt: skip
late_days_90d = says(
    mean(PAYMENT, of="duration", days=90) / 86_400.0, unit="days", sense="fault",
    en="In the last 90 days usually paid {n} late", vi="90 ngày qua thường thanh toán trễ {n}",
    none_en="No payment in the last 90 days", none_vi="Không có thanh toán trong 90 ngày qua",
    below_en="Paid on time in the last 90 days", below_vi="90 ngày qua thanh toán đúng hạn",
)  # fmt: skip
last_payment_late = says(
    reading("last", PAYMENT, "duration") / 86_400.0, unit="days", sense="fault", en="Last payment was {n} late",
    vi="Lần thanh toán gần nhất trễ {n}",
    none_en="No payment recorded", none_vi="Chưa ghi nhận thanh toán nào",
    below_en="Last payment was on time", below_vi="Lần thanh toán gần nhất đúng hạn",
)  # fmt: skip
since_payment = says(
    since("last", PAYMENT), sense="bad", en="Last payment {n} ago", vi="Thanh toán gần nhất cách đây {n}",
    none_en="No payment recorded", none_vi="Chưa ghi nhận thanh toán nào",
)  # fmt: skip

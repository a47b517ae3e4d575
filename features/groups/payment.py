"""How the customer pays."""

from features.declare import Group, count, events, mean, over, reading, says, since, total

GROUP = Group(("customer",), en="Payment", vi="Thanh toán")

OVERDUE, PAYMENT = events("invoice_overdue"), events("payment")
LATE = events("payment", code="late")

overdue_invoices = says(
    count(OVERDUE), en="Invoices now overdue", vi="Số hóa đơn đang quá hạn", none_en="No invoice is overdue",
    none_vi="Không có hóa đơn quá hạn",
)  # fmt: skip
debt = says(
    total(OVERDUE), en="Overdue debt", vi="Công nợ quá hạn", none_en="No overdue debt",
    none_vi="Không có công nợ quá hạn",
)  # fmt: skip
debt_overdue_for = says(
    since("first", OVERDUE),
    en="Oldest debt overdue by {n}",
    vi="Công nợ lâu nhất quá hạn {n}",
    none_en="No overdue debt",
    none_vi="Không có công nợ quá hạn",
)
debt_share = says(
    total(OVERDUE) / total("invoice", days=365), unit="percent", en="Debt against a year's invoices",
    vi="Công nợ quá hạn so với hóa đơn cả năm",
)  # fmt: skip
late_payments = over(
    (90, 365), lambda d: count(LATE, days=d), en="Late payments in {days} days",
    vi="Số lần thanh toán trễ trong {days} ngày qua",
)  # fmt: skip
late_share = says(
    count(LATE) / count(PAYMENT), unit="percent", en="Share of payments made late", vi="Tỷ lệ thanh toán trễ"
)
late_days = says(
    mean(PAYMENT, of="duration") / 86_400.0,
    unit="days",
    en="Usually pays {n} late",
    vi="Thường thanh toán trễ {n}",
    none_en="No payment recorded",
    none_vi="Chưa ghi nhận thanh toán nào",
)
late_days_90d = says(
    mean(PAYMENT, of="duration", days=90) / 86_400.0, unit="days", en="In 90 days paid {n} late",
    vi="Trong 90 ngày qua thanh toán trễ {n}",
    none_en="No payment in 90 days",
    none_vi="Không có thanh toán trong 90 ngày qua"
)  # fmt: skip
last_payment_late = says(
    reading("last", PAYMENT, "duration") / 86_400.0, unit="days", en="Last payment {n} late",
    vi="Lần thanh toán gần nhất trễ {n}",
    none_en="No payment recorded",
    none_vi="Chưa ghi nhận thanh toán nào"
)  # fmt: skip
since_payment = says(
    since("last", PAYMENT),
    en="Last payment {n} ago",
    vi="Thanh toán gần nhất cách đây {n}",
    none_en="No payment recorded",
    none_vi="Chưa ghi nhận thanh toán nào",
)

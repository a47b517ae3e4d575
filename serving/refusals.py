"""Says why a row or a cell of an export was refused, and what fields are called, in both languages."""

import re
from typing import Final

FIELDS: Final = {
    "source_id": ("mã", "id"), "created_at": ("ngày tạo", "date of creation"), "occurred_at": ("thời điểm", "time"),
    "name": ("tên", "name"), "phone": ("số điện thoại", "phone"), "email": ("e-mail", "e-mail"),
    "channel": ("nguồn", "source"), "product": ("sản phẩm", "product"), "province": ("tỉnh/thành", "province"),
    "industry": ("ngành", "industry"), "amount": ("giá trị", "amount"),
    "expected_close": ("ngày chốt dự kiến", "expected close"),
    "stage": ("giai đoạn", "stage"), "outcome": ("kết quả cuộc gọi", "outcome of the call"),
    "duration": ("thời lượng", "length"),
    "lead_or_customer": ("gắn với khách nào", "whom it was with"),
    "kind": ("loại", "kind"), "object": ("đối tượng", "object"),
    "record": ("hồ sơ", "record"), "field": ("trường", "field"),
}  # fmt: skip

TABLES: Final = {
    "party": ("khách hàng", "customers"), "lead": ("khách tiềm năng", "leads"), "deal": ("cơ hội", "deals"),
    "stage": ("giai đoạn", "stages"), "actor": ("nhân viên", "staff"), "activity": ("hoạt động", "activities"),
    "transaction": ("giao dịch", "transactions"), "ticket": ("yêu cầu hỗ trợ", "tickets"),
    "change": ("thay đổi", "changes"), "link": ("liên kết", "links"),
}  # fmt: skip

WHY: Final = {
    "several telephone numbers; the first is taken": "có nhiều số điện thoại; lấy số đầu",
    "a masked telephone number": "số điện thoại bị che",
    "an old Ho Chi Minh City landline or a new mobile": "không rõ là số bàn TP.HCM cũ hay di động mới",
    "not a telephone number": "không phải số điện thoại",
    "not a telephone number in use": "số điện thoại không tồn tại",
    "an id that is no whole number, or was rounded by a spreadsheet": (
        "mã không phải số nguyên, hoặc đã bị bảng tính làm tròn"
    ),
    "an id rounded by a spreadsheet": "mã đã bị bảng tính làm tròn",
    "an id of more than 200 letters": "mã dài hơn 200 ký tự",
    "not an e-mail address": "không phải địa chỉ e-mail",
    "several e-mail addresses; the first is taken": "có nhiều địa chỉ e-mail; lấy địa chỉ đầu",
    "neither yes nor no": "không rõ là có hay không",
    "too large a number": "số quá lớn",
    "not a whole number": "không phải số nguyên",
    "an infinite or undefined number": "số vô hạn hoặc không xác định",
    "not a number": "không phải số",
    "a number whose separators make no sense": "dấu ngăn trong số không hợp lý",
    "a number that may mean thousands or decimals": "không rõ dấu ngăn là hàng nghìn hay phần lẻ",
    "not a date or time": "không phải ngày giờ",
    "a year that cannot be meant": "năm không hợp lý",
    "a number that is no Excel date": "số không phải ngày của Excel",
    "no such day in this order of day and month": "không có ngày này theo thứ tự ngày, tháng đã khai",
    "not a time of day": "không phải giờ trong ngày",
    "a product of which one factor is missing": "phép nhân thiếu một thừa số",
    "a joined id of which one part is missing": "mã ghép thiếu một phần",
}
"""Vietnamese for what the cleaning says."""


def why(reason: str, lang: str) -> str:
    """The reason in a language; one that is not known stays as it is.

    >>> why("no created_at", "vi"), why("no created_at", "en"), why("3 cells under 5 headings", "vi")
    ('thiếu ngày tạo', 'no date of creation', '3 ô dưới 5 tiêu đề cột')
    """
    if reason.startswith("no ") and (name := FIELDS.get(reason[3:])):
        return f"no {name[1]}" if lang == "en" else f"thiếu {name[0]}"
    if lang == "en":
        return reason
    if counted := re.fullmatch(r"(\d+) cells under (\d+) headings", reason):
        return f"{counted[1]} ô dưới {counted[2]} tiêu đề cột"
    if left_out := re.fullmatch(
        r"(.+): no \[\[table\]\] of the mapping fits this file; it was left out", reason
    ):
        return f"{left_out[1]}: tệp ánh xạ không có [[table]] nào cho tệp này nên đã bỏ qua"
    return WHY.get(reason, reason)


def field(name: str, lang: str) -> str:
    """What people call a field; a company's own stays as it is."""
    vi, en = FIELDS.get(name, (name, name))
    return en if lang == "en" else vi


def table(name: str, lang: str) -> str:
    """What people call a table's records."""
    vi, en = TABLES.get(name, (name, name))
    return en if lang == "en" else vi

"""A small company's exports, as text, for the tests of the import."""

from pathlib import Path
from typing import Any

from crm.clock import parse
from crm.loading import load
from crm.loads import LoadReport
from crm.settings import Home

ZONE = "Asia/Ho_Chi_Minh"
FIRST = parse("2024-04-01T08:00", ZONE)
LATER = parse("2024-05-01T08:00", ZONE)

MAPPING = """
source = "cloudgo"
reliable_since = 2023-01-01

[[table]]
table = "lead"
files = ["dau_moi*.csv"]
fixed = ["channel"]
logged = ["status"]
feature = ["channel", "status", "rating", "size"]
[table.columns]
source_id = "Mã đầu mối"
name = "Họ và tên"
phone = "Số điện thoại"
channel = "Nguồn"
status = "Tình trạng"
rating = "Đánh giá"
created_at = "Ngày tạo"
[table.custom]
size = { column = "Quy mô", type = "integer" }
[table.values.channel]
"Facebook Lead Ads" = "facebook"

[[table]]
table = "party"
files = ["lien_he*.csv"]
[table.columns]
source_id = "Mã liên hệ"
name = "Họ và tên"
created_at = "Ngày tạo"
deleted = "Đã xóa"

[[table]]
table = "lead"
files = ["lien_he*.csv"]
only = { column = "Mã đầu mối gốc", present = true }
fixed = ["channel"]
feature = ["channel"]
[table.columns]
source_id = "Mã đầu mối gốc"
created_at = "Ngày tạo đầu mối"
channel = "Nguồn"
converted_at = "Ngày tạo"
converted_party = "Mã liên hệ"

[[table]]
table = "change"
files = ["lich_su*.csv"]
constant = { object = "lead" }
[table.columns]
record = "Mã"
field = "Trường"
old = "Cũ"
new = "Mới"
occurred_at = "Lúc"
[table.values.field]
"Tình trạng" = "status"

[[table]]
table = "transaction"
files = ["don_hang*.csv"]
constant = { kind = "order" }
assumed = true
[table.columns]
party = "Mã liên hệ"
reference = "Số đơn"
amount = "Tiền"
occurred_at = "Ngày"
"""

FILES = {
    "dau_moi.csv": """\
Mã đầu mối,Họ và tên,Số điện thoại,Nguồn,Tình trạng,Đánh giá,Ngày tạo,Quy mô
L1,Nguyễn An,0912345678,Facebook Lead Ads,Mới,A,05/03/2024 09:00,12
L2,Trần Bình,khong co,website,Đã gọi,,06/03/2024,
,Lê Chi,0987654321,website,Mới,,06/03/2024 10:00,
L4,Phạm Dũng,,website,Mới,,31/02/2024 10:00,
L5,Vũ Em,,website,Mới,,07/03/2024 10:00,nhiều
""",
    "lien_he.csv": """\
Mã liên hệ,Họ và tên,Ngày tạo,Mã đầu mối gốc,Ngày tạo đầu mối,Nguồn,Đã xóa
C1,Hồ Giang,20/03/2024 15:00,L9,01/03/2024 11:00,referral,
C2,Đỗ Hạnh,21/03/2024 15:00,,,,
""",
    "lich_su.csv": """\
Mã,Trường,Cũ,Mới,Lúc
L2,Tình trạng,Mới,Đã gọi,06/03/2024 14:00
L2,Số điện thoại,,khong co,06/03/2024 14:00
""",
    "don_hang.csv": """\
Mã liên hệ,Số đơn,Tiền,Ngày
C1,SO1,1.200.000 ₫,22/03/2024
C1,SO1,1.200.000 ₫,22/03/2024
C2,SO2,inf,23/03/2024
""",
}


class Exports:
    """A folder of exports with its mapping, and a home to import it into."""

    def __init__(self, path: Path) -> None:
        self.folder = path / "exports"
        self.folder.mkdir()
        self.mapping = path / "mapping.toml"
        self.mapping.write_text(MAPPING, encoding="utf-8")
        self.home = Home(path / "home").create()
        for name, text in FILES.items():
            self.write(name, text)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """One export anew, with ``old`` written as ``new``."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def load(self, loaded_at: int = FIRST) -> LoadReport:
        return load(self.home, self.mapping, [self.folder], loaded_at)


def only(rows: list[dict[str, Any]], **wanted: Any) -> list[dict[str, Any]]:
    """The rows that have these values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]

"""What the sample company sells, to whom, and through which channels: plain lists."""

from typing import Final, NamedTuple


class Product(NamedTuple):
    """A product, its kind and its price in thousand đồng (software: a year)."""

    name: str
    kind: str  # software | device | supply
    price: int


class Channel(NamedTuple):
    """A lead source as the screen names it, its share, and how keen its leads are on average."""

    name: str
    share: float
    intent: float
    evening: float


PRODUCTS: Final = (
    Product("Phần mềm quản lý bán hàng", "software", 4_800),
    Product("Phần mềm kế toán", "software", 7_200),
    Product("Hoá đơn điện tử", "software", 2_400),
    Product("Phần mềm CRM", "software", 12_000),
    Product("Máy POS", "device", 8_900),
    Product("Máy in hoá đơn", "device", 1_650),
    Product("Máy chấm công", "device", 2_950),
    Product("Máy quét mã vạch", "device", 1_250),
    Product("Máy in tem nhãn", "device", 3_400),
    Product("Giấy in nhiệt K80", "supply", 620),
    Product("Tem nhãn decal", "supply", 480),
    Product("Mực in", "supply", 750),
    Product("Ruy băng mực", "supply", 390),
    Product("Thẻ chấm công", "supply", 260),
)
SOFTWARE: Final = tuple(i for i, p in enumerate(PRODUCTS) if p.kind == "software")
DEVICES: Final = tuple(i for i, p in enumerate(PRODUCTS) if p.kind == "device")
SUPPLIES: Final = tuple(i for i, p in enumerate(PRODUCTS) if p.kind == "supply")

CHANNELS: Final = (
    Channel("Facebook Lead Ads", 0.36, -0.50, 0.60),
    Channel("Zalo OA", 0.15, 0.00, 0.40),
    Channel("Website", 0.20, 0.25, 0.30),
    Channel("Hotline", 0.11, 0.60, 0.00),
    Channel("Giới thiệu", 0.09, 0.85, 0.10),
    Channel("Sự kiện, hội chợ", 0.09, -0.25, 0.00),
)
FACEBOOK, ZALO, WEBSITE, HOTLINE, REFERRAL, FAIR = range(len(CHANNELS))

CAMPAIGNS: Final = {
    FACEBOOK: ("FB Lead - Quán ăn", "FB Lead - Cửa hàng", "FB Lead - Dùng thử 15 ngày",
               "FB Lead - Máy POS giá tốt",
               "FB Lead - Hoá đơn điện tử", "FB Lead - Khai trương"),
    ZALO: ("Zalo OA - Tư vấn", "Zalo OA - Khuyến mãi quý", "Zalo OA - Khách quan tâm"),
    WEBSITE: ("Google Ads - Phần mềm", "Google Ads - Thiết bị", "SEO - Bài viết", "Form báo giá"),
    HOTLINE: ("1900 tổng đài",),
    REFERRAL: ("Khách cũ giới thiệu", "Đối tác, cộng tác viên"),
    FAIR: ("Hội chợ Vietshop", "Triển lãm nhà hàng - khách sạn", "Hội thảo hộ kinh doanh"),
}  # fmt: skip

INDUSTRIES: Final = (
    "Bán lẻ, tạp hoá", "Nhà hàng, cà phê", "Thời trang", "Nhà thuốc", "Spa, làm đẹp", "Vật liệu xây dựng",
    "Giáo dục", "Sản xuất", "Vận tải, kho bãi", "Khách sạn, du lịch", "Dịch vụ kế toán",
    "Điện máy, điện thoại",
)  # fmt: skip

FITS: Final = {
    "Bán lẻ, tạp hoá": (0, 4, 7, 9), "Nhà hàng, cà phê": (0, 4, 5, 9), "Thời trang": (0, 7, 8, 10),
    "Nhà thuốc": (0, 2, 7), "Spa, làm đẹp": (0, 3, 6), "Vật liệu xây dựng": (1, 2, 11),
    "Giáo dục": (3, 6, 13),
    "Sản xuất": (1, 6, 8, 12), "Vận tải, kho bãi": (3, 7, 8, 10), "Khách sạn, du lịch": (1, 4, 5),
    "Dịch vụ kế toán": (1, 2, 11), "Điện máy, điện thoại": (0, 3, 5, 7),
}  # fmt: skip
"""Products (positions in PRODUCTS) an industry really needs."""

SIZES: Final = ("1-4 người", "5-9 người", "10-49 người", "50-199 người", "Từ 200 người")
SIZE_SHARES: Final = (0.38, 0.27, 0.22, 0.10, 0.03)
TITLES: Final = (
    "Chủ cửa hàng",
    "Giám đốc",
    "Kế toán trưởng",
    "Trưởng phòng",
    "Nhân viên mua hàng",
    "Nhân viên",
)
TITLE_SHARES: Final = (0.34, 0.18, 0.12, 0.13, 0.13, 0.10)
TITLE_POWER: Final = (0.25, 0.30, 0.10, 0.05, -0.25, -0.50)
NEEDS: Final = ("Tham khảo giá", "Mua mới", "Thay thế hệ thống cũ", "Mở thêm chi nhánh")
PLANS: Final = ("Chưa rõ", "Trong 3 tháng", "Trong tháng", "Trong tuần")

LOST_REASONS: Final = (
    "Không có nhu cầu", "Giá cao", "Chọn bên khác", "Không liên lạc được", "Sai số", "Tạm hoãn",
)  # fmt: skip

OLD_PROVINCES: Final = (
    ("TP. Hồ Chí Minh", "TP. Hồ Chí Minh", 20), ("Bình Dương", "TP. Hồ Chí Minh", 6),
    ("Bà Rịa - Vũng Tàu", "TP. Hồ Chí Minh", 2), ("Hà Nội", "Hà Nội", 18), ("Hải Phòng", "Hải Phòng", 4),
    ("Hải Dương", "Hải Phòng", 2), ("Đà Nẵng", "Đà Nẵng", 4), ("Quảng Nam", "Đà Nẵng", 2), ("Huế", "Huế", 2),
    ("Cần Thơ", "Cần Thơ", 3), ("Sóc Trăng", "Cần Thơ", 1), ("Hậu Giang", "Cần Thơ", 1),
    ("Đồng Nai", "Đồng Nai", 4), ("Bình Phước", "Đồng Nai", 1), ("Tây Ninh", "Tây Ninh", 1),
    ("Long An", "Tây Ninh", 2), ("Tiền Giang", "Đồng Tháp", 2), ("Đồng Tháp", "Đồng Tháp", 1),
    ("Bến Tre", "Vĩnh Long", 1), ("Trà Vinh", "Vĩnh Long", 1), ("Vĩnh Long", "Vĩnh Long", 1),
    ("An Giang", "An Giang", 2), ("Kiên Giang", "An Giang", 2), ("Bạc Liêu", "Cà Mau", 1),
    ("Cà Mau", "Cà Mau", 1),
    ("Lâm Đồng", "Lâm Đồng", 2), ("Bình Thuận", "Lâm Đồng", 1), ("Đắk Nông", "Lâm Đồng", 1),
    ("Đắk Lắk", "Đắk Lắk", 2), ("Phú Yên", "Đắk Lắk", 1), ("Khánh Hoà", "Khánh Hoà", 2),
    ("Ninh Thuận", "Khánh Hoà", 1), ("Gia Lai", "Gia Lai", 1), ("Bình Định", "Gia Lai", 1),
    ("Kon Tum", "Quảng Ngãi", 1), ("Quảng Ngãi", "Quảng Ngãi", 1), ("Quảng Trị", "Quảng Trị", 1),
    ("Quảng Bình", "Quảng Trị", 1), ("Hà Tĩnh", "Hà Tĩnh", 1), ("Nghệ An", "Nghệ An", 3),
    ("Thanh Hoá", "Thanh Hoá", 3), ("Ninh Bình", "Ninh Bình", 1), ("Hà Nam", "Ninh Bình", 1),
    ("Nam Định", "Ninh Bình", 2), ("Thái Bình", "Hưng Yên", 1), ("Hưng Yên", "Hưng Yên", 1),
    ("Bắc Ninh", "Bắc Ninh", 2), ("Bắc Giang", "Bắc Ninh", 1), ("Quảng Ninh", "Quảng Ninh", 2),
    ("Vĩnh Phúc", "Phú Thọ", 1), ("Phú Thọ", "Phú Thọ", 1), ("Hoà Bình", "Phú Thọ", 1),
    ("Thái Nguyên", "Thái Nguyên", 1), ("Bắc Kạn", "Thái Nguyên", 1), ("Lạng Sơn", "Lạng Sơn", 1),
    ("Cao Bằng", "Cao Bằng", 1), ("Hà Giang", "Tuyên Quang", 1), ("Tuyên Quang", "Tuyên Quang", 1),
    ("Lào Cai", "Lào Cai", 1), ("Yên Bái", "Lào Cai", 1), ("Sơn La", "Sơn La", 1),
    ("Lai Châu", "Lai Châu", 1),
    ("Điện Biên", "Điện Biên", 1),
)  # fmt: skip
"""The 63 provinces, the one of 34 each belongs to since 1 July 2025, and a weight."""

CONSUMED_WITH: Final = {
    4: (9,),
    5: (9,),
    6: (13,),
    7: (10,),
    8: (10, 12),
    0: (9, 10),
    1: (11,),
    2: (11,),
    3: (11,),
}
"""Supplies a buyer of a product re-orders."""

"""Made-up Vietnamese people and companies: names, phones, e-mail addresses and tax codes."""

import unicodedata
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Objects = NDArray[np.object_]
Ints = NDArray[np.int64]

SURNAMES: Final = (
    ("Nguyễn", 31), ("Trần", 11), ("Lê", 10), ("Phạm", 7), ("Hoàng", 3), ("Huỳnh", 4), ("Phan", 5), ("Vũ", 3),
    ("Võ", 4), ("Đặng", 3), ("Bùi", 3), ("Đỗ", 3), ("Hồ", 2), ("Ngô", 2), ("Dương", 2), ("Lý", 1),
    ("Đinh", 1),
    ("Trương", 2), ("Mai", 1), ("Cao", 1), ("Lâm", 1), ("Tạ", 1),
)  # fmt: skip
MIDDLE: Final = (
    ("Văn", "Hữu", "Đức", "Minh", "Quốc", "Thanh", "Anh", "Công", "Xuân", "Gia", "Hoàng", "Trọng"),
    ("Thị", "Ngọc", "Thanh", "Thu", "Kim", "Mỹ", "Phương", "Bích", "Hồng", "Thị Thu", "Thị Ngọc", "Khánh"),
)
GIVEN: Final = (
    ("Hùng", "Dũng", "Tuấn", "Nam", "Long", "Khánh", "Phúc", "Thắng", "Hải", "Sơn", "Bình", "Cường", "Đạt",
     "Huy",
     "Khoa", "Lâm", "Nghĩa", "Quân", "Tài", "Tâm", "Thành", "Trung", "Việt", "Vinh", "Hậu", "Lộc"),
    ("Lan", "Hương", "Hoa", "Mai", "Linh", "Trang", "Thảo", "Hạnh", "Nga", "Yến", "Vy", "Ngân", "Nhung",
     "Oanh",
     "Phượng", "Quyên", "Thuỷ", "Trinh", "Tuyết", "Uyên", "Vân", "Hằng", "Diễm", "Giang", "Hà", "Loan"),
)  # fmt: skip
COMPANY_FORMS: Final = ("Công ty TNHH", "Công ty CP", "Công ty TNHH MTV", "Hộ kinh doanh", "Cửa hàng", "DNTN")
COMPANY_WORDS: Final = (
    "An Phát", "Minh Long", "Hưng Thịnh", "Đại Nam", "Tân Á", "Phú Gia", "Hoàng Hà", "Thiên Ân", "Bảo Ngọc",
    "Việt Tiến", "Sao Mai", "Nam Việt", "Kim Sơn", "Hải Đăng", "Thành Công", "Phương Đông", "Gia Hưng",
    "Trường Thịnh",
    "Đức Anh", "Ngọc Lan", "Quang Minh", "Vạn Lợi", "Toàn Cầu", "Hồng Phúc", "Thái Dương", "Lộc Xuân",
)  # fmt: skip
COMPANY_TRADES: Final = (
    "Bách hoá", "Ẩm thực", "Thời trang", "Dược phẩm", "Mỹ phẩm", "Vật liệu", "Giáo dục", "Sản xuất",
    "Vận tải", "Du lịch", "Kế toán", "Điện máy",
)  # fmt: skip
"""What companies call themselves, by industry."""

OLD_PREFIXES: Final = {
    "32": "162", "33": "163", "34": "164", "35": "165", "36": "166", "37": "167", "38": "168", "39": "169",
    "70": "120", "79": "121", "77": "122", "76": "126", "78": "128", "83": "123", "84": "124", "85": "125",
    "81": "127", "82": "129", "56": "186", "58": "188",
}  # fmt: skip
"""Mobile prefixes of today and the ones of 11-digit numbers they replaced in 2018."""
PREFIXES: Final = (*OLD_PREFIXES, "90", "91", "93", "94", "96", "97", "98", "86", "88", "89")
FREE_MAIL: Final = ("gmail.com", "gmail.com", "gmail.com", "yahoo.com.vn", "outlook.com", "icloud.com")


@dataclass(frozen=True, slots=True)
class People:
    """Names with and without diacritics; ``woman`` decides between anh and chị."""

    name: Objects
    plain: Objects
    given: Objects
    woman: NDArray[np.bool_]

    @property
    def salutation(self) -> Objects:
        """Anh or Chị."""
        return np.where(self.woman, "Chị", "Anh").astype(object)


def folded(text: str) -> str:
    """Text without diacritics.

    >>> folded("Đặng Thuỷ")
    'Dang Thuy'
    """
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def people(rng: Generator, count: int) -> People:
    """``count`` made-up people."""
    words, weights = zip(*SURNAMES, strict=True)
    surname = rng.choice(len(words), count, p=np.array(weights) / sum(weights))
    woman = rng.random(count) < 0.48
    middle = rng.integers(0, len(MIDDLE[0]), count)
    given = rng.integers(0, len(GIVEN[0]), count)
    sex = woman.astype(int)

    def joined(fold: bool) -> tuple[Objects, Objects]:
        def table(rows: tuple[tuple[str, ...], ...]) -> Objects:
            return np.array([[folded(word) if fold else word for word in row] for row in rows], object)

        last = table((tuple(words),))[0][surname]
        first = table(GIVEN)[sex, given]
        return np.asarray(last + " " + table(MIDDLE)[sex, middle] + " " + first), first

    name, _ = joined(False)
    plain, first = joined(True)
    return People(name, plain, first, woman)


def usernames(staff: People) -> Objects:
    """Log-in names such as ``huong.nt``, numbered where two colleagues would share one."""
    seen: dict[str, int] = {}
    names = []
    for plain in staff.plain:
        *before, given = plain.lower().split()
        stem = f"{given}.{''.join(word[0] for word in before)}"
        seen[stem] = seen.get(stem, 0) + 1
        names.append(stem if seen[stem] == 1 else f"{stem}{seen[stem]}")
    return np.array(names, object)


def companies(rng: Generator, industry: Ints) -> Objects:
    """A company name for each industry (positions in the catalogue); a few repeat, as they do."""
    form, word = (
        np.array(words, object)[rng.integers(0, len(words), len(industry))]
        for words in (COMPANY_FORMS, COMPANY_WORDS)
    )
    return np.asarray(form + " " + np.array(COMPANY_TRADES, object)[industry] + " " + word)


def phones(rng: Generator, count: int) -> Objects:
    """``count`` different mobile numbers, as nine digits without the leading zero."""
    drawn = rng.integers(0, len(PREFIXES) * 10**7, int(count * 1.2) + 100)
    _, first = np.unique(drawn, return_index=True)
    chosen = drawn[np.sort(first)][:count]
    prefix = np.array(PREFIXES, object)[chosen // 10**7]
    return np.asarray(prefix + np.array([f"{number:07d}" for number in chosen % 10**7], object))


def written(rng: Generator, national: Objects, facebook: NDArray[np.bool_]) -> Objects:
    """Phones as people and forms write them: spaces, dots, +84, 84, ``p:+84``, no zero, eleven digits."""
    form = np.where(
        facebook, rng.choice(3, len(national), p=[0.8, 0.1, 0.1]) + 10, rng.integers(0, 10, len(national))
    )
    return np.array([_write(n, int(f)) for n, f in zip(national, form, strict=True)], object)


def _write(national: str, form: int) -> str:
    if not national:
        return ""
    head, middle, tail = national[:2], national[2:5], national[5:]
    if form == 9 and head in OLD_PREFIXES:
        return f"0{OLD_PREFIXES[head]}{middle}{tail}"
    return {
        0: f"0{head}{national[2]} {national[3:6]} {national[6:]}",
        1: f"0{head}{national[2]}.{national[3:6]}.{national[6:]}",
        2: f"+84{national}", 3: f"84{national}", 4: national, 5: f"+84 {head} {middle} {tail}",
        10: f"p:+84{national}", 11: f"+84{national}",
    }.get(form, f"0{national}")  # fmt: skip


def emails(rng: Generator, owners: People, taken_from: int) -> Objects:
    """Different addresses made of names; numbers count from ``taken_from`` so that no two calls agree."""
    host = np.array(FREE_MAIL, object)[rng.integers(0, len(FREE_MAIL), len(owners.name))]
    return np.array(
        [
            f"{plain.lower().replace(' ', '')}{number}@{place}"
            for number, plain, place in zip(
                range(taken_from, taken_from + len(host)), owners.plain, host, strict=True
            )
        ],
        object,
    )


def tax_codes(rng: Generator, count: int) -> Objects:
    """Ten digits with the check digit of a Vietnamese tax code; one in ten is a branch (``-001``)."""
    weights = np.array([31, 29, 23, 19, 17, 13, 7, 5, 3])
    digits = rng.integers(0, 10, (int(count * 1.3) + 50, 9))
    digits[:, 0], digits[:, 1] = 0, rng.integers(1, 4, len(digits))
    digits = np.unique(digits, axis=0)[rng.permutation(len(np.unique(digits, axis=0)))]
    check = 10 - (digits * weights).sum(axis=1) % 11
    valid = np.flatnonzero(check < 10)[:count]
    branch = rng.random(count) < 0.1
    return np.array(
        [
            "".join(map(str, digits[row])) + str(check[row]) + ("-001" if part else "")
            for row, part in zip(valid, branch, strict=True)
        ],
        object,
    )

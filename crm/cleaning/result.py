"""What cleaning needs to know and what it answers."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Context:
    """The mapping's say in cleaning: telephone region, zone, date order, currency and decimal mark."""

    region: str = "VN"
    zone: str = "Asia/Ho_Chi_Minh"
    date_order: str = "dmy"
    currency: str = "VND"
    decimal: str | None = None


class Refusal(ValueError):
    """A cell that cannot be read; its text is the reason, ``instead`` what is kept of it, if anything."""

    def __init__(self, reason: str, instead: object = None) -> None:
        super().__init__(reason)
        self.instead = instead


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Distinct values made canonical (None: unknown), and a reason ("": none) for each that was not."""

    values: list[Any]
    reasons: list[str]

"""Fields planted to give the outcome away, as real exports do; mapping.toml leaves them out."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.clock import DAY, MINUTE
from crm.sample.days import Ints
from crm.sample.names import Objects
from crm.sample.world import World
from crm.sample.writing import Sheet, numbers, stamps

PLANTED: Final = (
    ("Điểm", "score", "integer", "chấm lại sau khi biết kết quả / rated again after the outcome"),
    (
        "Hình thức thanh toán",
        "payment_terms",
        "code",
        "chỉ điền khi chuyển đổi / filled in at conversion only",
    ),
    ("Chức danh", "job_title", "code", "bổ sung khi chuyển đổi / completed at conversion"),
    ("Số lần liên hệ", "contact_count", "integer", "đếm đến ngày xuất tệp / counts up to the export"),
    ("Lần sửa cuối", "modified_at", "time", "thời điểm sửa cuối cùng / last modified"),
)
"""Heading, name in mapping_with_leaks.toml, type, and why it leaks."""


@dataclass(frozen=True, slots=True)
class Leaks:
    """Cells of the planted fields, one entry a person."""

    score: Ints
    payment: Objects
    title: Objects
    count: Ints
    modified: Ints

    def of_leads(self, who: Ints, is_double: NDArray[np.bool_]) -> dict[str, Objects]:
        """The cells of the lead export."""
        return self._cells(who, is_double)

    def of_contacts(self, who: Ints, is_double: NDArray[np.bool_], came: Ints) -> dict[str, Objects]:
        """The cells of the contact export, which hides none of them."""
        return self._cells(who, is_double)

    def _cells(self, who: Ints, is_double: NDArray[np.bool_]) -> dict[str, Objects]:
        cells = {
            "Điểm": numbers(self.score[who]), "Hình thức thanh toán": self.payment[who],
            "Chức danh": self.title[who],
            "Số lần liên hệ": numbers(self.count[who]), "Lần sửa cuối": stamps(self.modified[who]),
        }  # fmt: skip
        return {heading: np.where(is_double, "", column).astype(object) for heading, column in cells.items()}


def plant(rng: Generator, world: World, created: Ints, title: Objects) -> Leaks:
    """Fills the fields with the outcome in view; ``created`` and ``title`` have one entry a person."""
    leads, count = len(world.leads), len(created)
    won = np.concatenate([world.ends.how > 0, np.ones(count - leads, bool)])
    known = world.ends.at[:leads]
    score = np.clip(
        rng.normal(45, 14, count)
        + 22 * won
        - 8 * np.concatenate([world.ends.how < 0, np.zeros(count - leads, bool)]),
        0,
        100,
    )
    ways = np.array(("Chuyển khoản", "Tiền mặt", "Công nợ 30 ngày"), object)[rng.integers(0, 3, count)]
    paying = rng.random(count) < np.where(won, 0.9, 0.02)
    titled = rng.random(count) < np.where(won, 0.95, 0.35)
    touched = np.bincount(_lead_of_touch(world), minlength=count)
    edited = np.concatenate([np.minimum(known, world.span.end - 8 * DAY), created[leads:]])
    later = (
        edited + (rng.exponential(3, count) * 1_440).astype(np.int64) * MINUTE + np.where(won, 40, 0) * MINUTE
    )
    return Leaks(
        score.astype(np.int64), np.where(paying, ways, "").astype(object),
        np.where(titled, title, "").astype(object),
        touched[:count], np.clip(later, created, world.span.end - MINUTE),
    )  # fmt: skip


def _lead_of_touch(world: World) -> Ints:
    lead, contact = (world.touches[column].to_numpy() for column in ("lead", "contact"))
    of_contact = np.where(
        world.contact_lead >= 0, world.contact_lead, len(world.leads) + np.arange(len(world.contact_lead))
    )
    return np.asarray(np.where(contact >= 0, of_contact[contact], lead), np.int64)


def table(files: tuple[str, ...]) -> Sheet:
    """truth/leaks.csv."""
    rows = [(file, *field) for file in files for field in PLANTED]
    return {
        h: np.array([row[i] for row in rows], object)
        for i, h in enumerate(("file", "column", "name", "type", "why"))
    }

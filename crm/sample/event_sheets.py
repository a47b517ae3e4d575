"""Calls, chats, other activities, callbacks, tickets and the change log as the CRM exports them."""

import numpy as np
import pandas as pd

from crm.sample.days import Ints
from crm.sample.identity import Persons
from crm.sample.ids import Ids
from crm.sample.names import Objects
from crm.sample.world import World
from crm.sample.writing import Sheet, ids, numbers, stamps

WAYS = {"in": "Gọi đến", "out": "Gọi đi"}
KINDS = {
    "email": "Email",
    "meeting": "Cuộc hẹn",
    "note": "Ghi chú",
    "visit": "Truy cập website",
    "form": "Biểu mẫu",
}


def at(names: Objects, positions: Ints) -> Objects:
    """``names[positions]``, blank for -1."""
    positions = np.asarray(positions)
    return np.where(positions >= 0, names[positions], "").astype(object)


def calls(rng: np.random.Generator, world: World, known: Persons, numbered: Ids) -> Sheet:
    """The switchboard's log. One call in eight is tied to nobody: only the number tells who it was."""
    rows = world.touches[world.touches["kind"] == "call"]
    person = _person(rows, numbered)
    national = known.national[person]
    tied = (rng.random(len(rows)) < 0.875) | (national == "")
    plain = rng.random(len(rows)) < 0.6
    who = _whose(rows, numbered)
    second = rng.integers(0, 60, len(rows)) * 1_000_000
    time = np.minimum(rows["time"].to_numpy() + second, world.span.end - 1)
    return {
        "Mã cuộc gọi": ids("PBX", np.arange(1, len(rows) + 1)), "Thời gian": stamps(time, seconds=True),
        "Hướng gọi": rows["direction"].map(WAYS).to_numpy(object),
        "Số khách hàng": np.where(plain, "0" + national, "84" + national).astype(object),
        "Nhân viên": at(world.roster.username, rows["actor"].to_numpy()),
        "Kết quả": rows["outcome"].to_numpy(object),
        "Thời lượng (giây)": numbers(rows["duration"].to_numpy()), "Mục đích": rows["topic"].to_numpy(object),
        **{heading: np.where(tied, cells, "").astype(object) for heading, cells in who.items()},
    }  # fmt: skip


def chats(world: World, numbered: Ids) -> Sheet:
    """Messages of the Zalo official account."""
    rows = world.touches[world.touches["kind"] == "chat"]
    return {
        "Mã tin nhắn": ids("ZL", np.arange(1, len(rows) + 1)), "Thời gian": stamps(rows["time"].to_numpy()),
        "Chiều": rows["direction"].map({"in": "Khách nhắn", "out": "Nhân viên nhắn"}).to_numpy(object),
        "Chủ đề": rows["topic"].to_numpy(object),
        "Nhân viên": at(world.roster.username, rows["actor"].to_numpy()),
        **_whose(rows, numbered),
    }  # fmt: skip


WRITTEN = {
    "Ghi chú": (
        "Khách đang dùng phần mềm khác, hết hạn cuối quý", "Cần báo giá kèm phí cài đặt",
        "Người quyết định là chị kế toán trưởng", "Muốn xem thử trên máy của cửa hàng", "Hỏi bản cho 5 người dùng",
        "Đã gửi tài liệu, tuần sau hỏi lại",
    ),
    "Đổi người liên hệ": ("Anh phụ trách cũ đã nghỉ, từ nay gặp chị kế toán",),
}  # fmt: skip
"""What notes say, in turn, by their topic: it tells nothing of what becomes of anybody."""


def activities(world: World, numbered: Ids) -> Sheet:
    """E-mails, meetings, notes, visits of the website and forms; meetings are often entered later."""
    rows = world.touches[world.touches["kind"].isin(KINDS)]
    minutes = rows["duration"].to_numpy()
    return {
        "Mã hoạt động": ids("ACT", np.arange(1, len(rows) + 1)),
        "Loại": rows["kind"].map(KINDS).to_numpy(object),
        "Chủ đề": rows["topic"].to_numpy(object),
        "Nội dung": _written(rows),
        "Chiều": rows["direction"].map({"in": "Đến", "out": "Đi", "": ""}).to_numpy(object),
        "Kênh": rows["channel"].to_numpy(object), "Thời gian bắt đầu": stamps(rows["time"].to_numpy()),
        "Ngày nhập": stamps(rows["entered"].to_numpy()), "Kết quả": rows["outcome"].to_numpy(object),
        "Thời lượng (giây)": np.where(minutes > 0, numbers(minutes), "").astype(object),
        "Người thực hiện": at(world.roster.username, rows["actor"].to_numpy()), **_whose(rows, numbered),
    }  # fmt: skip


def _written(rows: pd.DataFrame) -> Objects:
    noted = zip(rows["kind"] == "note", rows["topic"], range(len(rows)), strict=True)
    texts = [WRITTEN[topic][place % len(WRITTEN[topic])] if note else "" for note, topic, place in noted]
    return np.array(texts, object)


def callbacks(world: World, numbered: Ids) -> Sheet:
    """Planned callbacks; a blank completion is one that was missed."""
    rows = world.touches[world.touches["kind"] == "callback"]
    return {
        "Mã lịch hẹn": ids("CB", np.arange(1, len(rows) + 1)), "Ngày tạo": stamps(rows["time"].to_numpy()),
        "Hạn gọi lại": stamps(rows["due"].to_numpy()), "Ngày hoàn thành": stamps(rows["done"].to_numpy()),
        "Người thực hiện": at(world.roster.username, rows["actor"].to_numpy()), **_whose(rows, numbered),
    }  # fmt: skip


def _person(rows: pd.DataFrame, numbered: Ids) -> Ints:
    lead, contact = rows["lead"].to_numpy(), rows["contact"].to_numpy()
    return np.asarray(np.where(contact >= 0, numbered.person[contact], lead), np.int64)


def _whose(rows: pd.DataFrame, numbered: Ids) -> dict[str, Objects]:
    return {
        "Mã đầu mối": at(numbered.lead, rows["lead"].to_numpy()),
        "Mã liên hệ": at(numbered.contact, rows["contact"].to_numpy()),
    }


def tickets(world: World, numbered: Ids) -> Sheet:
    """Support tickets with the customer's rating."""
    rows = world.tickets
    rated = rows["rated"].to_numpy()
    return {
        "Mã phiếu": ids("TT", np.arange(1, len(rows) + 1)),
        "Mã liên hệ": numbered.contact[world.customer_contact[rows["customer"].to_numpy()]],
        "Loại vấn đề": rows["category"].to_numpy(object), "Mức độ": rows["priority"].to_numpy(object),
        "Kênh": rows["channel"].to_numpy(object), "Ngày tạo": stamps(rows["time"].to_numpy()),
        "Phản hồi đầu tiên": stamps(rows["replied"].to_numpy()),
        "Ngày xử lý xong": stamps(rows["resolved"].to_numpy()),
        "CSAT": np.where(rated > 0, numbers(rows["csat"].to_numpy()), "").astype(object),
        "Ngày đánh giá": stamps(rated),
        "Người xử lý": at(world.roster.username, rows["carer"].to_numpy()),
    }  # fmt: skip


def changes(world: World, numbered: Ids) -> Sheet:
    """What vtiger's ModTracker shows: status and owner of leads, stage of deals."""
    names = world.roster.username
    parts = [
        ("Đầu mối", numbered.lead, "lead", "Tình trạng", world.statuses),
        ("Đầu mối", numbered.lead, "lead", "Người phụ trách", world.owners),
        ("Cơ hội", ids("POT", np.arange(1, len(world.deals.lead) + 1)), "deal", "Giai đoạn", world.stages),
    ]
    log = pd.concat(
        [
            pd.DataFrame(
                {
                    "Phân hệ": module, "Mã bản ghi": identity[rows[record].to_numpy()], "Trường": field,
                    "Giá trị cũ": rows["old"].to_numpy(), "Giá trị mới": rows["new"].to_numpy(),
                    "time": rows["time"].to_numpy(),
                    "Người sửa": at(names, rows["actor"].to_numpy()) if "actor" in rows else "quantri",
                }
            )
            for module, identity, record, field, rows in parts
        ]
    ).sort_values(["time", "Mã bản ghi", "Trường"], kind="stable")  # fmt: skip
    cells = {heading: log[heading].to_numpy(object) for heading in log.columns if heading != "time"}
    return {"Mã nhật ký": ids("LOG", np.arange(1, len(log) + 1)), **cells,
            "Thời gian": stamps(log["time"].to_numpy(), seconds=True)}  # fmt: skip

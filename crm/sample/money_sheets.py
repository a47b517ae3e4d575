"""Deals, quotes, order lines, subscriptions and invoices as the CRM exports them."""

import numpy as np

from crm.clock import DAY, HOUR, MINUTE, UNKNOWN
from crm.sample import catalog
from crm.sample.days import Ints
from crm.sample.identity import Persons
from crm.sample.ids import Ids
from crm.sample.names import Objects
from crm.sample.people_sheets import CHANNEL_NAMES
from crm.sample.sales import LOST, STAGES, WON
from crm.sample.world import World
from crm.sample.writing import Sheet, dates, ids, numbers, stamps

PRODUCT_NAMES = np.array([product.name for product in catalog.PRODUCTS], object)


def deals(rng: np.random.Generator, world: World, known: Persons, numbered: Ids) -> Sheet:
    """Deals with real dates, for a workbook."""
    made, end = world.deals, world.span.end
    stage, closed = made.stage(end), np.where(made.moments[:, 3] < end, made.moments[:, 3], UNKNOWN)
    expected = made.moments[:, 0] + rng.integers(7, 45, len(made.lead)) * DAY
    reason = np.array(("Giá cao", "Chọn bên khác", "Hoãn đầu tư"), object)[rng.integers(0, 3, len(made.lead))]
    return {
        "Mã cơ hội": ids("POT", np.arange(1, len(made.lead) + 1)),
        "Tên cơ hội": np.asarray(PRODUCT_NAMES[world.leads.product[made.lead]] + " - " + known.people.name[made.lead]),
        "Mã liên hệ": numbered.contact[world.contact_of_lead[made.lead]],
        "Sản phẩm": PRODUCT_NAMES[world.leads.product[made.lead]],
        "Nguồn": CHANNEL_NAMES[world.leads.channel[made.lead]],
        "Giai đoạn": np.array(STAGES, object)[stage], "Giá trị": np.array(made.amount.tolist(), object),
        "Người phụ trách": world.roster.username[made.owner], "Ngày tạo": dates(made.moments[:, 0]),
        "Dự kiến chốt": dates(expected), "Ngày thắng": dates(np.where(stage == WON, closed, UNKNOWN)),
        "Ngày thua": dates(np.where(stage == LOST, closed, UNKNOWN)),
        "Lý do thua": np.where(stage == LOST, reason, "").astype(object),
    }  # fmt: skip


def quotes(world: World, numbered: Ids) -> Sheet:
    """Quotes sent during deals."""
    deal = world.quotes["deal"].to_numpy()
    lead = world.deals.lead[deal]
    return {
        "Số báo giá": ids("QUO", np.arange(1, len(deal) + 1)), "Mã cơ hội": ids("POT", deal + 1),
        "Mã liên hệ": numbered.contact[world.contact_of_lead[lead]],
        "Sản phẩm": PRODUCT_NAMES[world.leads.product[lead]],
        "Ngày báo giá": stamps(world.quotes["time"].to_numpy()),
        "Thành tiền": numbers(world.quotes["amount"].to_numpy()),
        "Người lập": world.roster.username[world.deals.owner[deal]],
    }  # fmt: skip


def order_lines(rng: np.random.Generator, world: World, numbered: Ids) -> Sheet:
    """One row a product of an order, and of what came back; a few orders are entered the next day."""
    rows, back = world.orders, world.returns
    both = {name: np.concatenate([rows[name].to_numpy(), back[name].to_numpy()]) for name in rows.columns}
    returned = np.arange(len(both["time"])) >= len(rows)
    sold = rng.choice([0, 1, 2], int(both["order"].max()) + 1, p=[0.5, 0.35, 0.15])[both["order"]]
    late = (rng.random(int(both["order"].max()) + 1) < 0.08)[both["order"]] * 20 * HOUR
    entered = np.minimum(both["time"] + late + 5 * MINUTE, world.span.end - MINUTE)
    sheet = {
        "Mã dòng": ids("LN", np.arange(1, len(returned) + 1)),
        "Số chứng từ": np.where(returned, ids("TH", both["order"] + 1),
                                ids("SO", both["order"] + 1)).astype(object),
        "Loại chứng từ": np.where(returned, "Trả hàng", "Đơn hàng").astype(object),
        "Mã liên hệ": _customers(world, numbered, both["customer"]), "Ngày đặt": stamps(both["time"]),
        "Ngày nhập": stamps(np.maximum(entered, both["time"])), "Sản phẩm": PRODUCT_NAMES[both["product"]],
        "Số lượng": numbers(both["quantity"]), "Thành tiền": numbers(both["amount"], dots=True),
        "Kênh bán": np.array(("Nhân viên", "Zalo OA", "Website"), object)[sold],
    }  # fmt: skip
    order = np.argsort(both["time"], kind="stable")
    return {heading: np.asarray(cells[order], object) for heading, cells in sheet.items()}


def subscriptions(world: World, numbered: Ids) -> Sheet:
    """One row a term; the terms of one subscription share its number."""
    rows = world.terms
    starts, ends = (
        stamps(world.span.micros(rows[name].to_numpy(), np.zeros(len(rows))), day_only=True)
        for name in ("starts", "ends")
    )
    return {
        "Số hợp đồng": ids("HD", np.arange(1, len(rows) + 1)),
        "Mã thuê bao": ids("SUB", rows["customer"].to_numpy() + 1),
        "Mã liên hệ": _customers(world, numbered, rows["customer"].to_numpy()),
        "Loại": np.where(rows["renewal"], "Gia hạn", "Đăng ký mới").astype(object),
        "Sản phẩm": PRODUCT_NAMES[rows["product"].to_numpy()], "Ngày ký": stamps(rows["time"].to_numpy()),
        "Ngày bắt đầu": starts, "Ngày hết hạn": ends,
        "Ngày huỷ": stamps(_inside(world, rows["cancelled"].to_numpy())),
        "Giá trị": numbers(rows["amount"].to_numpy()),
    }  # fmt: skip


def invoices(world: World, numbered: Ids) -> Sheet:
    """One invoice for each order and term, with the day it was paid."""
    rows = world.invoices
    of_order = rows["what"].to_numpy() == "order"
    number = rows["reference"].to_numpy() + 1
    return {
        "Số hoá đơn": ids("INV", np.arange(1, len(rows) + 1)),
        "Số chứng từ gốc": np.where(of_order, ids("SO", number), ids("HD", number)).astype(object),
        "Mã liên hệ": _customers(world, numbered, rows["customer"].to_numpy()),
        "Ngày lập": stamps(rows["issued"].to_numpy()),
        "Hạn thanh toán": stamps(rows["due"].to_numpy(), day_only=True),
        "Tổng tiền": numbers(rows["amount"].to_numpy(), dots=True, unit=" ₫"),
    }  # fmt: skip


def payments(world: World, billed: Sheet) -> Sheet:
    """One receipt for each invoice that was paid; ``billed`` is what :func:`invoices` made."""
    paid = world.invoices["paid"].to_numpy()
    rows = np.flatnonzero(paid != UNKNOWN)
    rows = rows[np.argsort(paid[rows], kind="stable")]
    return {
        "Số phiếu thu": ids("PT", np.arange(1, len(rows) + 1)),
        "Số chứng từ gốc": billed["Số chứng từ gốc"][rows],
        "Mã liên hệ": billed["Mã liên hệ"][rows], "Ngày thu": stamps(paid[rows]),
        "Số tiền": numbers(world.invoices["amount"].to_numpy()[rows]),
    }  # fmt: skip


def _customers(world: World, numbered: Ids, customer: Ints) -> Objects:
    return np.asarray(numbered.contact[world.customer_contact[customer]])


def _inside(world: World, times: Ints) -> Ints:
    return np.asarray(np.where(times < world.span.end, times, UNKNOWN), np.int64)

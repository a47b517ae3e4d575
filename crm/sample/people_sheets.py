"""Leads, contacts, companies, staff and stages as the CRM exports them."""

import numpy as np
from numpy.typing import NDArray

from crm.clock import DAY, UNKNOWN
from crm.sample import catalog
from crm.sample.days import Ints
from crm.sample.identity import Doubles, Persons
from crm.sample.ids import Ids
from crm.sample.lead_changes import GROUP, STATUSES, STOPPED, UNREACHED
from crm.sample.leaks import Leaks
from crm.sample.names import Objects
from crm.sample.sales import STAGES
from crm.sample.world import World
from crm.sample.writing import Sheet, stamps

CHANNEL_NAMES = np.array([channel.name for channel in catalog.CHANNELS], object)
DOUBLE_STATUS = "Trùng"


def profile(known: Persons, who: Ints) -> dict[str, Objects]:
    """The cells lead and contact exports share; they say of a person what was said when the lead arrived."""
    return {
        "Danh xưng": known.people.salutation[who], "Họ và tên": known.people.name[who],
        "Số điện thoại": known.phone[who], "Email": known.email[who], "Công ty": known.company[who],
        "Ngành nghề": known.industry[who], "Tỉnh/Thành phố": known.province[who], "Quy mô": known.size[who],
        "Nguồn": CHANNEL_NAMES[known.channel[who]], "Chiến dịch": known.campaign[who],
        "Sản phẩm quan tâm": known.product[who], "Nhu cầu": known.need[who], "Dự kiến mua": known.plan[who],
    }  # fmt: skip


def leads(
    rng: np.random.Generator, world: World, known: Persons, numbered: Ids, doubles: Doubles, leaks: Leaks
) -> Sheet:
    """Every lead but the converted ones, which vtiger hides, and the doubles; in order of creation."""
    kept = np.flatnonzero(world.ends.how <= 0)
    who = np.concatenate([kept, doubles.person])
    is_double = np.arange(len(who)) >= len(kept)
    cells = profile(known, who)
    cells["Họ và tên"][is_double], cells["Số điện thoại"][is_double] = doubles.name, doubles.phone
    closed_double = rng.random(len(doubles.person)) < 0.7
    double_end = doubles.created_at + rng.integers(1, 3, len(doubles.person)) * DAY
    closed_double &= double_end < world.span.end
    created = np.concatenate([known.created_at[kept], doubles.created_at])
    closed = np.concatenate([np.where(world.ends.how[kept] < 0, world.ends.at[kept], UNKNOWN),
                             np.where(closed_double, double_end, UNKNOWN)])  # fmt: skip
    sheet = {
        "Mã đầu mối": np.concatenate([numbered.lead[kept], numbered.lead_double]), **cells,
        "Tình trạng": np.concatenate([final_status(world)[kept],
                                      np.where(closed_double, DOUBLE_STATUS, STATUSES[0])]),
        "Người phụ trách": final_owner(world)[who], "Ngày tạo": stamps(created), "Ngày đóng": stamps(closed),
        "Lý do ngừng": _reasons(rng, world, kept, closed_double), **leaks.of_leads(who, is_double),
    }  # fmt: skip
    order = np.argsort(created, kind="stable")
    return {heading: np.asarray(column[order], object) for heading, column in sheet.items()}


def final_status(world: World) -> Objects:
    """Each lead's status at the end of the window."""
    status = np.full(len(world.leads), STATUSES[0], object)
    last = world.statuses.drop_duplicates("lead", keep="last")
    status[last["lead"].to_numpy()] = last["new"].to_numpy()
    return status


def final_owner(world: World) -> Objects:
    """Each lead's owner at the end of the window, as the log says."""
    owner = np.full(len(world.leads), GROUP, object)
    last = world.owners.sort_values("time", kind="stable").drop_duplicates("lead", keep="last")
    owner[last["lead"].to_numpy()] = last["new"].to_numpy()
    return owner


def _reasons(rng: np.random.Generator, world: World, kept: Ints, closed_double: NDArray[np.bool_]) -> Objects:
    unmet = world.paths.stage.max(axis=1)[kept] == 0
    reason = np.where(unmet, rng.choice([3, 4], len(kept), p=[0.8, 0.2]), rng.choice(
        [0, 1, 2, 5], len(kept), p=[0.4, 0.25, 0.2, 0.15]))  # fmt: skip
    said = np.where(world.ends.how[kept] < 0, np.array(catalog.LOST_REASONS, object)[reason], "")
    return np.concatenate([said, np.where(closed_double, DOUBLE_STATUS, "")])


def contacts(world: World, known: Persons, numbered: Ids, doubles: Doubles, leaks: Leaks) -> Sheet:
    """Converted leads and old customers; the lead's id, creation and conversion where there was a lead."""
    who, came = numbered.person, world.contact_lead
    all_who = np.concatenate([who, doubles.person])
    is_double = np.arange(len(all_who)) >= len(who)
    cells = profile(known, all_who)
    cells["Họ và tên"][is_double], cells["Số điện thoại"][is_double] = doubles.name, doubles.phone
    converted = np.where(came >= 0, world.ends.at[came], UNKNOWN)
    lead_created = np.where(came >= 0, known.created_at[who], UNKNOWN)
    made = np.where(came >= 0, converted, known.created_at[who])
    blank, never = np.full(len(doubles.person), "", object), np.full(len(doubles.person), UNKNOWN)
    since = np.full(len(came), UNKNOWN)
    first = np.where(world.won_at == UNKNOWN, made[world.customer_contact], world.won_at)
    since[world.customer_contact] = first
    owner = np.where(came >= 0, final_owner(world)[came], world.roster.username[0])
    created = np.concatenate([made, doubles.created_at])
    sheet = {
        "Mã liên hệ": np.concatenate([numbered.contact, numbered.contact_double]), **cells,
        "Mã công ty": np.concatenate([known.company_id[who], blank]),
        "Người phụ trách": np.concatenate([owner, np.full(len(blank), world.roster.username[0], object)]),
        "Ngày tạo": stamps(created),
        "Khách hàng từ ngày": stamps(np.concatenate([since, never]), day_only=True),
        "Mã đầu mối gốc": np.concatenate([np.where(came >= 0, numbered.lead[came], ""), blank]),
        "Ngày tạo đầu mối": stamps(np.concatenate([lead_created, never])),
        "Ngày chuyển đổi": stamps(np.concatenate([converted, never])),
        **leaks.of_contacts(all_who, is_double, came),
    }  # fmt: skip
    order = np.argsort(created, kind="stable")
    return {heading: np.asarray(column[order], object) for heading, column in sheet.items()}


def companies(world: World, known: Persons, numbered: Ids) -> Sheet:
    """The companies contacts work for."""
    came = world.contact_lead
    made = np.where(came >= 0, world.ends.at[came], known.created_at[numbered.person])
    has = np.flatnonzero(known.company_id[numbered.person] != "")
    who = numbered.person[has]
    return {
        "Mã công ty": known.company_id[who], "Tên công ty": known.company[who],
        "Mã số thuế": np.where(np.arange(len(who)) % 5 < 3, known.tax_code[who], "").astype(object),
        "Ngành nghề": known.industry[who], "Tỉnh/Thành phố": known.province[who], "Quy mô": known.size[who],
        "Nguồn": CHANNEL_NAMES[known.channel[who]], "Ngày tạo": stamps(made[has]),
    }  # fmt: skip


def staff(world: World) -> Sheet:
    """Colleagues who had joined by the end, with the day they left."""
    roster, span = world.roster, world.span
    here = np.flatnonzero(roster.joined < span.length)
    zero = np.zeros(len(here))
    left = np.where(roster.left[here] < span.length, roster.left[here], -99_999)
    return {
        "Tên đăng nhập": roster.username[here], "Họ và tên": roster.people.name[here],
        "Nhóm": np.where(roster.care[here], "CSKH", "Kinh doanh").astype(object),
        "Ngày vào làm": stamps(span.micros(roster.joined[here], zero), day_only=True),
        "Ngày nghỉ": stamps(np.where(left == -99_999, UNKNOWN, span.micros(np.maximum(left, 0), zero)),
                            day_only=True),
    }  # fmt: skip


def stages() -> Sheet:
    """The statuses of leads and the stages of deals, in order."""
    rows = [
        ("Đầu mối", name, place, "") for place, name in enumerate((STATUSES[0], UNREACHED, *STATUSES[1:]), 1)
    ]
    rows += [("Đầu mối", STOPPED, 9, "Thua"), ("Đầu mối", DOUBLE_STATUS, 9, "Thua")]
    rows += [
        ("Cơ hội", name, place, {"Thắng": "Thắng", "Thua": "Thua"}.get(name, ""))
        for place, name in enumerate(STAGES, 1)
    ]
    return {
        heading: np.array([str(row[column]) for row in rows], object)
        for column, heading in enumerate(("Phân hệ", "Tên", "Thứ tự", "Kết quả"))
    }

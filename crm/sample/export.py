"""The sample company on disk: exports, mapping files and truth."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from crm.errors import LeadkeepError, ResourceError
from crm.sample import broken, event_sheets, identity, ids, leaks, money_sheets, people_sheets, truth, writing
from crm.sample.days import window
from crm.sample.mappings import with_leaks
from crm.sample.world import World, simulate
from crm.sample.writing import Sheet

Progress = Callable[[str, int, int], None]
SMALLEST = 20
STAGES = 5


@dataclass(frozen=True, slots=True)
class Company:
    """The simulated world and the identities of its people."""

    world: World
    known: identity.Persons
    numbered: ids.Ids
    lead_doubles: identity.Doubles
    contact_doubles: identity.Doubles
    leaks: leaks.Leaks


def write(directory: Path, customers: int, seed: int, until: date, progress: Progress) -> None:
    """What :func:`crm.sample.generate` does."""
    if customers < SMALLEST:
        raise LeadkeepError(
            "the sample company needs more customers", value=customers, todo=f"ask for at least {SMALLEST}"
        )
    span = window(until)
    progress("simulating", 0, STAGES)
    one = _company(simulate(span, customers, seed), seed)
    progress("filling sheets", 1, STAGES)
    sheets, refused = broken.plant(_sheets(Generator(PCG64([seed, 2])), one))
    export, told = directory / "export", directory / "truth"
    try:
        for folder in (export, told):
            folder.mkdir(parents=True, exist_ok=True)
        progress("writing files", 2, STAGES)
        _write_exports(export, one, sheets)
        progress("working out the truth", 3, STAGES)
        _write_truth(told, one, refused)
        mapping = files("crm.sample").joinpath("mapping.toml").read_text(encoding="utf-8")
        (directory / "mapping_with_leaks.toml").write_text(
            with_leaks(mapping), encoding="utf-8", newline="\n"
        )
        # Last: where it is, the sample is whole.
        (directory / "mapping.toml").write_text(mapping, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ResourceError(
            f"the sample company cannot be written: {error.strerror}", value=str(error.filename or directory),
            todo="choose a folder you may write to, with some 100 MB free",
        ) from error  # fmt: skip
    progress("done", STAGES, STAGES)


def _company(world: World, seed: int) -> Company:
    who, doubled, leaking = (Generator(PCG64(part)) for part in SeedSequence([seed, 1]).spawn(3))
    known = identity.persons(who, world)
    of_leads, of_contacts = (
        identity.lead_doubles(doubled, world, known),
        identity.contact_doubles(doubled, world, known),
    )
    numbered = ids.number(world, known, of_leads, of_contacts)
    planted = leaks.plant(leaking, world, known.created_at, known.title)
    return Company(world, known, numbered, of_leads, of_contacts, planted)


def _sheets(rng: Generator, one: Company) -> dict[str, Sheet]:
    """Everything that becomes a separated file, by file name."""
    world, known, numbered = one.world, one.known, one.numbered
    leads = people_sheets.leads(rng, world, known, numbered, one.lead_doubles, one.leaks)
    half = len(leads["Ngày tạo"]) // 2
    invoices = money_sheets.invoices(world, numbered)
    return {
        "dau_moi_1.csv": {heading: cells[:half] for heading, cells in leads.items()},
        "dau_moi_2.csv": {heading: cells[half:] for heading, cells in leads.items()},
        "lien_he.csv": people_sheets.contacts(world, known, numbered, one.contact_doubles, one.leaks),
        "cuoc_goi.csv": event_sheets.calls(rng, world, known, numbered),
        "zalo_oa.csv": event_sheets.chats(world, numbered),
        "hoat_dong.csv": event_sheets.activities(world, numbered),
        "lich_goi_lai.csv": event_sheets.callbacks(world, numbered),
        "bao_gia.csv": money_sheets.quotes(world, numbered),
        "don_hang.csv": money_sheets.order_lines(rng, world, numbered),
        "thue_bao.csv": money_sheets.subscriptions(world, numbered),
        "hoa_don.csv": invoices, "phieu_thu.csv": money_sheets.payments(world, invoices),
        "phieu_ho_tro.csv": event_sheets.tickets(world, numbered),
        "nhat_ky.csv": event_sheets.changes(world, numbered),
    }  # fmt: skip


def _write_exports(folder: Path, one: Company, sheets: dict[str, Sheet]) -> None:
    """Every file the way some screen of a CRM writes it: with and without BOM, semicolons, UTF-16 with tabs."""
    styles = {
        "dau_moi_1.csv": {"encoding": "utf-8-sig"}, "dau_moi_2.csv": {"separator": ";"},
        "lien_he.csv": {"encoding": "utf-8-sig"}, "zalo_oa.csv": {"encoding": "utf-16", "separator": "\t"},
        "hoa_don.csv": {"separator": ";", "encoding": "utf-8-sig"},
    }  # fmt: skip
    for name, sheet in sheets.items():
        writing.csv(folder / name, sheet, **styles.get(name, {}))
    world, known, numbered = one.world, one.known, one.numbered
    writing.xlsx(folder / "cong_ty.xlsx", {"Công ty": people_sheets.companies(world, known, numbered)})
    writing.xlsx(
        folder / "danh_muc.xlsx",
        {"Nhân viên": people_sheets.staff(world), "Giai đoạn": people_sheets.stages()},
    )
    deals = money_sheets.deals(np.random.Generator(PCG64(len(known))), world, known, numbered)
    writing.xlsx(folder / "co_hoi.xlsx", {"Cơ hội": deals})


def _write_truth(folder: Path, one: Company, refused: Sheet) -> None:
    world, known, numbered = one.world, one.known, one.numbered
    truth.parquet(folder / "leads.parquet", truth.leads(world, numbered))
    subjects = truth.subjects(world, known, numbered)
    truth.parquet(folder / "customers.parquet", truth.churn(world, subjects))
    lists = {
        "duplicates.csv": truth.doubles(numbered, one.lead_doubles, one.contact_doubles, world),
        "shared_phones.csv": truth.hotlines(known, numbered, len(world.leads)),
        "leaks.csv": leaks.table(("dau_moi_1.csv", "dau_moi_2.csv", "lien_he.csv")), "refused.csv": refused,
    }  # fmt: skip
    for name, sheet in lists.items():
        writing.csv(folder / name, sheet)

"""What a company should know about an import that went well: gaps that would quietly spoil its scores."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from crm import clock
from crm.changes import as_text
from crm.comparing import Compared
from crm.history import History
from crm.loads import LoadReport
from crm.mapping import Mapping
from crm.people import People, staff_in
from crm.schema import CREATED

SPIKE_ROWS: Final = 50
SPIKE_SHARE: Final = 0.02
"""More records than both in one minute were not created by people one by one."""

TOLD: Final = {
    "lead": {"channel"},
    "party": {"channel"},
    "deal": {"product", "channel"},
    "ticket": {"category", "priority", "channel"},
}
"""Columns that the moments of a record carry, whether they are declared features or not."""

MORE_SILENT: Final = 0.05
"""How much oftener than others converted leads may lack a logged value before it tells them apart."""


def about(compared: Sequence[Compared], before: History, said: Mapping, report: LoadReport) -> list[str]:
    """Warnings about one import, each a sentence with its numbers."""
    return [
        *_assumed(said, compared),
        *_without_history(said, compared),
        *_no_conversions(compared, before),
        *_silent_conversions(compared, before, said.source),
        *(line for one in compared for line in _spikes(one, said.zone)),
        *_future(compared, report.loaded_at),
        *_refusals(report),
        *_cut_logs(compared),
        *_people(compared, before, said),
    ]


def _people(compared: Sequence[Compared], before: History, said: Mapping) -> list[str]:
    """Features that look like people's names: training leaves them out."""
    staff = People.of(before).staff | staff_in((one.rows.entry.table, one.rows.data) for one in compared)
    known = People(staff, frozenset(name for entry in said.table for name in entry.not_personal))
    found: dict[str, Counter[str]] = {}
    for one in compared:
        for name, words in _said(one, said):
            found.setdefault(name, Counter()).update(words)
    return [
        f"{name} looks like names, phones or e-mails of people, so it will not be a feature; if it is not, add "
        f'not_personal = ["{name.partition(": ")[2]}"] to its [[table]]'
        for name, words in sorted(found.items())
        if name.partition(": ")[2] not in known.cleared and known.mostly(words)
    ]


def _said(one: Compared, said: Mapping) -> Iterator[tuple[str, Counter[str]]]:
    """Each coded feature of one sheet, ``"<table>: <name>"``, with how often it says each word."""
    entry, data = one.rows.entry, one.rows.data
    if entry.table == "change":
        told = data.group_by(["object", "field", "new"]).aggregate([([], "count_all")]).drop_null()
        words = [(row["object"], row["field"], row["new"], row["count_all"]) for row in told.to_pylist()]
    else:
        columns = {name: pc.value_counts(as_text(data, name).drop_null()) for name in entry.feature}
        words = [
            (entry.table, name, row["values"], row["counts"])
            for name, counted in columns.items()
            for row in counted.to_pylist()
        ]
    for table, name, word, count in words:
        if name != "owner" and said.kind(table, name) in ("", "code", "text"):
            yield f"{table}: {name}", Counter({word: count})


def _assumed(said: Mapping, compared: Sequence[Compared]) -> list[str]:
    used = {one.rows.entry.table for one in compared}
    tables = sorted({entry.table for entry in said.table if entry.assumed and entry.table in used})
    return [f"{', '.join(tables)}: when rows were known is assumed, not recorded"] if tables else []


def _without_history(said: Mapping, compared: Sequence[Compared]) -> list[str]:
    mutable: dict[str, set[str]] = {}
    for one in compared:
        entry = one.rows.entry
        if entry.table not in ("change", "link", "activity", "transaction"):
            feature, fixed = set(entry.feature), set(entry.fixed)
            told = TOLD.get(entry.table, set()) & set(one.rows.columns)
            rest = (feature - fixed - set(entry.logged)) | (told - (feature & fixed))
            mutable.setdefault(entry.table, set()).update(rest)
    return [
        f"{table}: {', '.join(sorted(names))} can change and have no history before their first import; "
        "they are used from then on only. List those that never change under fixed and feature"
        for table, names in sorted(mutable.items())
        if names
    ]


def _no_conversions(compared: Sequence[Compared], before: History) -> list[str]:
    leads = [one for one in compared if one.rows.entry.table == "lead"]
    if not any(len(one.rows.data) for one in leads):
        return []
    won = sum(_given(one, "converted_at") for one in leads)
    won += sum(_given(one, "won_at") for one in compared if one.rows.entry.table == "deal")
    won += pc.count(before.rows("lead", ["converted_at"])["converted_at"]).as_py()
    if won:
        return []
    return [
        "lead: no lead was ever converted. Some CRMs drop converted leads from their lead export; map the "
        "contacts or deals they became to lead too (docs/mapping.md)"
    ]


def _silent_conversions(compared: Sequence[Compared], before: History, source: str) -> list[str]:
    """A value that open leads have from their creation, by log or export, and converted ones lack."""
    leads = [one for one in compared if one.rows.entry.table == "lead"]
    logs = [one.rows.data for one in compared if one.rows.entry.table == "change"]
    fields = sorted({name for one in leads for name in one.rows.entry.logged})
    if not fields:
        return []
    earlier = before.rows("change", ["source", "object", "record", "field"])
    logs.append(earlier.filter(pc.equal(earlier["source"], source)))
    found = []
    for field in fields:
        said = pd.concat([_leads_saying(one, field) for one in leads]).groupby(level=0).any()
        for log in logs:
            of_field = pc.and_(pc.equal(log["object"], "lead"), pc.equal(log["field"], field))
            said["told"] |= said.index.isin(log["record"].filter(of_field).to_pandas())
        (won, silent), (others, quiet) = (
            (len(part), int((~part["told"]).sum()))
            for part in (said[said["converted"]], said[~said["converted"]])
        )
        if won and others and silent / won > quiet / others + MORE_SILENT:
            found.append(
                f"lead: {silent} of {won} converted leads have no {field} in the change log, of the others "
                f"{quiet} of {others} have none at all; whether it is there would tell the outcome. Export the "
                f"log of converted leads too, or take {field} out of feature"
            )
    return found


def _leads_saying(one: Compared, field: str) -> pd.DataFrame:
    """``converted, told`` of one sheet's leads; told: the value they have now stands for what a log lacks."""
    data, none = one.rows.data, np.zeros(len(one.rows.data), bool)
    told = pc.not_equal(pc.fill_null(as_text(data, field), ""), "").to_numpy(zero_copy_only=False)
    won = pc.is_valid(data["converted_at"]).to_numpy() if "converted_at" in data.column_names else none
    columns = {"converted": won, "told": told if field in one.rows.entry.logged else none}
    return pd.DataFrame(columns, index=data["source_id"].to_pandas())


def _given(one: Compared, name: str) -> int:
    data = one.rows.data
    return int(pc.count(data[name]).as_py()) if name in data.column_names else 0


def _spikes(one: Compared, zone: str) -> list[str]:
    table = one.rows.entry.table
    if table not in ("lead", "party", "deal") or CREATED[table] not in one.new.column_names:
        return []
    times = one.new[CREATED[table]].drop_null().to_numpy()
    minutes = Counter((times // clock.MINUTE).tolist())
    most = [(minute, count) for minute, count in minutes.most_common(3) if count > SPIKE_ROWS]
    return [
        f"{table}: {count} of {len(times)} records of {one.rows.file} were created at "
        f"{clock.show(minute * clock.MINUTE, zone)}, as a bulk import does; that time is not real"
        for minute, count in most
        if count > SPIKE_SHARE * len(times)
    ]


def _future(compared: Sequence[Compared], loaded_at: int) -> list[str]:
    late: Counter[str] = Counter()
    for one in compared:
        table = one.rows.entry.table
        if table != "activity" and CREATED.get(table, "") in one.rows.data.column_names:
            times = pc.fill_null(one.rows.data[CREATED[table]], 0).to_numpy()
            late[table] += int(np.sum(times > loaded_at))
    return [f"{table}: {count} rows are dated after this import" for table, count in late.items() if count]


def _refusals(report: LoadReport) -> list[str]:
    return [
        f"{one.file} ({one.table}): {one.refused} of {one.read} rows were refused; look at the mapping"
        for one in report.tables
        if one.refused > 0.2 * one.read
    ]


def _cut_logs(compared: Sequence[Compared]) -> list[str]:
    return [
        f"{one.rows.file}: {one.earlier} records of {one.rows.entry.table} began before this file and were "
        "left as they are; import the whole log again"
        for one in compared
        if one.earlier
    ]

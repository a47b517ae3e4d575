"""The change log of leads: status and owner, as vtiger's ModTracker keeps it."""

import numpy as np
import pandas as pd
from numpy.random import Generator

from crm.clock import HOUR, MINUTE
from crm.sample.days import Window
from crm.sample.funnel import STEPS, Paths
from crm.sample.lead_days import Cells, Ends
from crm.sample.leads import Leads
from crm.sample.roster import Roster

STATUSES = ("Mới", "Đã liên hệ", "Đang tư vấn", "Đã demo")
UNREACHED, STOPPED = "Không liên hệ được", "Ngừng chăm sóc"
GROUP = "nhom.kinhdoanh"


def status_changes(
    rng: Generator, span: Window, leads: Leads, paths: Paths, seen: Cells, finished: Ends
) -> pd.DataFrame:
    """``lead, time, old, new, actor``: the change log of the status, some of it written up late."""
    up = np.flatnonzero(seen.stage > seen.was)
    first = np.flatnonzero(paths.first_met)
    tries = np.cumsum(paths.tried, axis=1)
    third = np.flatnonzero(
        (tries[seen.lead, seen.step] == 3) & paths.tried[seen.lead, seen.step] & (seen.stage == 0)
    )
    lost = np.flatnonzero(finished.how < 0)
    parts = [
        (seen.lead[up], seen.at[up] + 6 * MINUTE, np.array(STATUSES, object)[seen.stage[up]], seen.owner[up]),
        (first, span.micros(leads.day[first], paths.first_hour[first]) + 6 * MINUTE,
         np.array(STATUSES, object)[paths.first_met[first]], leads.owner[first]),
        (seen.lead[third], seen.at[third] + 3 * MINUTE, np.full(len(third), UNREACHED, object),
         seen.owner[third]),
    ]  # fmt: skip
    lead, time, new, actor = (np.concatenate(column) for column in zip(*parts, strict=True))
    behind = (rng.random(len(lead)) < 0.2) * rng.integers(1, 20, len(lead)) * HOUR
    time = np.minimum(time + behind, finished.at[lead] - 2 * MINUTE)
    log = pd.DataFrame({"lead": lead, "time": time, "new": new, "actor": actor})
    last = np.where(finished.at[lost] < span.end, leads.owner[lost], -1)
    log = pd.concat(
        [log, pd.DataFrame({"lead": lost, "time": finished.at[lost], "new": STOPPED, "actor": last})]
    )
    log = log.sort_values(["lead", "time"], kind="stable", ignore_index=True)
    old = log["new"].shift()
    log["old"] = old.where(log["lead"].eq(log["lead"].shift()), STATUSES[0])
    return log[
        (log["old"] != log["new"]) & (log["time"] > leads.created_at[log["lead"]]) & (log["time"] < span.end)
    ]


def owner_changes(rng: Generator, span: Window, leads: Leads, finished: Ends, roster: Roster) -> pd.DataFrame:
    """``lead, time, old, new``: handed out from the group's queue, and handed over when somebody leaves."""
    handed = leads.created_at + rng.integers(1, 6, len(leads)) * MINUTE
    every = np.arange(len(leads))
    over_at = span.micros(leads.moved, np.full(len(leads), 8.5))
    over = np.flatnonzero(
        (over_at < finished.at) & (leads.moved < leads.day + STEPS) & (leads.next_owner != leads.owner)
    )
    log = pd.DataFrame(
        {
            "lead": np.concatenate([every, over]),
            "time": np.concatenate([handed, over_at[over]]),
            "old": np.concatenate([np.full(len(every), GROUP, object), roster.username[leads.owner[over]]]),
            "new": np.concatenate([roster.username[leads.owner], roster.username[leads.next_owner[over]]]),
        }
    )
    return log[(log["time"] < finished.at[log["lead"]]) & (log["time"] < span.end)]

"""What intent, fit, budget, urgency, staff and their workload do to the chances of each lead."""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from crm.sample.days import CLOSES, OPENS, Floats, Ints
from crm.sample.leads import Leads
from crm.sample.roster import Roster


@dataclass(frozen=True, slots=True)
class Causes:
    """What the chances need of each lead: factors on odds, worked out once (arrays of one entry a lead).

    Names with ``next_`` hold once a colleague has taken the lead over, from step ``moved_step`` on.
    ``offset`` is the day of step 0; ``first_*`` are the day of arrival's share of work, hours left and mean
    delay in hours.
    """

    reach: Floats
    inbound: Floats
    cool: Floats
    rewarm: Floats
    lose: Floats
    effort: Floats
    advance: Floats
    convert: Floats
    next_effort: Floats
    next_advance: Floats
    next_convert: Floats
    moved_step: Ints
    first_work: Floats
    first_hours: Floats
    first_mean: Floats
    offset: Ints

    def take(self, rows: NDArray[np.integer]) -> "Causes":
        """The same for some leads."""
        return Causes(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})


def causes(leads: Leads, roster: Roster, work: Floats) -> Causes:
    """What intent, fit, budget, urgency, staff and their workload do to every chance."""
    value = 0.65 * leads.intent + 0.45 * leads.fit + 0.35 * leads.budget + 0.30 * leads.urgency
    pull, next_pull = (value + 0.30 * roster.skill[owner] for owner in (leads.owner, leads.next_owner))
    by_channel = np.array([-0.15, 0.1, 0.1, 0.6, 0.6, -0.1])[leads.channel]
    busy = 0.5 * (leads.load - 1)
    offset = leads.step_day(0)
    open_hours = np.clip(CLOSES - np.maximum(leads.hour, OPENS), 0, None)
    return Causes(
        reach=np.exp(0.1 + 0.50 * leads.intent + by_channel), inbound=0.02 * np.exp(0.5 * leads.intent),
        cool=np.exp(-0.30 * leads.urgency - 0.25 * leads.intent), rewarm=0.004 * np.exp(0.3 * leads.intent),
        lose=np.exp(-0.4 * value), effort=np.exp(0.35 * roster.diligence[leads.owner] - busy),
        advance=np.exp(0.45 * pull), convert=np.exp(0.65 * pull),
        next_effort=np.exp(0.35 * roster.diligence[leads.next_owner] - busy),
        next_advance=np.exp(0.45 * next_pull), next_convert=np.exp(0.65 * next_pull),
        moved_step=np.clip(leads.moved - offset, 0, 9_999),
        first_work=np.where(open_hours > 1, work[leads.day], 0.0),
        first_hours=np.maximum(open_hours, 1.0),
        first_mean=np.exp(0.4 - 0.45 * roster.diligence[leads.owner] + 1.2 * busy), offset=offset,
    )  # fmt: skip

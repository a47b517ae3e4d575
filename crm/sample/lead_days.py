"""The days on which leads were open, when staff would get in touch, and when leads end."""

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.sample.days import Floats, Ints, Window
from crm.sample.funnel import Paths
from crm.sample.leads import LATE, Leads


@dataclass(frozen=True, slots=True)
class Ends:
    """When leads end, UTC microseconds; ``window.end`` for those that do not, with ``how`` 1 converted, -1 lost, 0."""

    at: Ints
    how: Ints


@dataclass(frozen=True, slots=True)
class Cells:
    """The days leads were open: one entry a lead and step, in order. ``at`` is when staff would get in touch."""

    lead: Ints
    step: Ints
    day: Ints
    stage: Ints
    was: Ints
    warm: NDArray[np.bool_]
    at: Ints
    owner: Ints


def ends(rng: Generator, span: Window, leads: Leads, paths: Paths) -> Ends:
    """Conversions and losses that fall inside the window, late on their day."""
    every = np.arange(len(leads))
    step = np.maximum(np.maximum(paths.converted, paths.lost), 0)
    low, high = _hours(leads, paths, every, step)
    at = span.micros(leads.step_day(step), low + (high - low) * rng.uniform(0.78, 0.98, len(leads)))
    how = np.where(paths.converted >= 0, 1, np.where(paths.lost >= 0, -1, 0))
    inside = (how != 0) & (at < span.end)
    return Ends(np.where(inside, at, span.end), np.where(inside, how, 0))


def _hours(leads: Leads, paths: Paths, lead: Ints, step: Ints) -> tuple[Floats, Floats]:
    """Hours of work a lead gets on a step: after its arrival, and after the first response where there was one."""
    low, high = (bound[lead] for bound in leads.hours)
    same_day = (step == 0) & (leads.hour[lead] <= LATE)
    arrived = np.fmax(leads.hour[lead] + 0.15, paths.first_hour[lead] + 0.4)
    low = np.where(same_day, np.maximum(low, arrived), low)
    return low, np.maximum(high, low + 0.6)


def cells(rng: Generator, span: Window, leads: Leads, paths: Paths) -> Cells:
    """Every lead's open days inside the window."""
    lead, step = np.nonzero(paths.stage >= 0)
    inside = leads.day[lead] + step + 1 < span.length
    lead, step = lead[inside], step[inside]
    stage = paths.stage[lead, step].astype(np.int64)
    was = np.where(step > 0, paths.stage[lead, step - 1], paths.first_met[lead]).astype(np.int64)
    day = leads.day[lead] + step + (leads.hour[lead] > LATE)
    low, high = _hours(leads, paths, lead, step)
    at = span.micros(day, low + (high - low) * rng.uniform(0.02, 0.70, len(lead)))
    owner = np.where(day < leads.moved[lead], leads.owner[lead], leads.next_owner[lead])
    return Cells(lead, step, day, stage, was, paths.warm[lead, step], at, owner)

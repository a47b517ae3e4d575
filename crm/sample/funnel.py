"""How a lead moves, day by day: the chances behind every move, the simulation, and the exact truth.

A lead is in one of four stages (0 not reached, 1 reached, 2 interested, 3 has seen a demo) and warm or cold,
until it converts or is lost. Its life runs in steps of 24 hours from its creation. In each step, in this
order,

1. a warm lead cools, or a cold one warms up again;
2. stage 0: a call is tried, and answered or not, or the lead gets in touch itself; either reaches stage 1.
   Stages 1-3: the lead converts, else moves up one stage;
3. who did neither may be lost.

Before step 0 there is one first response on the day of arrival, ``D`` working hours after it. It is answered with a
chance that falls by ``exp(-D / TAU)``, and who is answered that soon may be interested at once (stage 2): the causal
effect of a late answer. ``D`` is exponential, cut off at closing time.

Every chance depends only on the stage, warmth, step, calendar, owner and latent causes, so the state is a
Markov chain and the chance to convert within a horizon follows exactly by carrying the distribution over the
eight states forward, one step at a time (:func:`chance`). What the CRM records is emitted from the states
afterwards.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from crm.sample.causes import Causes
from crm.sample.days import OPENS, Floats, Ints
from crm.sample.leads import Leads

STEPS = 180
"""Steps after which nobody works a lead any more."""
TAU = 3.0
"""Hours in which the effect of answering promptly fades."""
PROMPT = 0.6
"""Share of leads answered without any delay that are interested at once."""
EARLIEST = 0.1
"""Hours before which nobody answers, so that a lead five minutes old is always untouched."""

ADVANCE = np.array([0.0, 0.075, 0.080, 0.0])
CONVERT = np.array([0.0, 0.0040, 0.0098, 0.033])
LOSE = np.array([0.0032, 0.0050, 0.0060, 0.0070])
COOL = np.array([0.110, 0.050, 0.045, 0.040])
"""Odds a working day of moving up, converting and being lost, and odds a day of cooling, by stage."""
COLD_ADVANCE, COLD_CONVERT, COLD_LOSE, COLD_ANSWER = 0.15, 0.12, 4.0, 0.25
"""What being cold does to the odds."""


class Moves(NamedTuple):
    """Chances of one step; shapes broadcast over rows, stages and warmth."""

    attempt: Floats
    answer: Floats
    inbound: Floats
    advance: Floats
    convert: Floats
    lose: Floats


def moves(who: Causes, work: Floats, step: Any, stage: Any, warm: Any) -> Moves:
    """The chances of step ``step`` (one a row or one for all) in ``stage`` with warmth ``warm``."""
    own = step < who.moved_step
    working = work[who.offset + step]
    pace = np.select([step < 2, step < 5, step < 12, step < 30], [2.2, 1.0, 0.37, 0.09], 0.027)
    aged = np.where(step > 25, 1.5, 1.0)
    return Moves(
        attempt=working * _chance(pace * np.where(own, who.effort, who.next_effort)),
        answer=_chance(who.reach * np.exp(-0.015 * step) * np.where(warm, 1.0, COLD_ANSWER)),
        inbound=working * np.where(warm, _chance(who.inbound), 0.0),
        advance=working * _chance(
            np.where(own, who.advance, who.next_advance) * (ADVANCE[stage] * np.where(warm, 1.0,
                                                                                      COLD_ADVANCE))
        ),
        convert=working * _chance(
            np.where(own, who.convert, who.next_convert) * (CONVERT[stage] * np.where(warm, 1.0,
                                                                                      COLD_CONVERT))
        ),
        lose=working * _chance(aged * who.lose * (LOSE[stage] * np.where(warm, 1.0, COLD_LOSE))),
    )  # fmt: skip


def cooling(who: Causes, stage: Any) -> tuple[Floats, Floats]:
    """Chances of a step that a warm lead cools, and that a cold one warms up again."""
    return _chance(COOL[stage] * who.cool), _chance(who.rewarm)


def first_answer(who: Causes) -> tuple[Floats, Floats]:
    """Chances that the first response takes a lead to stage 1, and to stage 2.

    The delay ``D`` enters as ``E[exp(-n D / TAU)]``, n = 1 and 2, for ``D - EARLIEST`` exponential with mean
    ``first_mean``, cut off at ``first_hours - EARLIEST``.
    """
    length, rate = who.first_hours - EARLIEST, 1 / who.first_mean
    faded = []
    for fading in (1 / TAU, 2 / TAU):
        both = rate + fading
        cut = -np.expm1(-both * length) / -np.expm1(-rate * length)
        faded.append(np.exp(-EARLIEST * fading) * rate / both * cut)
    reached = _first_try(who) * _chance(who.reach)
    won_over = reached * PROMPT * faded[1]
    return np.asarray(reached * faded[0] - won_over), np.asarray(won_over)


def _first_try(who: Causes) -> Floats:
    return np.asarray(who.first_work * _chance(3.7 * who.effort))


def _chance(odds: Any) -> Floats:
    return np.asarray(odds / (1 + odds), np.float64)


@dataclass(frozen=True, slots=True)
class Paths:
    """What happened. ``stage`` and ``warm`` are ``[lead, step]`` after each step (stage -1 once closed).

    ``tried`` and ``answered`` are the calls of stage 0; ``first_hour`` is the hour of the first response
    (NaN: none) and ``first_met`` the stage it led to. ``converted`` and ``lost`` are steps, -1 for never.
    """

    stage: NDArray[np.int8]
    warm: NDArray[np.bool_]
    tried: NDArray[np.bool_]
    answered: NDArray[np.bool_]
    first_hour: Floats
    first_met: Ints
    converted: Ints
    lost: Ints


def simulate(rng: Generator, who: Causes, leads: Leads, work: Floats) -> Paths:
    """Runs every lead to its end or through STEPS steps."""
    count = len(leads)
    first_hour, first_met = respond(rng, who, leads)
    paths = Paths(
        np.full((count, STEPS), -1, np.int8), np.zeros((count, STEPS), bool), np.zeros((count, STEPS), bool),
        np.zeros((count, STEPS), bool), first_hour, first_met, np.full(count, -1), np.full(count, -1),
    )  # fmt: skip
    rows, stage, warm = np.arange(count), first_met.copy(), np.ones(count, bool)
    for step in range(STEPS):
        here = who.take(rows)
        cool, rewarm = cooling(here, stage)
        warm = warm ^ (rng.random(len(rows)) < np.where(warm, cool, rewarm))
        chances = moves(here, work, step, stage, warm)
        drawn = rng.random((5, len(rows)))
        tried = (drawn[0] < chances.attempt) & (stage == 0)
        answered = tried & (drawn[1] < chances.answer)
        met = answered | ((drawn[2] < chances.inbound) & (stage == 0))
        converts = drawn[2] < chances.convert
        up = np.where(stage == 0, met, ~converts & (drawn[3] < chances.advance))
        lost = ~converts & ~up & (drawn[4] < chances.lose)
        stage = stage + up
        paths.stage[rows, step], paths.warm[rows, step] = stage, warm
        paths.tried[rows, step], paths.answered[rows, step] = tried, answered
        paths.converted[rows[converts]], paths.lost[rows[lost]] = step, step
        stays = ~converts & ~lost
        rows, stage, warm = rows[stays], stage[stays], warm[stays]
    return paths


def respond(rng: Generator, who: Causes, leads: Leads) -> tuple[Floats, Ints]:
    """Hour of the first response on the day of arrival (NaN: none), and the stage it takes each lead to."""
    drawn = rng.random((4, len(leads)))
    tried = drawn[0] < _first_try(who)
    cut = -np.expm1(-(who.first_hours - EARLIEST) / who.first_mean)
    delay = EARLIEST - who.first_mean * np.log1p(-drawn[1] * cut)
    met = tried & (drawn[2] < _chance(who.reach) * np.exp(-delay / TAU))
    won_over = met & (drawn[3] < PROMPT * np.exp(-delay / TAU))
    hour = np.maximum(leads.hour, OPENS) + delay
    return np.where(tried, hour, np.nan), met.astype(np.int64) + won_over


def chance(
    who: Causes,
    work: Floats,
    step: Ints,
    stage: Ints,
    warm: NDArray[np.bool_],
    horizon: int,
    untouched: bool = False,
) -> Floats:
    """Chance to convert in the ``horizon`` steps from ``step`` on, given stage and warmth before it, one a row.

    ``untouched``: the leads have just arrived, the first response is still to come.
    """
    count = len(step)
    state = np.zeros((4, 2, count))
    state[stage, warm.astype(int), np.arange(count)] = 1.0
    if untouched:
        reached, won_over = first_answer(who)
        state[1] += state[0] * reached
        state[2] += state[0] * won_over
        state[0] *= 1 - reached - won_over
    won = np.zeros(count)
    stages, warmth = np.arange(4)[:, None, None], np.arange(2)[None, :, None]
    cool, rewarm = cooling(who, np.arange(4)[:, None])
    for ahead in range(horizon):
        m = moves(who, work, step + ahead, stages, warmth)
        cooled, warmed = state[:, 1] * cool, state[:, 0] * rewarm
        state[:, 0] += cooled - warmed
        state[:, 1] += warmed - cooled
        met = 1 - (1 - m.attempt * m.answer) * (1 - m.inbound)
        up = np.where(stages == 0, met, m.advance)
        won += (state * m.convert).sum(axis=(0, 1))
        rest = state * (1 - m.convert)
        state = rest * (1 - up) * (1 - m.lose)
        state[1:] += (rest * up)[:-1]
    return won

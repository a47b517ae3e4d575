"""Does the proof of value keep its word? Simulated quarters of the sample company with a planted effect of contacting.

    python -m benchmarks.proof                  # 1,000 quarters of each case

Leads come from the sample company with their true chance to convert. A contact multiplies the odds. Each week's list
is cut to what sales can call; nine in ten parties stand in the order of a score that sees the chances with some
error, one in ten in that of a rule that knows only where leads came from. What the scored group earned more is
computed exactly from the chances, by working everybody either way. A quarter's interval should hold it in 95 of
100 quarters, and whoever looks every week should rarely be told something that is not so. Last comes how long companies
of different sizes wait until they are told at all.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crm.clock import parse, to_datetime
from crm.sample import catalog, funnel
from crm.sample.days import window
from crm.sample.world import World, simulate
from serving.proof import effect, trial

UNTIL = "2026-03-10"
WEEKS = 13
CALLED = 0.35
"""Share of a week's leads that sales can call."""
FIRST_LOOK = 4
SHARE = 0.10
LONGEST, BETWEEN = 104, 4
"""For how many weeks companies wait to be told, and how many there are from one look to the next."""

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Leads:
    """The leads a quarter is drawn from: chance to buy untouched and contacted, mean amount, and both orders."""

    untouched: Float
    contacted: Float
    mean_amount: Float
    price: Float
    size: Float
    score: Float
    rule: Float


@dataclass(frozen=True)
class Kept:
    """What ``quarters`` showed: ``covered`` by the interval, of Welch's beside it, and what was ``told`` when."""

    truth: float
    quarters: int
    covered: int
    covered_by_welch: int
    width: float
    claimed: int
    claimed_wrongly: int
    ever_wrongly: int
    weeks: list[int | None]


def leads_of(world: World, odds: float, seed: int = 0) -> Leads:
    """Everybody who ever came, with a contact that multiplies the odds to convert by ``odds``."""
    rng, count, leads = np.random.default_rng(seed), len(world.leads), world.leads
    chance = np.clip(
        funnel.chance(
            world.causes, world.work, np.zeros(count, int), np.zeros(count, int), np.ones(count, bool), 30, True
        ),
        1e-4, 1 - 1e-4,
    )  # fmt: skip
    logit = np.log(chance / (1 - chance))
    price = np.array([product.price for product in catalog.PRODUCTS])[leads.product] * 1_000.0
    size = 0.6 + 0.8 * leads.size
    mean_amount = price * (size + np.exp(-size))  # of max(1, Poisson)
    wins = 1 / (1 + np.exp(-0.9 - 0.5 * (0.4 * leads.intent + 0.3 * leads.fit + 0.3 * leads.budget)))
    came_from = np.array([chance[leads.channel == one].mean() for one in range(leads.channel.max() + 1)])
    seen = 1 / (1 + np.exp(-logit - rng.normal(0, 0.6, count)))
    contacted = 1 / (1 + np.exp(-logit - np.log(odds)))
    rule = came_from[leads.channel] * np.exp(rng.normal(0, 0.05, count))
    return Leads(
        chance * wins, contacted * wins, mean_amount, price, size, seen * mean_amount, rule * mean_amount
    )


def quarters(leads: Leads, count: int, size: int, seed: int = 0) -> Kept:
    """``count`` quarters of ``size`` new leads each."""
    rng = np.random.default_rng(seed)
    found = [_quarter(leads, rng, size, number) for number in range(count)]
    truth = float(np.round(np.mean([one[0] for one in found])))
    ends = [looks[-1] for _, looks, _ in found]
    wrong = [
        [(one.told != "early" and (one.told == "more") != (truth > 0)) or (truth == 0 and one.told != "early")
         for one in looks]
        for _, looks, _ in found
    ]  # fmt: skip
    return Kept(
        truth, count,
        sum(one.low <= truth <= one.high for one in ends),
        sum(low <= truth <= high for _, _, (low, high) in found),
        float(np.mean([one.high - one.low for one in ends])),
        sum(one.told != "early" for one in ends), sum(one[-1] for one in wrong), sum(any(one) for one in wrong),
        [one.weeks_left(WEEKS) for one in ends],
    )  # fmt: skip


def waits(leads: Leads, companies: int, a_week: int, seed: int = 0) -> tuple[list[float], list[float]]:
    """After how many weeks each of ``companies`` is told of revenue, and of leads converted; inf beyond LONGEST.

    ``a_week`` new leads come each week. Who is told the wrong way round is not told.
    """
    rng, money, hits = np.random.default_rng(seed), list[float](), list[float]()
    for number in range(companies):
        worked = _worked(leads, rng, a_week * LONGEST, number, LONGEST)
        for told, outcome in ((money, worked.earned), (hits, (worked.earned > 0).astype(np.float64))):
            looks = range(BETWEEN, LONGEST + 1, BETWEEN)
            more = (week for week in looks if worked.look(outcome, week).told == "more")
            told.append(next(more, np.inf))
    return money, hits


def _quarter(
    leads: Leads, rng: np.random.Generator, size: int, number: int
) -> tuple[float, list[effect.Effect], tuple[float, float]]:
    """The true effect on these leads for 100 of them, what each weekly look says, and Welch's interval at the end."""
    worked = _worked(leads, rng, size, number, WEEKS)
    looks = [worked.look(worked.earned, week) for week in range(FIRST_LOOK, WEEKS + 1)]
    earned, ruled = worked.earned, worked.ruled
    return 100 * worked.better / size, looks, _welch(earned[~ruled], earned[ruled])


@dataclass(frozen=True)
class Worked:
    """What each lead ``earned``, which were ``ruled``, where weeks end, and how much more the score's order earns."""

    earned: Float
    ruled: NDArray[np.bool_]
    edges: NDArray[np.int_]
    better: float

    def look(self, outcome: Float, week: int) -> effect.Effect:
        """What is said of ``outcome`` at the end of a week."""
        so_far, arm = outcome[: self.edges[week]], self.ruled[: self.edges[week]]
        return effect.difference(so_far[~arm], so_far[arm])


def _worked(leads: Leads, rng: np.random.Generator, size: int, number: int, weeks: int) -> Worked:
    """``size`` new leads over so many weeks, each week's list called as far as sales can."""
    who = rng.choice(len(leads.score), size, replace=size > len(leads.score))
    key = number.to_bytes(4, "big")
    ruled = np.array([trial.draw(key, "lead", str(one), SHARE) == trial.RULE for one in range(size)])
    called, better = np.zeros(size, dtype=bool), 0.0
    gain = (leads.contacted - leads.untouched)[who] * leads.mean_amount[who]
    edges = np.linspace(0, size, weeks + 1).astype(int)
    for week in range(weeks):
        new = np.arange(edges[week], edges[week + 1])
        calls = round(CALLED * len(new))
        by_score, by_rule = (new[np.argsort(-order[who[new]])] for order in (leads.score, leads.rule))
        mixed = trial.merge(
            by_score[~ruled[by_score]].tolist(), by_rule[ruled[by_rule]].tolist(), rng.random()
        )
        called[mixed[:calls]] = True
        better += float(gain[by_score[:calls]].sum() - gain[by_rule[:calls]].sum())
    chance = np.where(called, leads.contacted[who], leads.untouched[who])
    amount = leads.price[who] * np.maximum(1, rng.poisson(leads.size[who]))
    return Worked(np.where(rng.random(size) < chance, amount, 0.0), ruled, edges, better)


def _welch(scored: Float, ruled: Float) -> tuple[float, float]:
    """The usual interval, from each group's own spread, for 100 parties."""
    found = scored.mean() - ruled.mean()
    reach = 1.96 * np.sqrt(scored.var(ddof=1) / len(scored) + ruled.var(ddof=1) / len(ruled))
    return 100 * float(found - reach), 100 * float(found + reach)


def world_of(customers: int, seed: int = 7) -> World:
    """The sample company."""
    return simulate(window(to_datetime(parse(UNTIL, "UTC")).date()), customers, seed)


def main() -> None:
    """Prints a line for each case."""
    given = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    given.add_argument("--quarters", type=int, default=1_000)
    given.add_argument("--companies", type=int, default=20)
    given.add_argument("--customers", type=int, default=3_000)
    asked = given.parse_args()
    began = time.process_time()
    world = world_of(asked.customers)
    usual = len(world.leads) // 12
    print(
        "odds x  leads a quarter  truth (mil)  width (mil)  covered  Welch  claimed  wrongly  wrongly in any week"
    )
    for odds, size in ((1, usual), (2, usual), (4, usual), (4, 10 * usual)):
        kept = quarters(leads_of(world, odds), asked.quarters, size)
        print(
            f"{odds:>6} {size:>16,} {kept.truth / 1e6:>12.2f} {kept.width / 1e6:>12.1f} {kept.covered:>8} "
            f"{kept.covered_by_welch:>6} {kept.claimed:>8} {kept.claimed_wrongly:>8} {kept.ever_wrongly:>20}"
        )
    print(
        "\nodds x  leads a week  companies  told of revenue within 26, 52, 104 weeks  of leads converted, likewise"
    )
    for odds, a_week in ((4, usual // WEEKS), (4, 5 * usual // WEEKS), (4, 20 * usual // WEEKS)):
        told = waits(leads_of(world, odds), asked.companies, a_week)
        said = [f"{sum(week <= until for week in one):>4}" for one in told for until in (26, 52, LONGEST)]
        print(
            f"{odds:>6} {a_week:>13,} {asked.companies:>10} {''.join(said[:3]):>41} {''.join(said[3:]):>30}"
        )
    print(f"{time.process_time() - began:.0f} s of processor time")


if __name__ == "__main__":
    main()

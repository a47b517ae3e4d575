"""A company of two hundred leads and forty customers up to this moment, with a model of each target."""

from pathlib import Path

import numpy as np

from crm.clock import DAY, HOUR, now
from crm.events import EventStore
from crm.settings import Home
from features.engine import compute
from features.spec import expand
from models import registry, snapshots
from models.bundle import About, Bundle
from models.calibration import fit_sigmoid
from models.scorers import Scorer, boosted, logistic, rule
from models.target import find
from tests.crm.company import Company

NAME = '<b>Chị Hoa</b>\u202e & Công ty "Số 1"'


def told(path: Path, seed: int = 0) -> Home:
    """The story, loaded."""
    rng, company, start = np.random.default_rng(seed), Company(path), now() - 400 * DAY
    for number in range(200):
        created = start + int(rng.uniform(0, 399) * DAY)
        wants = rng.random() < 0.5
        ended = created + int(rng.uniform(5, 60) * DAY)
        ends = {"converted_at": ended, "converted_party": f"A{number}"} if wants else {"lost_at": ended}
        known = {name: value for name, value in ends.items() if ended < now()}
        company.tell(
            "lead", f"L{number}", created, created_at=created, name=NAME, channel=("zalo", "facebook")[number % 2],
            phone="+84912345678", product="CRM", **known,
        )  # fmt: skip
        for _ in range(int(rng.poisson(6 if wants else 2))):
            moment = min(created + int(rng.exponential(6) * DAY) + HOUR, now() - HOUR)
            company.tell(
                "activity", f"C{number}-{rng.integers(10**9)}", moment, kind="call", direction="out",
                outcome="answered" if rng.random() < 0.6 else "no_answer", occurred_at=moment, lead=f"L{number}",
            )  # fmt: skip
    for number in range(40):
        company.tell(
            "party", f"K{number}", start, kind="organisation", name=f"Công ty {number}", created_at=start
        )
        for moment in np.sort(rng.uniform(0, 399, 12 if number % 2 else 4)):
            at = start + int(moment * DAY)
            company.tell(
                "transaction", f"T{number}-{at}", at, kind="order", reference=f"O{number}-{at}", party=f"K{number}",
                occurred_at=at, amount=int(rng.integers(1, 90)) * 1_000_000, currency="VND", product="CRM",
            )  # fmt: skip
    company.load()
    return company.home


def trained(home: Home, name: str, as_of: int, seed: int = 0, promote: bool = True) -> Bundle:
    """A small model of ``name``, registered: boosted for leads, logistic for customers."""
    target, store = find(name), EventStore.open(home)
    rows = snapshots.make(target, store.read(target.subject), as_of, home.settings, seed=seed)
    spec = expand(target.groups, rows.events, rows.subject_index, rows.cutoff, zone=home.settings.zone)
    table = compute(spec, rows.events, rows.subject_index, rows.cutoff)
    if target.subject == "lead":
        scorer: Scorer = boosted.fit(table, rows.label, rows.weight, spec, rounds=20 + seed, threads=1)
    else:
        scorer = logistic.fit(table, rows.label, rows.weight, spec)
    calibration = fit_sigmoid(scorer.raw(table), rows.label, rows.weight)
    later = rule.fit(table, rows.label, rows.weight, spec, spec.names[:2])
    about = About(name, as_of, rows.horizon, store.versions, {"log_loss": 0.4})
    return registry.register(
        home, Bundle(about, spec, scorer, calibration, table[:3], later), promote=promote
    )

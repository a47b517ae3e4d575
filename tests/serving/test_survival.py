"""Whatever is killed while events arrive, fold, score and write back: nothing acknowledged is lost or doubled."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import count, cycle, islice, pairwise
from threading import Event, Thread
from typing import Any

import httpx
import numpy as np
import pytest
from sqlalchemy import func, select
from standardwebhooks.webhooks import Webhook

from crm.clock import HOUR, iso, now
from crm.events import EventStore
from crm.folding import fold
from crm.history import History
from crm.inbox import Inbox
from crm.operations import looking, reading
from crm.settings import Home
from crm.tables.jobs import Mark
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score, ScoreRun
from models.target import find
from serving import server
from serving.proof.shown import shown
from serving.rights import senders
from serving.scores import rescoring
from serving.scores.live import Live, features_of
from serving.write_back import outbox
from tests.serving import receiver
from tests.serving.forks import Forks

KILLS = 100
TASKS = ("serve", "rescore", "fold", "score", "send")
TARGET = "lead_conversion"


class Sender:
    """A CRM that delivers without end, each record again until it is acknowledged, and now and then once more."""

    def __init__(self, port: int, secret: str) -> None:
        self.address = f"http://127.0.0.1:{port}/api/v1/deliveries/crm"
        self.signer, self.dice, self.stop = Webhook(secret), random.Random(9), Event()
        self.acknowledged: list[dict[str, Any]] = []
        self.again = 0
        self.thread = Thread(target=self.run)

    def run(self) -> None:
        with httpx.Client(timeout=5) as client:
            for number in count(1):
                record = self.record(number)
                while not self.delivered(client, number, record):
                    time.sleep(0.01)
                self.acknowledged.append(record)
                if number % 7 == 0:
                    self.again += 1
                    self.delivered(client, number, record)
                if self.stop.wait(0.02):
                    return

    def record(self, number: int) -> dict[str, Any]:
        leads = [one["id"] for one in self.acknowledged if one["table"] == "lead"]
        if len(leads) < 3 or self.dice.random() < 0.1:
            told = {"channel": "zalo", "created_at": iso(now() - HOUR), "product": "CRM"}
            return {"table": "lead", "id": f"N{number}", "columns": told}
        told = {"kind": "call", "direction": "in", "occurred_at": iso(now()), "lead": self.dice.choice(leads)}
        return {"table": "activity", "id": f"A{number}", "columns": told}

    def delivered(self, client: httpx.Client, number: int, record: dict[str, Any]) -> bool:
        body, moment = json.dumps({"records": [record]}), datetime.now(UTC)
        headers = {
            "webhook-id": f"m{number}", "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": self.signer.sign(f"m{number}", moment, body),
        }  # fmt: skip
        try:
            return client.post(self.address, content=body, headers=headers).status_code == 200
        except httpx.TransportError:  # it was killed: perhaps before, perhaps after it was kept
            return False


@pytest.fixture
def delivering(at_work: Home) -> Iterator[tuple[Forks, Sender, str]]:
    """The processes, a system that delivers, and the address of one that is written to."""
    secret = senders.create(at_work, "crm", "leadkeep", "crm")
    with receiver.running(seed=5) as address, closing(server.listen(port=0)) as bound:
        text = (at_work.path / "settings.toml").read_text(encoding="utf-8")
        (at_work.path / "settings.toml").write_text(f"{text}\n{receiver.hook(address)}", encoding="utf-8")
        bound.listen()
        with Forks(
            "tests.serving.perishing", at_work.path, bound.fileno(), hand_on=(bound.fileno(),)
        ) as forks:
            sender = Sender(bound.getsockname()[1], secret)
            yield forks, sender, address
            sender.stop.set()


@pytest.mark.slow
def test_killed_a_hundred_times_nothing_acknowledged_is_lost_or_doubled(
    at_work: Home, delivering: tuple[Forks, Sender, str]
) -> None:
    forks, sender, address = delivering
    dice = random.Random(3)
    running = {task: forks.start(task) for task in TASKS}
    sender.thread.start()
    for number, task in enumerate(islice(cycle(TASKS), KILLS)):
        if task == "serve" or number % 4 == 0:  # killed in its first moments every time, it would get nowhere
            _gets_on(at_work, task, sender)
        time.sleep(dice.uniform(0, 0.3))
        forks.kill(running[task])
        running[task] = forks.start(task)
    sender.stop.set()
    sender.thread.join()
    _settled(at_work, forks, running)
    _history_holds(at_work, sender)
    _scores_know(at_work, sender)
    _written_once(at_work, receiver.state(address))


def _gets_on(home: Home, task: str, sender: Sender) -> None:
    """Waits until a task has done something more."""
    before, until = _done(home, task, sender), time.monotonic() + 30
    while _done(home, task, sender) == before and time.monotonic() < until:
        time.sleep(0.01)


def _done(home: Home, task: str, sender: Sender) -> int:
    if task == "serve":
        return len(sender.acknowledged)
    if task == "fold":
        return History(home).load_number
    counted = {
        "rescore": select(func.coalesce(func.max(Mark.number), 0)).where(Mark.name == rescoring.NAME),
        "score": select(func.count()).where(ScoreRun.finished_at.is_not(None)),
        "send": select(func.count()).where(Outgoing.state == "sent"),
    }
    with looking(home) as connection:
        return int(connection.execute(counted[task]).scalar_one())


def _settled(home: Home, forks: Forks, running: dict[str, int]) -> None:
    """Waits until all that came was scored and written back; then only the history is behind."""
    for task in ("fold", "score"):
        forks.kill(running[task])
    newest, until = Inbox(home).newest(), time.monotonic() + 60
    while time.monotonic() < until:
        with reading(home) as session:
            mark = session.get(Mark, rescoring.NAME)
            waiting = session.scalar(
                select(Outgoing.id).where(Outgoing.state.in_(("waiting", "sending"))).limit(1)
            )
        if mark is not None and mark.number >= newest and waiting is None:
            break
        time.sleep(0.05)
    assert mark is not None
    assert (mark.number, waiting) == (newest, None)
    for task in ("serve", "rescore", "send"):
        forks.kill(running[task])


def _history_holds(home: Home, sender: Sender) -> None:
    """Each acknowledged record once, in rows and in events."""
    folded = History(home).load_number
    fold(home)
    history, store = History(home), EventStore.open(home)
    assert folded > 2, "folds went on"
    assert store.about.inbox == Inbox(home).newest() == len(sender.acknowledged)
    for table in ("lead", "activity"):
        rows = Counter(row["source_id"] for row in history.read(table).to_pylist() if row["file"] == "inbox")
        assert rows == Counter(one["id"] for one in sender.acknowledged if one["table"] == table)
    calls = Counter(one["columns"]["lead"] for one in sender.acknowledged if one["table"] == "activity")
    for lead, number in calls.items():
        _, ids = store.one_named(f"lead:crm:{lead}")
        assert sum(one.startswith("activity:crm:A") for one in ids) == number
        assert len(ids) == len(set(ids))


def _scores_know(home: Home, sender: Sender) -> None:
    """Each stored score of whom something came about is what the model says of all that had come by then."""
    live, target = Live(home), find(TARGET)
    live.refresh()
    bundle, events = live.holding(TARGET)
    with reading(home) as session:
        stored = {one.subject: one for one in session.scalars(select(Score).where(Score.target == TARGET))}
        assert session.query(ScoreRun).filter(ScoreRun.finished_at.is_not(None)).count() > 2, (
            "scoring went on"
        )
    for subject in {f"lead:crm:{one['columns'].get('lead', one['id'])}" for one in sender.acknowledged}:
        score, one = stored[subject], events.one(subject)
        assert score.cutoff > one.known_at.max()
        rows, later = features_of(target, bundle, one, score.cutoff)
        assert score.probability == pytest.approx(bundle.predict(rows, later=np.array([later]))[0], abs=1e-12)


def _written_once(home: Home, found: dict[str, Any]) -> None:
    """The receiver that knows our keys was told nothing twice, and last what is stored."""
    courses = receiver.courses(found)
    for course in courses.values():
        assert all(outbox.news(one) != outbox.news(other) for one, other in pairwise(course))
    with reading(home) as session:
        settings, scores = home.settings, session.scalars(select(Score).where(Score.target == TARGET)).all()
        for stored, one in zip(scores, shown(session, scores), strict=True):
            written, said = courses[one.subject][-1], outbox.fields(one, settings)
            assert written["leadkeep_percent"] == said["leadkeep_percent"]
            if one is stored:  # the control group's bands move with all others' thresholds
                assert outbox.news(written) == outbox.news(said)

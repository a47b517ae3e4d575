"""From an event to a score people see, with a large history behind it; then models swapped under load.

    python -m benchmarks.live [--events 10_000_000] [--subjects 200_000] [--rate 50] [--seconds 120]

Makes the sample company and a model of its leads, puts the leads into a history of that many events, scores all of
them and serves them. Another process delivers signed events at that rate: new leads, which a team's people are given,
and calls and chats of open ones. The time counts from before an event is signed until its subject's new score stands in
the operations database, where the API and pages read it; what is to be written back is queued in the same transaction.
Then two models take turns every ten seconds while scores are asked for: every answer must be one model's, whole.
"""

import argparse
import json
import multiprocessing
import random
import sqlite3
import statistics
import tempfile
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import select
from standardwebhooks.webhooks import Webhook

from benchmarks.serving import TARGET, cpu, leadkeep, prepare
from crm import eventarrays
from crm.clock import DAY, iso, now
from crm.days import local_day
from crm.events import Events, EventStore
from crm.operations import champion, promote, reading
from crm.settings import Home
from crm.tables.outbox import Outgoing
from crm.tables.scores import Score
from models import registry
from models.bundle import Bundle
from serving.rights import keys, people, senders, teams
from serving.scores.scoring import score

SWAP_EVERY = 10.0
PEOPLE = 12
ZONE = "Asia/Ho_Chi_Minh"
WRITE_BACK = '\n[[write_back]]\nname = "import"\nto = "file"\naddress = "to-crm"\n'


def main() -> None:
    """Runs both parts and prints them."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--events", type=int, default=10_000_000)
    asked.add_argument("--subjects", type=int, default=200_000)
    asked.add_argument("--rate", type=float, default=50)
    asked.add_argument("--seconds", type=float, default=120)
    asked.add_argument("--customers", type=int, default=400)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        bundle = prepare(home, Path(folder) / "sample", chosen.customers, 200)
        _enlarge(home, chosen.events, chosen.subjects)
        settings = home.path / "settings.toml"
        settings.write_text(settings.read_text(encoding="utf-8") + WRITE_BACK, encoding="utf-8")
        _staff(home)
        score(home, TARGET)
        secret, key = senders.create(home, "crm", "leadkeep", "crm"), keys.create(home, "admin")
        with leadkeep(home, []) as served:
            _wait_until_idle(served.process)
            before = cpu(served.process)
            waits, refused = _deliver(home, served.port, secret, chosen)
            spent = (cpu(served.process) - before) / len(waits)
            swaps = _swap(home, served.port, key, bundle, min(60.0, chosen.seconds))
    _print(chosen, waits, spent, refused, swaps)


def _staff(home: Home) -> None:
    """A team, whom newcomers are given to."""
    team = teams.make(home, "Sales", "sales").id
    for number in range(PEOPLE):
        people.make(home, f"sales{number}", f"Sales {number}", "sales", team=team)


def _enlarge(home: Home, events: int, subjects: int) -> None:
    """The sample's leads, and as many more as asked for with the same words at random times of two years."""
    store, rng, until = EventStore.open(home), np.random.default_rng(7), now()
    own = store.read("lead")
    counts = np.maximum(rng.multinomial(max(events - len(own), subjects), np.full(subjects, 1 / subjects)), 1)
    size = int(counts.sum())
    began = until - rng.integers(1, 80 * DAY, subjects)
    began[: subjects // 2] -= 600 * DAY  # half of them long ago
    start = np.repeat(began, counts)
    occurred = start + (rng.random(size) * np.minimum(until - start, 80 * DAY)).astype(np.int64)
    first = np.concatenate(([0], np.cumsum(counts)[:-1]))
    occurred[first] = began
    occurred = occurred[np.lexsort((occurred, np.repeat(np.arange(subjects), counts)))]
    open_words = [n for n, s in enumerate(own.signatures) if s.kind not in ("converted", "lost", "created")]
    created = next(n for n, s in enumerate(own.signatures) if s.kind == "created")
    signature = rng.choice(np.array(open_words, np.int32), size)
    signature[first] = created
    whole = Events(
        subjects=[*own.subjects, *(f"lead:crm:X{number:07}" for number in range(subjects))],
        offsets=np.concatenate((own.offsets, own.offsets[-1] + np.cumsum(counts))),
        occurred_at=np.concatenate((own.occurred_at, occurred)),
        known_at=np.concatenate((own.known_at, occurred)),
        known_until=np.concatenate((own.known_until, np.full(size, np.iinfo(np.int64).max))),
        signature=np.concatenate((own.signature, signature)),
        value=np.concatenate((own.value, np.full(size, np.iinfo(np.int64).min))),
        duration=np.concatenate((own.duration, np.full(size, np.iinfo(np.int64).min))),
        actor=np.concatenate((own.actor, np.full(size, -1, np.int32))),
        day=np.concatenate((own.day, local_day(occurred, ZONE))),
        signatures=own.signatures,
    )  # fmt: skip
    kinds = {"lead": whole} | {kind: store.read(kind) for kind in ("customer", "deal")}
    folder = home.history / "event" / str(store.load)
    eventarrays.write(folder, kinds, zone=ZONE, actors=store.actors, load=store.load)


def _wait_until_idle(process: psutil.Process) -> None:
    """A server that has just started reads what lists and searches will ask for; it runs for months after that."""
    before = -1.0
    while (spent := cpu(process)) - before > 0.2:
        before = spent
        time.sleep(2)


def _deliver(home: Home, port: int, secret: str, chosen: argparse.Namespace) -> tuple[list[float], int]:
    """Seconds from each event to its subject's visible score, and how many deliveries were refused."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    sender = spawn.Process(
        target=_send, args=(theirs, port, secret, chosen.rate, chosen.seconds, chosen.subjects * 3 // 4)
    )
    sender.start()
    marks: list[tuple[int, float]] = []
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(home.path / "operations.db", marks, stop))
    watcher.start()
    sent, refused = ours.recv()
    sender.join()
    deadline = time.monotonic() + 10
    while (not marks or marks[-1][0] < len(sent)) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    watcher.join()
    with reading(home) as session:
        asked = select(Score.subject, Score.number).where(Score.number > 0)
        numbers = dict(session.execute(asked).all())
        queued = len(set(session.scalars(select(Outgoing.subject))) & sent.keys())
    # One delivery of one row after another: the first has number 1. Those read at once share the last one's.
    if wrong := [subject for place, subject in enumerate(sent, 1) if numbers.get(subject, 0) < place]:
        raise SystemExit(f"{len(wrong)} of {len(sent)} events never became a score")
    print(f"{queued:,} of {len(sent):,} subjects have a score queued to be written back")
    reached = iter(marks)
    number, moment = next(reached)
    waits = []
    for place, began in enumerate(sent.values(), 1):
        while number < place:
            number, moment = next(reached)
        waits.append(moment - began)
    return waits, refused


def _send(pipe: Connection, port: int, secret: str, rate: float, seconds: float, first: int) -> None:
    """Delivers one event a subject, evenly; answers when each was begun (system clock), and the refusals."""
    signer, chance = Webhook(secret), random.Random(3)
    sent: dict[str, float] = {}
    refused = 0
    # http.client: httpx would take a third of a core from who is measured.
    with closing(HTTPConnection("127.0.0.1", port)) as client:
        begun = time.time()
        for number in range(int(rate * seconds)):
            time.sleep(max(0.0, begun + number / rate - time.time()))
            subject, record = _event(number, first, chance)
            sent[subject] = time.time()
            body, moment = json.dumps({"records": [record]}), datetime.now(UTC)
            headers = {
                "webhook-id": f"e{number}", "webhook-timestamp": str(int(moment.timestamp())),
                "webhook-signature": signer.sign(f"e{number}", moment, body),
            }  # fmt: skip
            client.request("POST", "/api/v1/deliveries/crm", body, headers)
            answer = client.getresponse()
            refused += answer.status != HTTPStatus.OK
            answer.read()
    pipe.send((sent, refused))


def _event(number: int, first: int, chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Three in ten are new leads; the others calls and chats of open ones, each once."""
    if chance.random() < 0.3:
        told = {"name": "Khách mới", "channel": "zalo", "created_at": iso(now())}
        return f"lead:crm:N{number}", {"table": "lead", "id": f"N{number}", "columns": told}
    lead = f"X{first + number:07}"
    told = {
        "kind": chance.choice(["call", "chat"]),
        "direction": "in",
        "lead": lead,
        "occurred_at": iso(now()),
    }
    return f"lead:crm:{lead}", {"table": "activity", "id": f"A{number}", "columns": told}


def _watch(file: Path, marks: list[tuple[int, float]], stop: threading.Event) -> None:
    """Notes up to which row of the inbox scores stand, and since when: the mark is stored with them."""
    with sqlite3.connect(file) as connection:
        before = 0
        while not stop.is_set():
            found = connection.execute("SELECT number FROM mark WHERE name = 'live'").fetchone()
            if found and found[0] > before:
                before = found[0]
                marks.append((before, time.time()))
            time.sleep(0.002)


def _swap(home: Home, port: int, key: str, bundle: Bundle, seconds: float) -> dict[str, int]:
    """Two models in turns while scores are asked for; counts answers, errors, and answers of no one model."""
    other = registry.register(home, _moved(bundle), promote=False)
    people = EventStore.open(home).subjects("lead")["subject"]
    subject = people[people.str.startswith("lead:crm:X")].iloc[-1]
    path = f"/api/v1/live-scores/{TARGET}/{subject}"
    counts = {"answers": 0, "errors": 0, "mixed": 0, "swaps": 0, "versions": 0}
    probability: dict[str, float] = {}
    with httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"authorization": f"Bearer {key}"}
    ) as client:
        begun = swapped = time.monotonic()
        while time.monotonic() - begun < seconds:
            if time.monotonic() - swapped > SWAP_EVERY:
                present = champion(home, TARGET)
                assert present is not None
                wanted = other if present.version != other.version else bundle
                promote(
                    home, TARGET, wanted.version, wanted.manifest_sha256, expected=present.manifest_sha256
                )
                swapped, counts["swaps"] = time.monotonic(), counts["swaps"] + 1
            answer = client.get(path)
            counts["answers"] += 1
            counts["errors"] += answer.status_code != 200
            with suppress(KeyError, ValueError):
                said = answer.json()
                first = probability.setdefault(said["version"], said["probability"])
                counts["mixed"] += abs(first - said["probability"]) > 0.02
    counts["versions"] = len(probability)
    return counts


def _moved(bundle: Bundle) -> Bundle:
    """The same model with higher chances, so that its answers can be told from the first one's."""
    calibration = replace(bundle.calibration, shift=bundle.calibration.shift + 2.0)
    about = replace(bundle.about, as_of=bundle.about.as_of + 1)
    return replace(bundle, about=about, calibration=calibration, manifest_sha256="", version="")


def _print(
    chosen: argparse.Namespace, waits: list[float], spent: float, refused: int, swaps: dict[str, int]
) -> None:
    table = Table(
        "",
        "",
        title=f"{chosen.events:,} events behind, {chosen.rate:g} events a second for {chosen.seconds:g} s",
    )
    cut = statistics.quantiles(waits, n=100)
    for name, value in (("p50", cut[49]), ("p90", cut[89]), ("p99", cut[98]), ("worst", max(waits))):
        table.add_row(f"event to visible score, {name}", f"{value * 1000:.0f} ms")
    table.add_row("CPU of the server an event", f"{spent * 1000:.1f} ms")
    table.add_row("events, refused", f"{len(waits):,}, {refused}")
    for name, count in swaps.items():
        table.add_row(f"swapping: {name}", f"{count:,}")
    Console().print(table)
    Console().print_json(json.dumps({"waits_ms": [round(one * 1000) for one in cut], **swaps}))


if __name__ == "__main__":
    main()

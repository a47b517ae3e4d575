"""Live scores a second, with five reasons, beside ``mlflow models serve`` answering from the same booster.

    python -m benchmarks.serving [--customers 600] [--requests 400] [--rounds 6] [--trees 200]

Makes the sample company, imports it, grows trees for leads, and starts one worker of each. Leadkeep is asked for a
subject by its id: it checks the key, finds the subject's events, computes its features, scores and explains. MLflow
is handed the finished features and only scores and explains, so the comparison favours it. Both are asked in
turns, several connections at a time, and must give the same probabilities and reasons; CPU seconds are the
servers' own.
"""

import argparse
import asyncio
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from crm.clock import now
from crm.events import EventStore
from crm.loading import load
from crm.sample import generate
from crm.settings import Home
from features.engine import compute
from features.spec import expand
from models import registry, snapshots
from models.bundle import About, Bundle
from models.calibration import fit_sigmoid
from models.scorers import boosted
from models.target import find
from serving.rights import keys

TARGET = "lead_conversion"
CONNECTIONS = 4
ROOT = Path(__file__).resolve().parents[1]


class Contender(NamedTuple):
    """A running server and what to send it."""

    name: str
    port: int
    process: psutil.Process
    requests: list[bytes]


class Round(NamedTuple):
    """One turn: wall and CPU seconds of the server, seconds of each answer."""

    wall: float
    cpu: float
    waits: list[float]


def main() -> None:
    """Runs the comparison and prints it."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--customers", type=int, default=600)
    asked.add_argument("--requests", type=int, default=400)
    asked.add_argument("--rounds", type=int, default=6)
    asked.add_argument("--trees", type=int, default=200)
    chosen = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "home").create()
        bundle = prepare(home, Path(folder) / "sample", chosen.customers, chosen.trees)
        subjects, rows = people(home, bundle)
        with leadkeep(home, subjects) as ours, _mlflow(home, bundle, Path(folder), rows) as theirs:
            _agree(ours, theirs)
            turns = _take_turns([ours, theirs], chosen.requests, chosen.rounds)
    _print(turns, len(subjects), bundle, chosen.trees)


def prepare(home: Home, sample: Path, customers: int, trees: int) -> Bundle:
    """The sample company, imported, and a booster for its leads."""
    generate(sample, customers)
    load(home, sample / "mapping.toml", [sample / "export"])
    target, store, as_of = find(TARGET), EventStore.open(home), now()
    seen = snapshots.make(target, store.read("lead"), as_of, home.settings)
    spec = expand(target.groups, seen.events, seen.subject_index, seen.cutoff, zone=home.settings.zone)
    rows = compute(spec, seen.events, seen.subject_index, seen.cutoff)
    scorer = boosted.fit(rows, seen.label, seen.weight, spec, rounds=trees)
    calibration = fit_sigmoid(scorer.raw(rows), seen.label, seen.weight)
    about = About(TARGET, as_of, seen.horizon, store.versions)
    return registry.register(home, Bundle(about, spec, scorer, calibration, rows[:3]))


def people(home: Home, bundle: Bundle) -> tuple[list[str], np.ndarray]:
    """The open leads, and their features as of now."""
    target, events, cutoff = find(TARGET), EventStore.open(home).read("lead"), now()
    eligible = snapshots.population(target, events, cutoff, home.settings, bundle.horizon).subject_index
    rows = compute(bundle.spec, events, eligible, np.full(len(eligible), cutoff))
    return [events.subjects[place] for place in eligible], rows


@contextmanager
def leadkeep(home: Home, subjects: list[str]) -> Iterator[Contender]:
    port, key = _free_port(), keys.create(home, "admin")
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n"
    requests = [f"GET /api/v1/live-scores/{TARGET}/{one} HTTP/1.1\r\n{head}".encode() for one in subjects]
    command = [sys.executable, "-m", "leadkeep", "serve", "--port", str(port)]
    with _running(command, port, {"LEADKEEP_HOME": str(home.path)}, "/api/v1/health/ready") as process:
        yield Contender("Leadkeep, by subject id", port, process, requests)


@contextmanager
def _mlflow(home: Home, bundle: Bundle, folder: Path, rows: np.ndarray) -> Iterator[Contender]:
    import mlflow  # noqa: PLC0415 - takes seconds

    path, port = folder / "pyfunc", _free_port()
    artifacts = {"bundle": str(home.models / TARGET / bundle.version)}
    code = str(Path(__file__).with_name("explained_model.py"))
    mlflow.pyfunc.save_model(path, python_model=code, artifacts=artifacts, pip_requirements=[])
    requests = [_invocation(bundle, row) for row in rows]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", str(path), "-p", str(port), "-w", "1"]
    with _running([*command, "--env-manager", "local"], port, {}, "/ping") as process:
        yield Contender("mlflow models serve, by features", port, process, requests)


def _invocation(bundle: Bundle, row: np.ndarray) -> bytes:
    values = [None if np.isnan(value) else float(value) for value in row]
    body = json.dumps({"dataframe_split": {"columns": bundle.spec.names, "data": [values]}})
    head = (
        f"Host: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body.encode())}\r\n\r\n"
    )
    return f"POST /invocations HTTP/1.1\r\n{head}{body}".encode()


@contextmanager
def _running(command: list[str], port: int, extra: dict[str, str], ready: str) -> Iterator[psutil.Process]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path, **threads, **extra}
    with tempfile.TemporaryFile() as said:
        started = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=said)
        process = psutil.Process(started.pid)
        try:
            if not _answers(port, ready, started):
                said.seek(0)
                raise SystemExit(f"no server came up:\n{said.read().decode()[-2000:]}")
            yield process
        finally:
            family = [*process.children(recursive=True), process] if started.poll() is None else []
            for one in family:
                one.terminate()
            psutil.wait_procs(family, timeout=10)
            started.wait()


def _answers(port: int, path: str, started: subprocess.Popen[bytes]) -> bool:
    """Whether the server comes up within three minutes."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and started.poll() is None:
        with suppress(OSError):
            if asyncio.run(_one(port, request))[0] == 200:
                return True
        time.sleep(0.5)
    return False


def _agree(ours: Contender, theirs: Contender) -> None:
    """Ends the benchmark where the two do not say the same of the same people."""
    for mine, other in list(zip(ours.requests, theirs.requests, strict=True))[:20]:
        one = asyncio.run(_one(ours.port, mine))[1]
        two = asyncio.run(_one(theirs.port, other))[1]["predictions"][0]
        # Features move a little between the two requests: ages grow by seconds.
        if abs(one["probability"] - two["probability"]) > 0.02:
            raise SystemExit(f"they disagree: {one['probability']} and {two['probability']}")
        if not {reason["topic"] for reason in one["reasons"]} & {
            reason["topic"] for reason in two["reasons"]
        }:
            raise SystemExit(f"they give other reasons: {one['reasons']} and {two['reasons']}")


def _take_turns(contenders: list[Contender], requests: int, rounds: int) -> dict[str, list[Round]]:
    found: dict[str, list[Round]] = {one.name: [] for one in contenders}
    for turn in range(rounds + 1):
        for one in contenders:
            taken = asyncio.run(_turn(one, requests, turn))
            if turn:  # the first one warms up
                found[one.name].append(taken)
    return found


async def _turn(contender: Contender, requests: int, seed: int) -> Round:
    chosen = random.Random(seed).choices(contender.requests, k=requests)
    before, begin = cpu(contender.process), time.perf_counter()
    parts = [chosen[first::CONNECTIONS] for first in range(CONNECTIONS)]
    waits = await asyncio.gather(*(_connection(contender.port, part) for part in parts))
    wall = time.perf_counter() - begin
    return Round(wall, cpu(contender.process) - before, [wait for some in waits for wait in some])


async def _connection(port: int, requests: list[bytes]) -> list[float]:
    """Sends requests one after the other over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    waits = []
    for request in requests:
        begin = time.perf_counter()
        writer.write(request)
        status, _ = await _answer(reader)
        waits.append(time.perf_counter() - begin)
        if status != 200:
            raise SystemExit(f"port {port} answered {status}")
    writer.close()
    await writer.wait_closed()
    return waits


async def _one(port: int, request: bytes) -> tuple[int, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    status, body = await _answer(reader)
    writer.close()
    await writer.wait_closed()
    try:
        return status, json.loads(body)
    except ValueError:
        return status, None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)


def cpu(process: psutil.Process) -> float:
    """CPU seconds of a process and its children so far."""
    family = [process, *process.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in family)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _print(turns: dict[str, list[Round]], people: int, bundle: Bundle, trees: int) -> None:
    size = f"{trees} trees, {len(bundle.spec.names)} features, {people} open leads, one worker each"
    table = Table(title=f"A live score with five reasons ({size}, {CONNECTIONS} connections)")
    for heading in ("", "requests/s", "p50 ms", "p99 ms", "CPU ms a request"):
        table.add_column(heading, justify="right" if heading else "left")
    rates, costs = [], []
    for name, rounds in turns.items():
        waits = np.concatenate([one.waits for one in rounds]) * 1000
        rates.append([len(one.waits) / one.wall for one in rounds])
        costs.append([one.cpu / len(one.waits) * 1000 for one in rounds])
        p50, p99 = np.percentile(waits, [50, 99])
        table.add_row(
            name,
            f"{statistics.median(rates[-1]):.0f}",
            f"{p50:.2f}",
            f"{p99:.2f}",
            f"{statistics.median(costs[-1]):.2f}",
        )
    Console().print(table)
    faster = [mine / other for mine, other in zip(*rates, strict=True)]
    cheaper = [other / mine for mine, other in zip(*costs, strict=True)]
    Console().print(
        f"Leadkeep answers {statistics.median(faster):.2f} times as many requests a second "
        f"({min(faster):.2f} to {max(faster):.2f} by round), for 1/{statistics.median(cheaper):.2f} of the CPU seconds."
    )


if __name__ == "__main__":
    main()

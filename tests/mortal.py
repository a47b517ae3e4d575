"""Processes made to be killed: forked from one that has everything imported, so that none spends its time starting."""

import multiprocessing
import signal
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["crm.folding", "crm.loading", "crm.materialise", "pyarrow.parquet"])


def begin(task: Callable[..., object], *words: Any) -> BaseProcess:
    """A process of its own that runs ``task``."""
    child = FORK.Process(target=task, args=words)
    child.start()
    return child


def attempt(task: Callable[..., object], *words: Any, seconds: float | None = None) -> bool:
    """Runs ``task`` in a process of its own; whether it was killed, after ``seconds``, before it had ended."""
    child = begin(task, *words)
    child.join(seconds)
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return child.exitcode != 0


def lasts(task: Callable[..., object], *words: Any) -> float:
    """Seconds that ``task`` takes in a process of its own."""
    attempt(abs, 0)  # the first of all waits for the process they are forked from
    begun = time.perf_counter()
    attempt(task, *words)
    return time.perf_counter() - begun

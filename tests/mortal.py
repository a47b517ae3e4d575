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


def attempt(task: Callable[..., object], *words: Any, seconds: float | None = None) -> float | None:
    """Runs ``task`` in a process of its own: the seconds it took, or None where it was killed after ``seconds``."""
    begun = time.perf_counter()
    child = begin(task, *words)
    child.join(seconds)
    lasted = time.perf_counter() - begun
    child.kill()
    child.join()
    assert child.exitcode in (0, -signal.SIGKILL)
    return lasted if child.exitcode == 0 else None


def lasts(task: Callable[..., object], *words: Any) -> float:
    """Seconds that ``task`` takes in a process of its own."""
    attempt(abs, 0)  # the first of all waits for the process they are forked from
    lasted = attempt(task, *words)
    assert lasted is not None
    return lasted

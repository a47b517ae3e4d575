"""Live scoring in a process of its own: it and the server take a core each, instead of turns on one.

``leadkeep serve`` keeps one running beside itself, however many processes it answers with. They meet in the databases
only: a delivery kept in the inbox is found there, wherever it came in.
"""

import gc
import logging
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from typing import Final

from crm import operations
from crm.inbox import Inbox
from crm.settings import Home
from serving.proof.trial import newcomers
from serving.scheduler import PARENT, STARTER
from serving.scores.live import Live
from serving.scores.rescoring import Rescorer
from serving.work.assigning import greet
from serving.write_back.outbox import queue_scores

LOG = logging.getLogger(__name__)

AGAIN: Final = 5.0
"""Seconds until another one is started after one that ended by itself."""

PATIENCE: Final = 5.0
"""Seconds it is given to end by itself."""


@contextmanager
def rescorer(home: Home) -> Iterator[Rescorer]:
    """One that assigns, draws and queues what it scores, and has rehearsed it."""
    with Live(home) as live:
        made = Rescorer(home, live, [greet(home), newcomers(home), queue_scores])
        made.rehearse()
        yield made


def run_until_told(home: Home) -> None:
    """Scores whom deliveries concern until SIGTERM or SIGINT."""
    with rescorer(home) as made, operations.tidying(home), Inbox(home).tidying():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, made.stop)
        gc.freeze()  # what is there stays: to look through all of it for garbage takes as long as scoring ten times
        made.run()


@contextmanager
def beside(home: Home) -> Iterator[None]:
    """Keeps ``leadkeep rescore`` running: one that ends by itself is followed by another."""
    stop = Event()
    keeper = Thread(target=_keep, args=(home, stop), name="leadkeep-keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        stop.set()
        keeper.join()


def _keep(home: Home, stop: Event) -> None:
    told = os.environ | {"LEADKEEP_HOME": str(home.path), PARENT: str(os.getpid())}
    while not stop.is_set():
        process = subprocess.Popen([*STARTER, "rescore"], env=told, stdin=subprocess.DEVNULL)  # noqa: S603
        while process.poll() is None and not stop.wait(0.5):
            pass
        if stop.is_set():
            _end(process)
            return
        LOG.error("live scoring ended by itself and is started again", extra={"code": process.returncode})
        stop.wait(AGAIN)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:  # what it was at is done again by the next one
        process.kill()
        process.wait()

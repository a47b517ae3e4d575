"""Scores and writes back without end, in a process of its own for each line it reads; made to be killed.

It forks before any database is open and before any thread runs, so that thirty of them cost thirty forks.
"""

import os
import random
import sys
from subprocess import PIPE, Popen
from typing import Self

from sqlalchemy import make_url
from sqlalchemy.orm import configure_mappers

from crm.clock import SECOND, now
from crm.discover import modules
from crm.migrations import newest
from crm.operations import writing
from crm.settings import Home
from crm.tables import everything
from crm.tables.scores import Score
from serving.destinations import webhook
from serving.write_back import groups, outbox, sending

SUBJECTS = 12


def score(home: Home, number: int, percent: int) -> None:
    """A newer score of one lead, stored and queued together."""
    row = Score(
        target="lead_conversion", subject=f"lead:crm:L{number}", cutoff=now(), load=1, version="m1", kind="rule",
        probability=percent / 100, raw=0.0, band="hot", value=None, expected=None, reasons=[], source="crm",
        source_id=f"L{number}", number=0, party="",
    )  # fmt: skip
    with writing(home) as session:
        session.merge(row)
        outbox.queue_scores(session, [row])


def work(home: Home, dice: random.Random) -> None:
    """Until it is killed."""
    webhook.GROUP = 5
    groups.FIRST_WAIT, groups.LONGEST_WAIT, sending.LEASE = SECOND // 100, SECOND // 50, SECOND // 50  # type: ignore[misc]
    while True:
        for _ in range(3):
            score(home, dice.randrange(SUBJECTS), 10 * dice.randrange(4))
        sending.send_due(home, 0.05)


class Workers:
    """Starts one after the other."""

    def __init__(self, home: Home) -> None:
        line = [sys.executable, "-m", "tests.serving.tireless", str(home.path)]
        alone = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
        self._process = Popen(line, stdin=PIPE, stdout=PIPE, text=True, env=alone)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start(self, seed: int) -> int:
        """The process id of a new one."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{seed}\n")
        self._process.stdin.flush()
        return self._said()

    def end(self, worker: int, signal: int) -> int:
        """Kills it; answers how it ended."""
        os.kill(worker, signal)
        return self._said()

    def _said(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


if __name__ == "__main__":
    modules("serving.destinations")
    everything()
    configure_mappers()
    newest()
    make_url(Home(sys.argv[1]).operations_url).get_dialect().import_dbapi()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork would copy locks that nobody lets go"
    for line in sys.stdin:
        child = os.fork()
        if not child:
            work(Home(sys.argv[1]), random.Random(int(line)))
        print(child, flush=True)  # noqa: T201
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)  # noqa: T201

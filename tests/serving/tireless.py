"""Scores and writes back without end, in processes of their own; made to be killed.

It forks before any database is open and before any thread runs, so that thirty of them cost thirty forks.
"""

import os
import random
import sys

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
from tests.serving import forks

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


if __name__ == "__main__":
    modules("serving.destinations")
    everything()
    configure_mappers()
    newest()
    home = Home(sys.argv[1])
    make_url(home.operations_url).get_dialect().import_dbapi()
    assert len(os.listdir("/proc/self/task")) == 1, "a fork would copy locks that nobody lets go"
    forks.fork({"work": lambda seed: work(home, random.Random(int(seed)))})

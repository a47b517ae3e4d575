"""Server, live scoring, fold, scoring and sender on one home, in processes of their own that a test kills."""

import socket
import sys
import time
from collections.abc import Callable

from sqlalchemy import make_url
from sqlalchemy.orm import configure_mappers

from crm.clock import SECOND
from crm.discover import modules
from crm.folding import fold
from crm.migrations import newest
from crm.settings import Home
from crm.tables import everything
from serving import live_scoring, server
from serving.destinations import webhook
from serving.scores import rescoring
from serving.scores.scoring import score
from serving.write_back import groups, sending
from tests.serving import forks

SOON = SECOND // 20


def rescores(home: Home) -> None:
    """Scores live; who follows a killed one need not wait for its lease."""
    rescoring.LEASE = SECOND // 4  # type: ignore[misc]
    with live_scoring.rescorer(home) as made:
        made.run()


def folds(home: Home) -> None:
    """Folds whenever there is something to fold."""
    _again_and_again(lambda: fold(home))


def scores(home: Home) -> None:
    """Scores everybody, one time after the other."""
    _again_and_again(lambda: score(home, "lead_conversion"))


def sends(home: Home) -> None:
    """Writes back whatever is due."""
    webhook.GROUP = 5
    groups.FIRST_WAIT, groups.LONGEST_WAIT, sending.LEASE = SOON, SOON, SOON  # type: ignore[misc]
    _again_and_again(lambda: sending.send_due(home, 0.5))


def _again_and_again(work: Callable[[], object]) -> None:
    while True:
        work()
        time.sleep(0.05)


if __name__ == "__main__":
    for package in ("serving.destinations", "serving.api", "serving.pages", "crm.moments", "crm.webhooks"):
        modules(package)
    everything()
    configure_mappers()
    newest()
    home, bound = Home(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    make_url(home.operations_url).get_dialect().import_dbapi()
    forks.fork({"serve": lambda _: server.run(home, bound), "rescore": lambda _: rescores(home),
                "fold": lambda _: folds(home), "score": lambda _: scores(home),
                "send": lambda _: sends(home)})  # fmt: skip

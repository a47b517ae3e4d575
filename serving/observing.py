"""What operators see: how many requests, how quick, how old the scores are; a log line a request, of nobody.

Requests are counted under their route, never their path: a path names whom they concern.
"""

import logging
import os
from collections.abc import Iterator
from time import perf_counter
from typing import Final

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm import jobs, leases
from crm.clock import SECOND, now
from crm.errors import NotFound
from crm.history import History
from crm.inbox import Inbox
from crm.operations import reading
from crm.settings import Home
from crm.tables.jobs import Mark
from crm.tables.outbox import Outgoing
from models.target import all_targets
from serving.runs import newest, watched
from serving.scores import rescoring
from serving.write_back.control import oldest

LOG = logging.getLogger(__name__)

BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
REQUESTS: Final = Counter("leadkeep_requests", "Requests answered.", ["method", "route", "status"])
SECONDS: Final = Histogram("leadkeep_request_seconds", "Seconds to an answer.", ["route"], buckets=BOUNDS)
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""Where several processes of one server put their counts, so that any of them can tell the sum."""


WATCHED: Final = {
    "calibration_error": "How far past scores were from what came true.",
    "loss_over_rule": "Log loss of past scores less the simple rule's.",
    "moved": "Stability index of the probabilities since the model's own moment.",
    "warnings": "Warnings of the last look at past scores.",
}


class Requests:
    """Counts and logs every request once it is answered."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            _note(scope, status, perf_counter() - began)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    method = scope["method"] if route != "none" else "any"  # who knocks at random must not make new series
    REQUESTS.labels(method, route, str(status)).inc()
    SECONDS.labels(route).observe(seconds)
    caller = scope.get("state", {}).get("caller")
    about = {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    if caller is not None:
        about |= {"role": caller.role}
    LOG.info("request", extra=about)


def metrics(home: Home) -> bytes:
    """All figures in Prometheus' text format, of all processes of this server."""
    registry = REGISTRY
    if os.environ.get(FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    stores = CollectorRegistry()
    stores.register(Stores(home))
    return generate_latest(registry) + generate_latest(stores)


class Stores:
    """What the stores say at this moment."""

    def __init__(self, home: Home) -> None:
        self.home = home

    def collect(self) -> Iterator[Metric]:
        """The load, the inbox, live scoring, the ages of scores, the outbox, the jobs, the models."""
        history = History(self.home)
        yield GaugeMetricFamily("leadkeep_load", "Number of the newest load.", value=history.load_number)
        inbox = Inbox.waiting(self.home, history.inbox)
        waiting = inbox.newest() - history.inbox if inbox else 0
        yield GaugeMetricFamily(
            "leadkeep_inbox_waiting", "Rows that came live and are not folded.", value=waiting
        )
        yield from self._live()
        yield self._ages()
        yield self._outbox()
        yield self._oldest()
        yield from self._jobs()
        yield from self._models()

    def _live(self) -> Iterator[Metric]:
        with reading(self.home) as session:
            mark, runs = session.get(Mark, rescoring.NAME), leases.held(session, rescoring.NAME)
        scored = mark.number if mark else 0
        inbox = Inbox.waiting(self.home, scored)
        waiting = inbox.newest() - scored if inbox else 0
        yield GaugeMetricFamily(
            "leadkeep_live_waiting",
            "Rows that came live whose people are not scored again yet.",
            value=waiting,
        )
        yield GaugeMetricFamily("leadkeep_live_running", "1 where a process scores live.", value=float(runs))

    def _ages(self) -> Metric:
        found = GaugeMetricFamily(
            "leadkeep_scores_age_seconds", "Age of the newest scoring.", labels=["target"]
        )
        with reading(self.home) as session:
            for target in all_targets():
                try:
                    found.add_metric([target], (now() - newest(session, target).cutoff) / SECOND)
                except NotFound:  # nobody was scored yet
                    continue
        return found

    def _outbox(self) -> Metric:
        labels = ["destination", "state"]
        found = GaugeMetricFamily(
            "leadkeep_outbox", "Things to write back, by what became of them.", labels=labels
        )
        columns = (Outgoing.destination, Outgoing.state)
        with reading(self.home) as session:
            for destination, state, count in session.execute(
                select(*columns, func.count()).group_by(*columns)
            ):
                found.add_metric([destination, state], count)
        return found

    def _oldest(self) -> Metric:
        said = "How long the oldest thing a destination has not taken yet has been waiting."
        found = GaugeMetricFamily("leadkeep_outbox_oldest_seconds", said, labels=["destination"])
        for destination, age in oldest(self.home).items():
            found.add_metric([destination], age / SECOND)
        return found

    def _models(self) -> Iterator[Metric]:
        """What the monitor found last: nothing of a target it has not looked at, no figure it could not tell."""
        found = {
            name: GaugeMetricFamily(f"leadkeep_model_{name}", said, labels=["target"])
            for name, said in WATCHED.items()
        }
        with reading(self.home) as session:
            looks = [look for target in all_targets() if (look := watched(session, target))]
        for look in looks:
            told = look.figures.get(look.version) or look.figures["all"] or {}
            values = {
                "calibration_error": told.get("calibration_error"),
                "loss_over_rule": told.get("against_rule", {}).get("value"),
                "moved": look.figures["drift"]["probability"], "warnings": len(look.warnings),
            }  # fmt: skip
            for name, value in values.items():
                if value is not None:
                    found[name].add_metric([look.target], value)
        yield from found.values()

    def _jobs(self) -> Iterator[Metric]:
        done = GaugeMetricFamily("leadkeep_job_done_seconds", "When a job last ended well.", labels=["job"])
        ended = GaugeMetricFamily(
            "leadkeep_job_failed", "1 where its last run did not end well.", labels=["job"]
        )
        for job, course in jobs.courses(self.home).items():
            if course.done is not None and course.done.finished_at is not None:
                done.add_metric([job], course.done.finished_at / SECOND)
            if course.ended is not None:
                ended.add_metric([job], float(course.ended.state != "done"))
        yield done
        yield ended

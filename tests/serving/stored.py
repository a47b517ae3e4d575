"""Keys and scores for the tests of serving, written as serving itself writes them."""

from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from crm.clock import HOUR, now
from crm.operations import writing
from crm.settings import Home
from crm.tables.scores import Score, ScoreRun
from serving.rights import keys
from serving.rights.access import COOKIE

ORIGIN = "http://testserver"
REASONS = [
    {"topic": "calls", "vi": "Khách nghe máy 3 lần", "en": "Answered 3 calls", "contribution": 0.9},
    {"topic": "silence", "vi": "Chưa ghi nhận liên hệ", "en": "No contact recorded", "contribution": -0.4},
]


def header(home: Home, role: str = "admin") -> dict[str, str]:
    return {"authorization": f"Bearer {keys.create(home, role)}"}


def send(browser: TestClient, path: str, **fields: str) -> Response:
    """Sends a page's form as the signed-in browser would."""
    token = keys.csrf(browser.cookies.get(COOKIE) or "")
    return browser.post(path, data=fields | {"csrf": token}, headers={"origin": ORIGIN})


def store(
    home: Home, target: str, *scores: dict[str, Any], cutoff: int | None = None, kind: str = "lightgbm"
) -> None:
    """Stores one complete scoring, as scoring everybody does."""
    cutoff = cutoff or now() - HOUR
    run = ScoreRun(
        target=target, cutoff=cutoff, version="20260301-aaaa", kind=kind, horizon_days=30, load=1,
        started_at=cutoff, finished_at=cutoff, people=len(scores), counts={},
        thresholds={"first": 0.3, "second": 0.1},
    )  # fmt: skip
    subject = "customer" if target == "churn" else "lead"
    first = {"lead": "hot", "customer": "high"}[subject]
    with writing(home) as session:
        session.add(run)
        for number, given in enumerate(scores):
            source_id = given.pop("source_id", f"R{number}")
            defaults = {
                "target": target, "subject": f"{subject}:crm:{source_id}", "cutoff": cutoff, "load": run.load,
                "version": run.version, "kind": kind, "probability": 0.31, "raw": -0.8,
                "band": first, "value": 10_000_000, "expected": 3_100_000,
                "reasons": REASONS, "source": "crm", "source_id": source_id,
            }  # fmt: skip
            session.merge(Score(**(defaults | given)))

"""A program of the company's own: signed JSON by POST, as Standard Webhooks say."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit

import httpx
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook

from crm.errors import SettingsError
from crm.settings import Home, WriteBack
from serving.destinations import Item, Refused, Unreached

TITLE = "Webhook"
GROUP = 100

PATIENCE: Final = 10.0
"""Seconds to wait for a connection, and for each part of an answer."""

ABOUT_CONTENT: Final = frozenset({400, 413, 422})
"""Answers that speak of what was sent; any other but 2xx speaks of the destination, and may change."""


def check(place: WriteBack) -> None:
    """An http(s) address and a secret in base64."""
    where = f"settings.toml: write_back {place.name}"
    parts = urlsplit(place.address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        todo = 'write address = "https://..."'
        raise SettingsError("not the address of a webhook", where=where, todo=todo)
    try:
        Webhook(place.secret)
    except (EmptyWebhookSecretError, ValueError) as error:
        todo = 'write secret = "whsec_" and base64 of 24 to 64 random bytes; give the receiver the same'
        raise SettingsError("this webhook has no usable secret", where=where, todo=todo) from error


def content(items: Sequence[Item]) -> bytes:
    """The body of a request: the same bytes for the same items."""
    said = []
    for item in items:
        source, source_id = item.record
        about = {"key": item.key, "kind": item.kind, "target": item.target, "subject": item.subject,
                 "source": source, "id": source_id}  # fmt: skip
        own = {"fields": dict(item.fields)} if "fields" in item.body else {}
        said.append(about | dict(item.body) | own)
    return json.dumps({"type": "leadkeep.write_back", "items": said}, ensure_ascii=False).encode()


def write(home: Home, place: WriteBack, batch: str, items: Sequence[Item]) -> None:
    """One POST; ``webhook-id`` is the batch."""
    body, moment = content(items), datetime.now(UTC)
    headers = {
        "content-type": "application/json", "webhook-id": batch,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(place.secret).sign(batch, moment, body.decode()),
    }  # fmt: skip
    try:
        answer = httpx.post(place.address, content=body, headers=headers, timeout=PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unreached(f"{type(error).__name__}: {error}") from error
    if answer.is_success:
        return
    said = f"HTTP {answer.status_code} {answer.text[:200]}".strip()
    if answer.status_code in ABOUT_CONTENT:
        raise Refused(said)
    raise Unreached(said, _asked(answer.headers.get("retry-after", "")))


def _asked(header: str) -> float:
    """Seconds of a Retry-After, a number or a date; 0 for none or nonsense."""
    if header.isdecimal():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0

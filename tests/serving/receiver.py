"""A program that takes what is written back, as a company would write one; run it as a process of its own.

It checks signatures, keeps what has a key it does not know, and says at ``GET /`` what it was sent. With a seed it
misbehaves at random: refuses before keeping, or keeps and then hangs up. A record whose id begins with BAD is refused.
"""

import hashlib
import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from subprocess import PIPE, Popen
from threading import Lock
from typing import Any

import httpx
from standardwebhooks.webhooks import Webhook

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(BaseHTTPRequestHandler):
    lock = Lock()
    dice = random.Random()
    faulty = False
    by_key: dict[str, Any] = {}  # noqa: RUF012
    by_id: dict[str, Any] = {}  # noqa: RUF012
    bodies: dict[str, list[str]] = {}  # noqa: RUF012

    def do_POST(self) -> None:
        if self.path != "/":
            self._answer(503, {"no": self.path}, {"retry-after": "1800"})
            return
        body = self.rfile.read(int(self.headers["content-length"]))
        items = Webhook(SECRET).verify(body, dict(self.headers))["items"]
        with self.lock:
            fault = self.dice.random() if self.faulty else 1.0
            if fault < 0.15:
                self._answer(503, {})
            elif any(item["id"].startswith("BAD") for item in items):
                self._answer(422, {"unknown": "BAD"})
            else:
                self._keep(body, items)
                if fault > 0.45:
                    self._answer(200, {})

    def _keep(self, body: bytes, items: list[dict[str, Any]]) -> None:
        number = str(self.headers["webhook-id"])
        self.bodies.setdefault(number, []).append(hashlib.sha256(body).hexdigest())
        self.by_id.setdefault(number, items)
        for item in items:
            self.by_key.setdefault(item["key"], item)

    def do_GET(self) -> None:
        with self.lock:
            by_id = [item for items in self.by_id.values() for item in items]
            self._answer(200, {"by_key": list(self.by_key.values()), "by_id": by_id, "bodies": self.bodies})

    def _answer(self, status: int, said: object, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


@contextmanager
def running(seed: int | None = None) -> Iterator[str]:
    """The address of a receiver."""
    line = [sys.executable, "-m", "tests.serving.receiver", *([] if seed is None else [str(seed)])]
    with Popen(line, stdout=PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


def hook(address: str, more: str = "") -> str:
    """Settings of a destination there."""
    return (
        f'[[write_back]]\nname = "crm"\nto = "webhook"\naddress = "{address}"\nsecret = "{SECRET}"\n'
        f"per_minute = 1000000\n{more}"
    )


def state(address: str) -> Any:
    return httpx.get(address).json()


def courses(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What each subject's fields were, one after the other, to a receiver that was told all in its :func:`state`."""
    assert sum(len(hashes) > 1 for hashes in found["bodies"].values()) > 1, "some came again"
    assert all(len(set(hashes)) == 1 for hashes in found["bodies"].values()), "always in the same bytes"
    assert found["by_key"] == found["by_id"], "either key tells repetitions"
    made = defaultdict(list)
    for item in found["by_key"]:
        made[item["subject"]].append(item["fields"])
    return made


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Receiver.faulty, Receiver.dice = True, random.Random(int(sys.argv[1]))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    print(server.server_address[1], flush=True)  # noqa: T201
    server.serve_forever()

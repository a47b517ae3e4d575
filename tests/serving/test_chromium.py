"""In a real browser: nothing runs out of the screen, at a phone's width and at a desk's, and forms come in."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from fastapi.testclient import TestClient

from crm.clock import DAY, now
from crm.settings import Home
from serving.app import HEADERS, create_app
from serving.rights import keys
from serving.scores.scoring import score
from tests.serving.company import NAME
from tests.serving.conftest import signed_in
from tests.serving.stored import store

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars", "--virtual-time-budget=5000", "--dump-dom",
)  # fmt: skip
MEASURE = """<!doctype html><iframe id=page width={width} height=900 src="{path}"></iframe><pre id=found></pre>
<script>
document.getElementById("page").onload = function () {{
  const page = this.contentDocument, root = page.documentElement;
  const small = [...page.querySelectorAll("a.call, nav a, button.call")].filter(e => e.offsetHeight < 40);
  document.getElementById("found").textContent = JSON.stringify({{
    beyond: root.scrollWidth - root.clientWidth, rows: page.querySelectorAll("li.person").length, small: small.length,
    scripts: page.scripts.length, styled: getComputedStyle(page.body).margin === "0px",
    names: [...page.querySelectorAll("h2")].map(e => e.textContent.trim()),
    calls: [...page.querySelectorAll("a[href^='tel:']")].map(e => e.getAttribute("href")),
  }});
}};
</script>"""
"""Around a page, because Chromium's own window is never narrower than 500 pixels."""

pytestmark = [
    pytest.mark.chromium,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: apt-get install chromium"),
]


@contextmanager
def shown(client: TestClient, width: int) -> Iterator[str]:
    """An address where ``/frame<path>`` measures the page at ``path``; the frame lacks the page's policy."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            inside = not self.path.startswith("/frame")
            body = client.get(self.path) if inside else None
            text = body.content if body else MEASURE.format(width=width, path=self.path[6:]).encode()
            self.send_response(200)
            self.send_header("content-type", body.headers["content-type"] if body else "text/html")
            if body:
                policy = body.headers["content-security-policy"].replace("frame-ancestors 'none'", "")
                self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *said: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def measured(client: TestClient, path: str, width: int, profile: Path) -> dict[str, object]:
    assert CHROMIUM is not None
    with shown(client, width) as url:
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={profile}", f"{url}/frame{path}"]
        said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    found = re.search(r'<pre id="found">(.+)</pre>', said)
    assert found, said
    measures: dict[str, object] = json.loads(
        found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    )
    return measures


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("path", "target"), [("/hom-nay", "lead_conversion"), ("/khach-co-nguy-co?lang=en", "churn")]
)
def test_a_page_fits_its_screen(at_work: Home, tmp_path: Path, path: str, target: str, width: int) -> None:
    score(at_work, target)
    with TestClient(create_app(at_work)) as client:
        found = measured(signed_in(client, at_work), path, width, tmp_path / "profile")
    assert found["beyond"] == 0, "the page scrolls sideways"
    assert found["rows"] > 0
    assert (found["small"], found["scripts"], found["styled"]) == (0, 2, True)
    if target == "lead_conversion":
        assert all(NAME in name for name in found["names"])
        assert found["calls"] == [], "numbers stay masked until somebody opens one"


def test_long_words_and_an_old_list_fit_a_phone(home: Home, tmp_path: Path) -> None:
    long = "Nghiêngnghiêng" * 30
    reasons = [{"topic": "x", "vi": long, "en": long, "contribution": -1.0}]
    store(home, "churn", {"source_id": long[:190], "reasons": reasons}, cutoff=now() - 3 * DAY, kind="rule")
    with TestClient(create_app(home)) as client:
        found = measured(signed_in(client, home), "/khach-co-nguy-co", 390, tmp_path / "profile")
    assert (found["beyond"], found["rows"]) == (0, 1)


class _Carrying(BaseHTTPRequestHandler):
    """Sends itself a form under our referrer policy and passes on to us what the browser sent."""

    form: bytes
    client: TestClient
    answers: list[int]

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("referrer-policy", HEADERS["referrer-policy"])
        self.end_headers()
        self.wfile.write(self.form)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        sent = {name: self.headers[name] for name in ("origin", "host", "content-type")}
        answer = self.client.post(self.path, content=body, headers=sent, follow_redirects=False)
        self.answers.append(answer.status_code)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: object) -> None:
        """Says nothing."""


def test_a_browser_can_sign_in(home: Home, tmp_path: Path) -> None:
    """Without ``sec-fetch-site``, which browsers leave out where there is no https."""
    assert CHROMIUM is not None
    form = f"<form method=post action=/dang-nhap><input name=khoa value={keys.create(home, 'admin')}></form>"
    with TestClient(create_app(home)) as client:
        said = {
            "form": f"{form}<script>document.forms[0].submit()</script>".encode(),
            "client": client,
            "answers": [],
        }
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Carrying", (_Carrying,), said))
        Thread(target=server.serve_forever, daemon=True).start()
        command = [CHROMIUM, *FLAGS, f"--user-data-dir={tmp_path}", f"http://127.0.0.1:{server.server_port}/"]
        subprocess.run(command, capture_output=True, timeout=120, check=True)
        server.shutdown()
        server.server_close()
    assert said["answers"] == [303]

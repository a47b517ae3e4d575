"""A real browser for tests: Debian's Chromium, signed in to an application that really listens."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import uvicorn
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from crm.settings import Home
from serving.app import create_app
from serving.rights import keys
from serving.rights.access import COOKIE

FOUND = shutil.which("chromium")
WIDTHS = (390, 1280)
LAID_OUT = "document.querySelectorAll('.person').forEach(one => one.style.contentVisibility = 'visible')"
"""Rows out of view, which the browser would lay out only once they come into it."""


@contextmanager
def listening(home: Home) -> Iterator[str]:
    """The application's address."""
    server = uvicorn.Server(uvicorn.Config(create_app(home), port=0, log_level="error"))
    thread = Thread(target=server.run, daemon=True)
    thread.start()
    until = monotonic() + 60
    while not server.started:
        assert thread.is_alive()
        assert monotonic() < until, "the server does not start"
        sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        shown = started.chromium.launch(executable_path=FOUND, args=["--no-sandbox"])
        yield shown
        shown.close()


@contextmanager
def sitting(
    shown: Browser, url: str, home: Home, role: str, width: int = 1280, **more: str
) -> Iterator[BrowserContext]:
    """Somebody with a key for ``role`` at a screen of this width."""
    context = shown.new_context(viewport={"width": width, "height": 900}, **more)
    cookie = keys.session_by_key(home, keys.create(home, role))
    context.add_cookies([{"name": COOKIE, "value": cookie, "url": url}])
    yield context
    context.close()

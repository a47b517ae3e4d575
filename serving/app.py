"""The web application: routers found in ``api/`` and ``pages/``, one check for all, errors in words."""

import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Final

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from crm import directory, logs
from crm.discover import modules
from crm.errors import LeadkeepError, NotFound, Unauthorized
from crm.notes import notes
from crm.pressing import last_pressed
from crm.settings import Home
from serving import observing
from serving.page import error_page
from serving.rights import access
from serving.scores.live import Live
from serving.work import taps

MANY: Final = 50_000
"""Objects made between two looks for garbage: a long list makes as many, and was looked through eighty times."""

LOG = logging.getLogger(__name__)

HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Sent with every answer: nothing may be framed, guessed, cached or loaded from elsewhere.

With ``no-referrer`` browsers name no origin even for a site's own forms, and nobody could sign in.
"""


def create_app(home: Home) -> FastAPI:
    """The application over one home folder; it starts without any model, and says so in its health."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with Live(home, _ahead(home)) as app.state.live:
            _complete(home)
            yield

    app = FastAPI(
        title="Leadkeep", version="1", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None,
        description="Explained lead and churn scores.", dependencies=[Depends(access.check)],
    )  # fmt: skip
    app.state.home = home
    for package in ("serving.api", "serving.pages"):
        for module in modules(package).values():
            app.include_router(module.router)
    app.add_exception_handler(LeadkeepError, _said)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_middleware(_Headers)
    app.add_middleware(observing.Requests)
    return app


def _complete(home: Home) -> None:
    """What people tapped just before a crash reaches the history now; a server with a fault starts nevertheless."""
    try:
        taps.complete(home)
    except LeadkeepError as error:
        LOG.error("outcomes kept before the last stop wait: %s", error)


def _ahead(home: Home) -> Callable[[Live], None]:
    """Reads before somebody waits for it: what came live, and what lists show of a new load, which may take seconds."""
    shown: int | None = None

    def read(live: Live) -> None:
        nonlocal shown
        with suppress(LeadkeepError):
            live.catch_up()
            if live.load not in (None, shown):
                shown = live.load
                directory.channels(home)
                directory.refusing(home)
                notes(home)
                last_pressed(home)
                gc.freeze()  # it stays: to look through all of it for garbage would hold up everybody

    return read


def from_environment() -> FastAPI:
    """The application over ``LEADKEEP_HOME``, as each worker process makes it."""
    logs.begin()
    gc.set_threshold(MANY)
    return create_app(Home())


async def _said(request: Request, error: Exception) -> Response:
    assert isinstance(error, LeadkeepError)
    if error.http_status >= HTTPStatus.INTERNAL_SERVER_ERROR and not hasattr(request.state, "caller"):
        LOG.error("%s", error)
        error = _withheld(error)
    if request.url.path.startswith("/api/"):
        asks = {"www-authenticate": "Bearer"} if isinstance(error, Unauthorized) else None
        return JSONResponse(error.as_dict(), error.http_status, asks)
    return error_page(request, error)


def _withheld(error: LeadkeepError) -> LeadkeepError:
    """The same for who has not shown a key: addresses and folders of the company's machines are left out."""
    said = type(error)("the server is out of order", todo="ask who runs it to look into its log")
    said.http_status = error.http_status
    return said


async def _unforeseen(request: Request, error: Exception) -> Response:
    """A bug, in the same five parts. It is answered outside of the application, so headers are added here."""
    todo = "please report it, with what the server printed"
    answer = await _said(request, LeadkeepError("something unforeseen happened", todo=todo))
    answer.headers.update(HEADERS)
    return answer


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = " ".join(map(str, first["loc"]))
    problem = LeadkeepError(
        first["msg"], value=first.get("input"), where=where, todo="see /api/v1/openapi.json"
    )
    problem.http_status = HTTPStatus.UNPROCESSABLE_ENTITY
    return await _said(request, problem)


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    problem = NotFound(str(error.detail), value=request.url.path, todo="see /api/v1/openapi.json")
    problem.http_status = error.status_code
    answer = await _said(request, problem)
    answer.headers.update(error.headers or {})  # which methods a path has
    return answer


class _Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.raw = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.raw]
            await send(message)

        await self.app(scope, receive, add)

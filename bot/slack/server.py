"""HTTP mode: Slack's events over HTTP with signatures, and the pages by which a platform watches the process."""

import contextlib
import socket
from collections.abc import Awaitable, Callable, Iterator

import uvicorn
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from bot.slack.metrics import Metrics
from knowledge.errors import SettingsError

EVENTS = "/slack/events"
LARGEST_BODY = 2_000_000
"""Bytes; Slack's payloads are far smaller. A larger body is refused before it is read."""


def site(app: AsyncApp, metrics: Metrics, ready: Callable[[], Awaitable[str]]) -> Starlette:
    """All routes. `ready` says what is not ready, in a few words; empty where all is."""

    async def healthy(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readiness(request: Request) -> Response:
        lacking = await ready()
        return PlainTextResponse(f"{lacking or 'ready'}\n", status_code=503 if lacking else 200)

    async def numbers(request: Request) -> Response:
        return Response(metrics.text(), media_type="text/plain; version=0.0.4")

    return Starlette(
        routes=[
            Route(EVENTS, _Events(app), methods=["POST"]),
            Route("/healthz", healthy),
            Route("/readyz", readiness),
            Route("/metrics", numbers),
        ]
    )


class Server(uvicorn.Server):
    """Serves until told to stop; signals are the app's business."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(port: int) -> socket.socket:
    """A socket on all interfaces; port 0 lets the system choose.

    Raises:
        SettingsError: if the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("0.0.0.0", port))
    except OSError as error:
        listener.close()
        raise SettingsError(f"Port {port} cannot be used: {error.strerror}.", remedy="Set PORT to another.") from error
    return listener


def server_for(site: Starlette) -> Server:
    """A server of the site, not started yet."""
    return Server(uvicorn.Config(site, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=10))


class _Events:
    """Bolt's side of the site. (An object, for Starlette takes a function for a page.)"""

    def __init__(self, app: AsyncApp) -> None:
        self._bolt = AsyncSlackRequestHandler(app, path=EVENTS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        length = dict(scope["headers"]).get(b"content-length", b"")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            await Response(status_code=413 if length.isdigit() else 411)(scope, receive, send)
            return
        await self._bolt(dict(scope), receive, send)

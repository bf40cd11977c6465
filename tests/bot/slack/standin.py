"""A stand-in for Slack on loopback: its Web API over HTTP and Socket Mode over a WebSocket, as far as Kaibi uses them."""

import asyncio
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from aiohttp import WSMsgType, web

from bot.slack.app import Running

TEAM, BOT, BOT_TOKEN, APP_TOKEN = "T1", "UBOT", "xoxb-standin-secret", "xapp-standin-secret"
Fields = dict[str, Any]
Worker = Callable[..., AbstractAsyncContextManager[Running]]
"""Starts a worker that is connected to a stand-in."""


class Standin:
    """Keeps what it is sent. `errors` makes methods fail; `slow` makes them take their time."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Fields]] = []
        self.messages: dict[str, list[Fields]] = defaultdict(list)
        """By channel, in the order in which they were posted."""
        self.errors: dict[str, str | Callable[[Fields], str | None]] = {}
        """By method: Slack's word for the error, or what decides on it from the call's fields."""
        self.slow: dict[str, float] = {}
        self.limited: dict[str, int] = {}
        """By method: how many more calls are answered with 429."""
        self.vanishing: dict[str, int] = {}
        """By method: how many more calls are carried out, but their answer is never sent."""
        self.people: dict[str, Fields] = {}
        self.files: dict[str, bytes] = {}
        self.acks: dict[str, float] = {}
        """Envelope id to when it was acknowledged."""
        self.ack_payloads: dict[str, Any] = {}
        self.responses: list[Fields] = []
        """What was sent to response_urls."""
        self.connections = 0
        self._sockets: list[web.WebSocketResponse] = []
        self._stamps = itertools.count(1)
        self._envelopes = itertools.count(1)
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/api/"

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_get("/link", self._link)
        app.router.add_post("/respond", self._respond)
        app.router.add_get("/files/{name}", self._file)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        for socket in self._sockets:
            await socket.close()
        if self._runner:
            await self._runner.cleanup()

    # What Slack does

    def stamp(self) -> str:
        return f"{1_700_000_000 + next(self._stamps)}.000100"

    def say(self, channel: str, text: str, *, user: str = "U1", thread: str = "") -> Fields:
        """A person's message, kept in the channel: the event of it."""
        message = {"type": "message", "user": user, "text": text, "ts": self.stamp()}
        if thread:
            message["thread_ts"] = thread
        self.messages[channel].append(message)
        kind = "im" if channel.startswith("D") else "channel"
        return {**message, "channel": channel, "channel_type": kind, "event_ts": message["ts"]}

    async def mention(self, channel: str, text: str, *, user: str = "U1", thread: str = "") -> Fields:
        """A mention, delivered as Slack delivers it: as app_mention and as message."""
        event = self.say(channel, f"<@{BOT}> {text}", user=user, thread=thread)
        await self.deliver({**event, "type": "app_mention"})
        await self.deliver(event)
        return event

    async def deliver(self, event: Fields, *, retry: int = 0) -> str:
        """An event in an envelope; its id."""
        body = {"type": "event_callback", "team_id": TEAM, "event": event, "event_id": f"Ev{next(self._envelopes)}"}
        return await self.envelope("events_api", body, retry=retry)

    async def envelope(self, kind: str, payload: Fields, *, retry: int = 0) -> str:
        identifier = f"env-{next(self._envelopes)}"
        body = {"type": kind, "envelope_id": identifier, "payload": payload, "accepts_response_payload": True}
        if retry:
            body |= {"retry_attempt": retry, "retry_reason": "timeout"}
        while not any(not socket.closed for socket in self._sockets):
            await asyncio.sleep(0.01)
        open_sockets = [socket for socket in self._sockets if not socket.closed]
        await open_sockets[next(self._envelopes) % len(open_sockets)].send_json(body)
        return identifier

    async def refresh(self) -> None:
        """Ask for a new connection, as Slack does now and then."""
        for socket in list(self._sockets):
            if not socket.closed:
                await socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    # What tests look at

    def ours(self, channel: str, *, thread: str = "") -> list[Fields]:
        """Kaibi's messages in a channel, or in one thread of it."""
        found = [message for message in self.messages[channel] if message["user"] == BOT]
        return [message for message in found if not thread or message.get("thread_ts") == thread]

    def called(self, method: str) -> list[Fields]:
        return [fields for name, fields in self.calls if name == method]

    async def until(self, condition: Callable[[], Any], *, seconds: float = 20) -> Any:
        """Wait until something has come about; fails loudly if it does not."""
        end = time.monotonic() + seconds
        while not (found := condition()):
            if time.monotonic() > end:
                raise AssertionError(f"not within {seconds} s; calls: {[name for name, _ in self.calls][-20:]}")
            self._changed.clear()
            try:
                await asyncio.wait_for(self._changed.wait(), 0.05)
            except TimeoutError:
                continue
        return found

    async def settled(self, *, seconds: float = 0.7) -> None:
        """Wait until nothing has been called for a while: for claims that something does not happen."""
        count = -1
        while count != len(self.calls):
            count = len(self.calls)
            await asyncio.sleep(seconds)

    # The wire

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields = await _fields(request)
        self.calls.append((method, fields))
        self._changed.set()
        if self.limited.get(method, 0) > 0:
            self.limited[method] -= 1
            return web.json_response({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": "1"})
        begun = time.monotonic()
        while time.monotonic() - begun < self.slow.get(method, 0):
            await asyncio.sleep(min(0.05, self.slow[method]))
            if request.transport is None or request.transport.is_closing():
                return web.Response()  # The caller has died meanwhile: as if it had never called.
        error = self.errors.get(method)
        error = error(fields) if callable(error) else error
        if error:
            return web.json_response({"ok": False, "error": error, "needed": "some:scope"})
        handler = getattr(self, "do_" + method.replace(".", "_"), None)
        body = handler(fields) if handler else {"error": "unknown_method"}
        self._changed.set()
        if self.vanishing.get(method, 0) > 0:
            self.vanishing[method] -= 1
            assert request.transport
            request.transport.close()
        scopes = {"x-oauth-scopes": "chat:write,app_mentions:read"}
        return web.json_response({"ok": "error" not in body, **body}, headers=scopes)

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        self._sockets.append(socket)
        await socket.send_json({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}})
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                body = json.loads(message.data)
                self.acks.setdefault(body["envelope_id"], time.monotonic())
                self.ack_payloads[body["envelope_id"]] = body.get("payload")
                self._changed.set()
        return socket

    async def _respond(self, request: web.Request) -> web.Response:
        self.responses.append(await request.json())
        self._changed.set()
        return web.Response(text="ok")

    async def _file(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(status=403)
        return web.Response(body=self.files[request.match_info["name"]], content_type="application/octet-stream")

    def do_auth_test(self, fields: Fields) -> Fields:
        return {"team_id": TEAM, "user_id": BOT, "bot_id": "B1", "url": "https://standin.slack.com/", "team": "Standin"}

    def do_apps_connections_open(self, fields: Fields) -> Fields:
        return {"url": f"ws://127.0.0.1:{self.port}/link?ticket=very-secret"}

    def do_users_info(self, fields: Fields) -> Fields:
        return {"user": {"id": fields["user"], "team_id": TEAM, **self.people.get(fields["user"], {})}}

    def do_chat_postMessage(self, fields: Fields) -> Fields:  # noqa: N802
        message = {**fields, "user": BOT, "bot_id": "B1", "ts": self.stamp()}
        self.messages[fields["channel"]].append(message)
        return {"ts": message["ts"], "channel": fields["channel"], "message": message}

    def do_chat_update(self, fields: Fields) -> Fields:
        message = self._message(fields)
        if message is None:
            return {"error": "message_not_found"}
        message.update(fields)
        return {"ts": fields["ts"]}

    def do_chat_postEphemeral(self, fields: Fields) -> Fields:  # noqa: N802
        return {"message_ts": self.stamp()}

    def do_chat_startStream(self, fields: Fields) -> Fields:  # noqa: N802
        message = {**fields, "user": BOT, "bot_id": "B1", "ts": self.stamp(), "text": "", "streaming": True}
        message["text"] = _chunks(fields)
        self.messages[fields["channel"]].append(message)
        return {"ts": message["ts"]}

    def do_chat_appendStream(self, fields: Fields) -> Fields:  # noqa: N802
        message = self._message(fields)
        if message is None or not message.get("streaming"):
            return {"error": "message_not_in_streaming_state"}
        message["text"] += _chunks(fields)
        return {"ts": message["ts"]}

    def do_chat_stopStream(self, fields: Fields) -> Fields:  # noqa: N802
        message = self._message(fields)
        if message is None or not message.get("streaming"):
            return {"error": "message_not_in_streaming_state"}
        message["text"] += _chunks(fields)
        message.update({"streaming": False, "blocks": fields.get("blocks"), "metadata": fields.get("metadata")})
        return {"ts": message["ts"]}

    def do_conversations_replies(self, fields: Fields) -> Fields:
        thread = [m for m in self.messages[fields["channel"]] if fields["ts"] in (m["ts"], m.get("thread_ts"))]
        return {"messages": thread, "has_more": False}

    def do_conversations_history(self, fields: Fields) -> Fields:
        return {"messages": list(reversed([m for m in self.messages[fields["channel"]] if not m.get("thread_ts")]))}

    def do_assistant_threads_setStatus(self, fields: Fields) -> Fields:  # noqa: N802
        return {}

    def do_assistant_threads_setSuggestedPrompts(self, fields: Fields) -> Fields:  # noqa: N802
        return {}

    def do_views_open(self, fields: Fields) -> Fields:
        return {"view": {"id": "V1", "hash": "h1", **fields["view"]}}

    def do_views_update(self, fields: Fields) -> Fields:
        return {"view": {"id": "V1", "hash": "h2", **fields["view"]}}

    def do_views_publish(self, fields: Fields) -> Fields:
        return {}

    def _message(self, fields: Fields) -> Fields | None:
        return next((m for m in self.messages[fields["channel"]] if m["ts"] == fields["ts"]), None)


def _chunks(fields: Fields) -> str:
    return "".join(chunk.get("text", "") for chunk in fields.get("chunks") or [])


async def _fields(request: web.Request) -> Fields:
    """A call's fields, whether they came as JSON or as a form with JSON inside."""
    if request.content_type == "application/json":
        return dict(await request.json())
    fields: Fields = dict(request.query)
    for name, value in (await request.post()).items():
        text = str(value)
        fields[name] = json.loads(text) if text[:1] in ("{", "[") else text
    return fields

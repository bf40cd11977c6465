"""Stand-ins: servers that speak a vendor's protocol on the wire, write what they are told to, and remember every request."""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

PIECE = 7
"""Characters of a streamed piece: marks and words are cut anywhere."""


@dataclass
class Request:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]

    @property
    def prompt(self) -> str:
        """All that the model would read."""
        parts = self.body.get("messages") or self.body.get("contents") or []
        system = [self.body.get("system") or self.body.get("systemInstruction") or ""]
        return json.dumps([*system, *parts], ensure_ascii=False)


@dataclass
class Script:
    """What the server does with a request: write a text, refuse with a status, or misbehave on the wire."""

    text: str = ""
    status: int = 200
    error: dict[str, Any] = field(default_factory=dict)
    finish: str = "stop"
    cut: bool = False
    """Close the connection in the middle."""
    raw: bytes = b""
    """Sent in the place of a piece of the stream."""
    pause: float = 0.0
    """Seconds between pieces."""
    endless: bool = False


Answerer = Callable[[Request], Script]


class StandIn(ThreadingHTTPServer):
    """A server of one protocol family."""

    daemon_threads = True

    def __init__(self, answer: Answerer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.requests: list[Request] = []
        self.exchanges: list[Request] = []
        """Requests to exchange a key for a token (watsonx)."""
        self.token_seconds = 3600
        self.broken: BaseException | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error here; a script that raises is the test's."""
        error = sys.exception()
        if not isinstance(error, OSError):
            self.broken = error


@contextmanager
def standing_in(answer: Answerer | Script | str) -> Iterator[StandIn]:
    """A running stand-in that answers by a function, or always the same."""
    if isinstance(answer, str):
        answer = Script(answer)
    fixed = answer
    server = StandIn((lambda request: fixed) if isinstance(fixed, Script) else fixed)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        if server.broken is not None:
            raise server.broken


class _Handler(BaseHTTPRequestHandler):
    server: StandIn
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: Any) -> None:
        """Nothing on stderr."""

    def do_GET(self) -> None:
        self._remember({})
        self._json(200, {"object": "list", "data": [{"id": "loaded-model", "object": "model"}]})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/identity/token":
            self._exchange(dict(parse_qsl(content.decode())))
            return
        request = self._remember(json.loads(content or b"{}"))
        script = self.server.answer(request)
        if script.status != 200:
            self._json(script.status, script.error or {"error": {"message": "refused", "type": "error"}})
            return
        if ":generateContent" in request.path:
            self._stream(script, _gemini(script), "application/json", b"[", b",\n", b"]")
        elif "streamGenerateContent" in request.path:
            sse = "alt=sse" in request.path
            if sse:
                self._stream(script, (b"data: " + part + b"\r\n\r\n" for part in _gemini(script)), "text/event-stream")
            else:
                self._stream(script, _gemini(script), "application/json", b"[", b",\n", b"]")
        elif "/text/chat_stream" in request.path:
            self._stream(script, _watsonx(script), "text/event-stream")
        elif request.path.endswith("/messages"):
            self._stream(script, _anthropic(script), "text/event-stream")
        else:
            self._stream(script, _openai(script), "text/event-stream")

    def _exchange(self, form: dict[str, str]) -> None:
        self.server.exchanges.append(Request("POST", self.path, {k.lower(): v for k, v in self.headers.items()}, form))
        if form["apikey"] == "unknown":
            self._json(400, {"errorCode": "BXNIM0415E", "errorMessage": "Provided API key could not be found."})
            return
        token = f"token-{len(self.server.exchanges)}-of-{form['apikey']}"
        self._json(200, {"access_token": token, "token_type": "Bearer", "expires_in": self.server.token_seconds})

    def _remember(self, body: dict[str, Any]) -> Request:
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        self.server.requests.append(request)
        return request

    def _json(self, status: int, body: dict[str, Any]) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _stream(
        self,
        script: Script,
        parts: Iterator[bytes],
        kind: str,
        first: bytes = b"",
        between: bytes = b"",
        last: bytes = b"",
    ) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._chunk(first)
        for number, part in enumerate(parts):
            if number:
                self._chunk(between)
                time.sleep(script.pause)
            if script.cut and number == 3:
                self.close_connection = True
                return
            if script.raw and number == 2:
                self._chunk(script.raw)
            self._chunk(part)
        self._chunk(last)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, data: bytes) -> None:
        if data:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()


def _pieces(script: Script) -> Iterator[str]:
    yield from (script.text[at : at + PIECE] for at in range(0, len(script.text), PIECE))
    while script.endless:
        yield "and so on and on and on "


def _event(data: dict[str, Any], name: str = "") -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def _openai(script: Script) -> Iterator[bytes]:
    def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event(
            {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "stand-in", "choices": [choice]}
        )

    yield chunk({"role": "assistant", "content": ""})
    for piece in _pieces(script):
        yield chunk({"content": piece})
    yield chunk({}, script.finish)
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    yield _event(
        {
            "id": "c1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "stand-in",
            "choices": [],
            "usage": usage,
        }
    )
    yield b"data: [DONE]\n\n"


def _watsonx(script: Script) -> Iterator[bytes]:
    def event(number: int, **data: Any) -> bytes:
        return f"id: {number}\n".encode() + _event({"id": "c1", "model_id": "stand-in", **data}, "message")

    number = 0
    for number, piece in enumerate(_pieces(script), 1):
        yield event(number, choices=[{"index": 0, "finish_reason": None, "delta": {"content": piece}}])
    yield event(number + 1, choices=[{"index": 0, "finish_reason": script.finish, "delta": {"content": ""}}])
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    yield event(number + 2, choices=[], usage=usage)


def _anthropic(script: Script) -> Iterator[bytes]:
    finish = {"stop": "end_turn", "content_filter": "refusal"}.get(script.finish, script.finish)
    message: dict[str, Any] = {
        "id": "m1", "type": "message", "role": "assistant", "model": "stand-in", "content": [], "stop_reason": None,
        "stop_sequence": None, "usage": {"input_tokens": 100, "output_tokens": 1},
    }  # fmt: skip
    yield _event({"type": "message_start", "message": message}, "message_start")
    block = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield _event(block, "content_block_start")
    for piece in _pieces(script):
        delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
        yield _event(delta, "content_block_delta")
    yield _event({"type": "content_block_stop", "index": 0}, "content_block_stop")
    ended = {
        "type": "message_delta",
        "delta": {"stop_reason": finish, "stop_sequence": None},
        "usage": {"input_tokens": 100, "output_tokens": 20},
    }
    yield _event(ended, "message_delta")
    yield _event({"type": "message_stop"}, "message_stop")


def _gemini(script: Script) -> Iterator[bytes]:
    finish = {"stop": "STOP", "content_filter": "SAFETY"}.get(script.finish, script.finish)

    def part(text: str, reason: str = "") -> bytes:
        candidate: dict[str, Any] = {"index": 0, "content": {"role": "model", "parts": [{"text": text}]}}
        if reason:
            candidate["finishReason"] = reason
        usage = {"promptTokenCount": 100, "candidatesTokenCount": 20, "totalTokenCount": 120}
        return json.dumps({"candidates": [candidate], "usageMetadata": usage}, ensure_ascii=False).encode()

    for piece in _pieces(script):
        yield part(piece)
    yield part("", finish)

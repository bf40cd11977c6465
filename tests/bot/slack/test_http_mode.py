"""HTTP mode as users run it: the `kaibi slack` process, real signatures, and an independent Slack Web API (emulate)."""

import hashlib
import hmac
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

TOOLS = Path(__file__).parents[3] / ".tools" / "node_modules" / ".bin"
SECRET, BOT_TOKEN, PERSON_TOKEN, BOT = "signing-secret-of-tests", "xoxb-emulate-bot", "xoxp-emulate-alice", "U00KAIBI"
SEED = {
    "slack": {
        "team": {"name": "Emulate", "domain": "emulate"},
        "users": [{"name": "alice", "real_name": "Alice", "email": "alice@example.com"}],
        "channels": [{"name": "models"}],
        "oauth_apps": [
            {
                "client_id": "1.2",
                "client_secret": "s",
                "name": "Kaibi",
                "redirect_uris": ["http://localhost/x"],
                "scopes": ["chat:write"],
                "bot_id": "B00KAIBI",
                "bot_user_id": BOT,
                "bot_name": "kaibi",
            }
        ],
        "tokens": [
            {"token": BOT_TOKEN, "user_id": BOT, "bot_id": "B00KAIBI", "bot_user_id": BOT, "type": "bot"},
            {"token": PERSON_TOKEN, "user": "alice", "type": "user"},
        ],
    }
}


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def until(condition: Any, *, seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except httpx.HTTPError:
            found = None
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.1)


class Workspace:
    """The emulated Slack, and the Kaibi process that serves it."""

    def __init__(self, api: str, kaibi: str, process: subprocess.Popen[bytes]) -> None:
        self.api, self.kaibi, self.process = api, kaibi, process
        self.channel = next(
            channel["id"] for channel in self.call("conversations.list")["channels"] if channel["name"] == "models"
        )
        self.alice = self.call("auth.test", token=PERSON_TOKEN)["user_id"]

    def call(self, method: str, *, token: str = BOT_TOKEN, **fields: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.post(f"{self.api}{method}", json=fields, headers=headers).json()

    def write(self, text: str, **fields: Any) -> dict[str, Any]:
        """A message by Alice; the event of it."""
        posted = self.call("chat.postMessage", token=PERSON_TOKEN, channel=self.channel, text=text, **fields)
        shared = {"channel": self.channel, "channel_type": "channel", "event_ts": posted["ts"], "ts": posted["ts"]}
        return {"type": "message", "user": self.alice, "text": text, **shared, **fields}

    def deliver(self, event: dict[str, Any], **more: Any) -> httpx.Response:
        """An event as Slack sends it over HTTP."""
        return self.post({"type": "event_callback", "team_id": "T000000001", "event_id": "Ev1", "event": event}, **more)

    def post(
        self, body: dict[str, Any], *, age: float = 0, secret: str = SECRET, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        raw, stamp = json.dumps(body), str(int(time.time() - age))
        signature = hmac.new(secret.encode(), f"v0:{stamp}:{raw}".encode(), hashlib.sha256).hexdigest()
        signed = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
        return httpx.post(
            f"{self.kaibi}/slack/events",
            content=raw,
            headers={"Content-Type": "application/json", **signed, **(headers or {})},
        )

    def answers(self, thread: str) -> list[dict[str, Any]]:
        replies = self.call("conversations.replies", channel=self.channel, ts=thread, include_all_metadata=True)
        return [message for message in replies.get("messages", []) if message.get("user") == BOT]


@pytest.fixture(scope="module")
def workspace(warm_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Both processes, for all tests of this file."""
    emulate = TOOLS / "emulate"
    if not emulate.exists() or not shutil.which("node"):
        pytest.skip("needs node and `make tools`, which installs the Slack emulator emulate@0.9.0 into .tools/")
    folder = tmp_path_factory.mktemp("http")
    (folder / "seed.json").write_text(json.dumps(SEED))
    slack_port, kaibi_port = free_port(), free_port()
    slack = subprocess.Popen(
        [str(emulate), "start", "--service", "slack", "--port", str(slack_port), "--seed", str(folder / "seed.json")],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
    )
    api = f"http://127.0.0.1:{slack_port}/api/"
    process = None
    try:
        until(lambda: httpx.post(f"{api}auth.test", headers={"Authorization": f"Bearer {BOT_TOKEN}"}).json().get("ok"))
        environment = {
            **os.environ,
            "KAIBI_HOME": str(warm_home),
            "DATABASE_URL": f"sqlite:///{folder}/state.db",
            "SLACK_BOT_TOKEN": BOT_TOKEN,
            "SLACK_SIGNING_SECRET": SECRET,
            "SLACK_API_URL": api,
            "PORT": str(kaibi_port),
        }
        command = [sys.executable, "-m", "bot.cli", "slack"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, env=environment, stderr=log)
        kaibi = f"http://127.0.0.1:{kaibi_port}"
        until(lambda: httpx.get(f"{kaibi}/readyz").status_code == 200)
        yield Workspace(api, kaibi, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        logged = (folder / "log").read_text()
        assert '"event": "stopped"' in logged
        assert BOT_TOKEN not in logged
        assert SECRET not in logged
    finally:
        for started in (process, slack):
            if started is not None and started.poll() is None:
                started.kill()
                started.wait()


def test_a_signed_mention_is_answered_in_its_thread_without_what_this_slack_lacks(workspace: Workspace) -> None:
    """Streaming and status lines do not exist here: the answer is one posted message, with quote blocks, sent once."""
    event = workspace.write(f"<@{BOT}> 阿里云为什么要开源大模型？")
    for retry in range(3):
        sent = workspace.deliver({**event, "type": "app_mention"}, headers={"X-Slack-Retry-Num": str(retry)})
        assert sent.status_code == 200
    until(lambda: workspace.answers(event["ts"]))
    time.sleep(1)
    (answer,) = workspace.answers(event["ts"])
    kinds = [element["type"] for block in answer["blocks"] for element in block.get("elements", [])]
    assert "rich_text_quote" in kinds


def test_a_reply_in_the_thread_needs_no_mention(workspace: Workspace) -> None:
    """The thread's history comes from this Slack, with the metadata that the answer was posted with."""
    event = workspace.write(f"<@{BOT}> 阿里云为什么要开源大模型？")
    workspace.deliver({**event, "type": "app_mention"})
    until(lambda: workspace.answers(event["ts"]))
    reply = workspace.write("第一点展开讲讲", thread_ts=event["ts"])
    workspace.deliver(reply)
    until(lambda: len(workspace.answers(event["ts"])) == 2)
    assert "第 1 点" not in json.dumps(workspace.answers(event["ts"])[1], ensure_ascii=False)


@pytest.mark.parametrize("wrong", [{"secret": "guessed"}, {"age": 3_600}], ids=["secret", "time"])
def test_what_slack_did_not_sign_is_refused(workspace: Workspace, wrong: dict[str, Any]) -> None:
    """A wrong signature and an old one get 401, and nothing is answered."""
    event = workspace.write(f"<@{BOT}> 百度为什么闭源？")
    assert workspace.deliver({**event, "type": "app_mention"}, **wrong).status_code == 401
    time.sleep(1)
    assert not workspace.answers(event["ts"])


def test_slack_can_verify_the_address(workspace: Workspace) -> None:
    """The url_verification challenge of "Enable Events" is answered."""
    response = workspace.post({"type": "url_verification", "challenge": "c-123", "token": "t"})
    assert response.status_code == 200
    assert "c-123" in response.text


def test_a_platform_can_watch_the_process(workspace: Workspace) -> None:
    """/healthz and /readyz say yes, /metrics counts in Prometheus's format, an oversized body is refused unread."""
    assert httpx.get(f"{workspace.kaibi}/healthz").text == "ok\n"
    assert httpx.get(f"{workspace.kaibi}/readyz").text == "ready\n"
    numbers = httpx.get(f"{workspace.kaibi}/metrics").text
    assert "kaibi_events_total" in numbers
    assert "kaibi_answer_seconds_bucket" in numbers
    assert httpx.post(f"{workspace.kaibi}/slack/events", content=b"x" * 2_100_000).status_code == 413

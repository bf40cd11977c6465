"""Socket Mode: Slack's events over a WebSocket that we open; no address of ours needs to be public."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp

from bot.slack.courtesy import FAILURES, error_name
from knowledge.errors import SettingsError


@asynccontextmanager
async def connect(app: AsyncApp, app_token: str) -> AsyncIterator[AsyncSocketModeHandler]:
    """Stay connected, through Slack's refreshes, while the block runs.

    Raises:
        SettingsError: if Slack does not accept the token. The client itself would try for ever.
    """
    try:
        opened = await app.client.apps_connections_open(app_token=app_token)
    except FAILURES as error:
        raise SettingsError(
            f"Slack does not accept SLACK_APP_TOKEN ({error_name(error)}).",
            remedy="It is the app-level token (xapp-…) with connections:write; Socket Mode must be switched on.",
        ) from error
    handler = AsyncSocketModeHandler(app, app_token)
    handler.client.wss_uri = opened["url"]
    await handler.client.connect()  # type: ignore[no-untyped-call]
    try:
        yield handler
    finally:
        await handler.client.close()  # type: ignore[no-untyped-call]

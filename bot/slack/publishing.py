"""Post to channel: a private answer shown to all, once, by answering its question anew in the channel."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack import actions
from bot.slack.desk import Desk
from bot.slack.request import Request


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the button under private answers."""

    async def take(
        body: dict[str, Any],
        action: dict[str, Any],
        context: AsyncBoltContext,
        next: Callable[[], Awaitable[None]],
    ) -> None:
        request = request_of(body, action, fallback_team=desk.slack.team)
        context["taken"] = request if await desk.take(request) else None
        await next()

    async def publish(ack: Callable[[], Awaitable[Any]], context: AsyncBoltContext) -> None:
        await ack()
        if context["taken"] is not None:
            await desk.submit(context["taken"])

    app.action(actions.POST_TO_CHANNEL, middleware=[take])(publish)


def request_of(body: Mapping[str, Any], action: Mapping[str, Any], *, fallback_team: str) -> Request:
    """A press of the button as a request. Two presses on one answer are one."""
    container = body.get("container") or {}
    channel = str((body.get("channel") or {}).get("id") or container.get("channel_id") or "")
    pressed = str(container.get("message_ts") or body.get("trigger_id") or "")
    return Request(
        key=f"publish:{channel}:{pressed}"[:200],
        kind="publish",
        team=str((body.get("team") or {}).get("id") or fallback_team),
        channel=channel,
        user=str(body["user"]["id"]),
        text=str(json.loads(str(action["value"]))["q"]),
        thread="",
        response_url=str(body.get("response_url") or ""),
    )

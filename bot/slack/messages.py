"""Messages: mentions in channels, direct messages, replies in threads. All are questions, save files and links to be added."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack.desk import Desk
from bot.slack.request import Request, from_event


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for messages. They are written down before Bolt acknowledges them: what follows can then be made up for."""

    async def take(
        event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> None:
        team = str(body.get("team_id") or desk.slack.team)
        request = from_event(event, team=team, bot_user=desk.slack.bot_user)
        if request is None:
            desk.metrics.events.labels("not_for_us").inc()
        context["taken"] = request if request is not None and await desk.take(request) else None
        await next()

    async def answer(context: AsyncBoltContext) -> None:
        request: Request | None = context["taken"]
        if request is not None:
            await desk.submit(request)

    app.event("app_mention", middleware=[take])(answer)
    app.event("message", middleware=[take])(answer)

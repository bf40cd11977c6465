"""Suggested prompts: in the Messages tab of the agent experience, and in the older assistant panel."""

from typing import Any

from slack_bolt.async_app import AsyncApp

from bot.slack.desk import Desk
from bot.slack.phrases import say, suggestions


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for conversations that are opened. What is written there are ordinary direct messages."""

    async def suggest(channel: str, user: str, **thread: str) -> None:
        person = await desk.people.person(user)
        client = desk.slack.client
        await desk.slack.courtesies.call(
            "assistant.threads.setSuggestedPrompts",
            lambda: client.assistant_threads_setSuggestedPrompts(
                channel_id=channel,
                title=say("prompts_title", person.language),
                prompts=suggestions(),
                **thread,
            ),
        )

    async def messages_opened(event: dict[str, Any]) -> None:
        # With a thread_ts, prompts of the agent experience fail without a word.
        await suggest(str(event["channel"]), str(event["user"]))

    async def panel_opened(event: dict[str, Any]) -> None:
        thread = event["assistant_thread"]
        await suggest(str(thread["channel_id"]), str(thread["user_id"]), thread_ts=str(thread["thread_ts"]))

    async def is_messages_tab(event: dict[str, Any]) -> bool:
        return event.get("tab") == "messages"

    app.event("app_home_opened", matchers=[is_messages_tab])(messages_opened)
    app.event("assistant_thread_started")(panel_opened)

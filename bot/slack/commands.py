"""Commands: /kaibi question, help, docs, compare. Only the asker sees the answer."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.slack import actions
from bot.slack.blocks import escaped, section
from bot.slack.desk import Desk
from bot.slack.listing import document_lines
from bot.slack.phrases import say
from bot.slack.request import Request, plain
from knowledge.document import Language
from knowledge.script import language_of

HELP = ("", "help", "帮助", "幫助", "?", "？")
DOCS = ("docs", "documents", "资料", "資料", "文档", "文檔")
COMPARE = ("compare ", "对照 ", "對照 ", "比较 ", "比較 ")


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the slash command. A question is written down before Slack hears that it was taken."""

    async def take(
        command: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, next: Callable[[], Awaitable[None]]
    ) -> None:
        text = plain(str(command.get("text") or ""))
        context["taken"] = None
        if text.lower() not in (*HELP, *DOCS):
            request = request_of(command, text, fallback_team=desk.slack.team)
            context["taken"] = request if await desk.take(request) else None
        await next()

    async def answer(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
        text = plain(str(command.get("text") or "")).lower()
        name = str(command.get("command") or actions.COMMAND)
        if text in HELP or text in DOCS:
            person = await desk.people.person(str(command["user_id"]))
            unwelcome = await desk.welcome(person.id, str(command.get("channel_id") or ""))
            language = language_of(text) if language_of(text) != "en" else person.language
            if unwelcome:
                shown = say(unwelcome, language)
            else:
                shown = await _documents(desk, language) if text in DOCS else say("help", language, command=name)
            await ack(text=escaped(shown), blocks=[section(shown)], response_type="ephemeral")
            return
        await ack()
        if context["taken"] is not None:
            await desk.submit(context["taken"])

    app.command(actions.COMMAND, middleware=[take])(answer)


def request_of(command: dict[str, Any], text: str, *, fallback_team: str) -> Request:
    """A command as a request. Slack sends a command once; what it is known by is the trigger."""
    prefix = next((word for word in COMPARE if text.lower().startswith(word)), "")
    channel = str(command.get("channel_id") or "")
    return Request(
        key=f"command:{command.get('trigger_id') or uuid.uuid4().hex}"[:200],
        kind="command",
        team=str(command.get("team_id") or fallback_team),
        channel=channel,
        user=str(command.get("user_id") or ""),
        text=text[len(prefix) :].strip(),
        thread="",
        response_url=str(command.get("response_url") or ""),
        compares=bool(prefix),
    )


async def _documents(desk: Desk, language: Language) -> str:
    return "\n".join(document_lines(await desk.answering.documents(), language, characters=9_000))

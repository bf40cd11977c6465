"""The message shortcut "Check against the sources": every sentence of anyone's message, held against the documents."""

import uuid
from collections.abc import Sequence
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import Block, PlainTextObject
from slack_sdk.models.views import View

from bot.claims import Checked, check_text
from bot.slack import actions
from bot.slack.blocks import context, quoted, section, shortened, source_of
from bot.slack.desk import Desk
from bot.slack.phrases import say
from bot.slack.request import plain
from knowledge.document import Language
from knowledge.script import language_of

log = structlog.get_logger(__name__)

SENTENCES = 20
"""Checked at most; a modal holds 100 blocks."""


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the shortcut. The modal opens at once and fills when the check is done."""

    async def check(ack: AsyncAck, shortcut: dict[str, Any]) -> None:
        await ack()
        client = desk.slack.client
        text = plain(str(shortcut["message"].get("text") or ""), keep_lines=True)
        language = language_of(text)
        trigger = str(shortcut["trigger_id"])
        unwelcome = await desk.welcome(shortcut["user"]["id"], str((shortcut.get("channel") or {}).get("id") or ""))
        first = say(unwelcome or "checking", language)
        opened = await desk.slack.courtesies.call(
            "views.open", lambda: client.views_open(trigger_id=trigger, view=check_view([section(first)], language))
        )
        if unwelcome or opened is None:
            return
        try:
            checked, count = await desk.answering.examine(lambda base: check_text(base, text, limit=SENTENCES))
            blocks = check_blocks(checked, count, language)
        except Exception as error:
            identifier = uuid.uuid4().hex[:8]
            log.error("check_failed", id=identifier, exc_info=error)
            blocks = [section(say("failed", language, id=identifier))]
        await desk.slack.courtesies.call(
            "views.update",
            lambda: client.views_update(view_id=opened["view"]["id"], view=check_view(blocks, language)),
        )

    app.shortcut({"type": "message_action", "callback_id": actions.CHECK_MESSAGE})(check)


def check_blocks(checked: Sequence[Checked], count: int, language: Language) -> list[Block]:
    """Each sentence with its verdict and the stored sentence that it rests on."""
    if not checked:
        return [section(say("check_empty", language))]
    blocks: list[Block] = []
    for claim in checked:
        blocks.append(section(shortened(claim.text, 500), bold=True))
        blocks.append(context(_verdict(claim, language)))
        if claim.quote is not None:
            blocks.append(quoted(claim.quote.text, source_of(claim.quote, language)))
    if count > len(checked):
        blocks.append(context(say("check_more", language, count=len(checked))))
    return blocks


def check_view(blocks: Sequence[Block], language: Language) -> View:
    """The modal."""
    return View(
        type="modal",
        title=PlainTextObject(text=say("check_title", language)),
        close=PlainTextObject(text=say("close", language)),
        blocks=list(blocks),
    )


def _verdict(claim: Checked, language: Language) -> str:
    if claim.verdict == "at odds":
        english = language == "en"
        parts = [
            f"{say(f'odds_{found.kind}', language)}{': ' if english else '：'}{found.words}"
            for found in claim.discrepancies
        ]
        return say("check_at_odds", language, what=("; " if english else "；").join(parts))
    return say("check_supported" if claim.verdict == "supported" else "check_not_mentioned", language)

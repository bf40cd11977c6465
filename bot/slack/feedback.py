"""Feedback: thumbs up or down on an answer, and on a thumb down the question why."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement, PlainTextObject
from slack_sdk.models.views import View

from bot.slack import actions
from bot.slack.desk import Desk
from bot.slack.phrases import say
from knowledge.document import Language

_REASON_BLOCK = "reason"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a feedback button carries."""

    good: bool
    key: str
    """Of the request that was answered."""
    question: str
    language: Language


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the two buttons and the modal."""

    async def keep(verdict: Verdict, person: str, reason: str = "") -> None:
        await asyncio.to_thread(
            desk.slack.state.add_feedback,
            key=verdict.key,
            person=person,
            verdict="good" if verdict.good else "bad",
            reason=reason,
            question=verdict.question,
            at=time.time(),
        )

    async def judged(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        verdict = verdict_of(str(action["value"]))
        trigger = str(body.get("trigger_id") or "")
        if not verdict.good:
            view = reason_view(verdict)
            await desk.slack.courtesies.call(
                "views.open", lambda: desk.slack.client.views_open(trigger_id=trigger, view=view)
            )
        # Also where the modal is closed without a word, the thumb counts.
        await keep(verdict, body["user"]["id"])

    async def explained(ack: AsyncAck, body: dict[str, Any], view: dict[str, Any]) -> None:
        await ack()
        await keep(verdict_of(view["private_metadata"]), body["user"]["id"], reason_of(view))

    app.action(actions.GOOD_OR_BAD)(judged)
    app.view(actions.REASON)(explained)


def verdict_of(value: str) -> Verdict:
    """Read what a button or the modal carried."""
    found = json.loads(value[1:])
    return Verdict(value.startswith("+"), str(found["k"]), str(found["q"]), found["l"])


def reason_of(view: Mapping[str, Any]) -> str:
    """What was typed into the modal."""
    values = view["state"]["values"]
    return str(values[_REASON_BLOCK][actions.REASON_TEXT].get("value") or "")


def reason_view(verdict: Verdict) -> View:
    """The modal that asks why."""
    language = verdict.language
    packed = json.dumps({"k": verdict.key, "q": verdict.question, "l": language}, ensure_ascii=False)
    return View(
        type="modal",
        callback_id=actions.REASON,
        private_metadata=f"-{packed}",
        title=PlainTextObject(text=say("reason_title", language)),
        submit=PlainTextObject(text=say("send", language)),
        close=PlainTextObject(text=say("cancel", language)),
        blocks=[
            InputBlock(
                block_id=_REASON_BLOCK,
                optional=True,
                label=PlainTextObject(text=say("reason_label", language)),
                element=PlainTextInputElement(
                    action_id=actions.REASON_TEXT,
                    multiline=True,
                    max_length=1_000,
                    placeholder=PlainTextObject(text=say("reason_hint", language)),
                ),
            )
        ],
    )

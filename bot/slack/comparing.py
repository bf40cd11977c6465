"""Comparing: an open and a closed model's answers on the same evidence, without names until one has voted."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncRespond
from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement, PlainTextObject

from bot.slack import actions
from bot.slack.blocks import Message, context, escaped, quoted, section, shortened, source_of
from bot.slack.phrases import say
from bot.slack.reply import Slack
from knowledge.document import Language

if TYPE_CHECKING:
    from bot.compare import Comparison, Side
    from bot.slack.desk import Desk

TIE = "tie"
_STATEMENT = 600
"""Characters of a statement shown."""
_QUOTES = 4
"""Quotes shown of a side; all of them could fill more than a message."""


def register(app: AsyncApp, desk: "Desk") -> None:
    """Listen for votes."""

    async def voted(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any], respond: AsyncRespond) -> None:
        await ack()
        found = json.loads(str(action["value"]))
        await asyncio.to_thread(_keep, desk.slack, found, str(body["user"]["id"]))
        names = " · ".join(f"{label} = {spec}" for label, spec, _ in found["s"])
        text = say("voted", found["l"], names=names)
        await respond(text=escaped(text), blocks=[section(text)], response_type="ephemeral", replace_original=False)

    for label in ("A", "B", TIE):
        app.action(f"{actions.VOTE}_{label}")(voted)


def comparison_messages(comparison: "Comparison") -> list[Message]:
    """A message for each side, the vote under the last."""
    language = comparison.language
    messages = [
        Message((section(f"{comparison.question}"),), escaped(shortened(comparison.question, 500))),
        *(
            Message(tuple(_side_blocks(side, language)), say("side", language, label=side.label))
            for side in comparison.sides
        ),
    ]
    return [*messages[:-1], Message((*messages[-1].blocks, _votes(comparison)), messages[-1].text)]


def _side_blocks(side: "Side", language: Language) -> list[Block]:
    blocks: list[Block] = [section(say("side", language, label=side.label), bold=True)]
    blocks += [section(shortened(statement.text, _STATEMENT)) for statement in side.statements[:10]]
    if not side.statements:
        blocks.append(section(say("side_failed", language)))
    blocks += [quoted(quote.text, source_of(quote, language)) for quote in side.quotes[:_QUOTES]]
    if side.removed:
        blocks.append(context(say("side_removed", language, count=len(side.removed))))
    return blocks


def _votes(comparison: "Comparison") -> ActionsBlock:
    sides = [[side.label, side.spec, side.backend.weights or ""] for side in comparison.sides]
    shared = {"id": comparison.id, "q": shortened(comparison.question, 300), "l": comparison.language, "s": sides}
    buttons = [
        ButtonElement(
            action_id=f"{actions.VOTE}_{label}",
            text=PlainTextObject(text=text, emoji=False),
            value=json.dumps({**shared, "v": label}, ensure_ascii=False),
        )
        for label, text in (
            *((side.label, say("better", comparison.language, label=side.label)) for side in comparison.sides),
            (TIE, say("tie", comparison.language)),
        )
    ]
    return ActionsBlock(elements=buttons)


def _keep(slack: Slack, found: dict[str, Any], person: str) -> None:
    from bot.answer import Backend
    from bot.compare import Comparison, Side
    from bot.llm.backends import Usage
    from bot.votes import vote

    sides = tuple(
        Side(label, spec, Backend(spec, None, weights or None, "local"), (), (), (), 0.0, Usage(), "")
        for label, spec, weights in found["s"]
    )
    vote(slack.state, Comparison(found["id"], found["q"], found["l"], sides), found["v"], person=person)

"""Show in context: each quote where it stands, highlighted, a page each, in a modal."""

from collections.abc import Sequence
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    PlainTextObject,
    RichTextBlock,
    RichTextElementParts,
    RichTextSectionElement,
)
from slack_sdk.models.views import View

from bot.slack import actions
from bot.slack.answering import InContext
from bot.slack.blocks import Style, Text, context, link, section
from bot.slack.desk import Desk
from bot.slack.phrases import say
from bot.slack.places import Packed, pack, unpack
from knowledge.document import Language


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the button under answers and for the modal's page buttons."""

    async def page_of(packed: Packed) -> View:
        place = packed.places[packed.page]
        return context_view(packed, await desk.answering.in_context(place))

    async def show(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        packed = unpack(str(action["value"]))
        if not packed.places or await desk.welcome(
            body["user"]["id"], str((body.get("channel") or {}).get("id") or "")
        ):
            return
        trigger = str(body["trigger_id"])
        view = await page_of(packed)
        await desk.slack.courtesies.call(
            "views.open", lambda: desk.slack.client.views_open(trigger_id=trigger, view=view)
        )

    async def turn(ack: AsyncAck, body: dict[str, Any], action: dict[str, Any]) -> None:
        await ack()
        view = await page_of(unpack(str(action["value"])))
        shown = body["view"]
        await desk.slack.courtesies.call(
            "views.update", lambda: desk.slack.client.views_update(view_id=shown["id"], hash=shown["hash"], view=view)
        )

    app.action(actions.SHOW_CONTEXT)(show)
    for step in (-1, 1):
        app.action(f"{actions.TURN_PAGE}{step}")(turn)


def context_view(packed: Packed, found: InContext | None) -> View:
    """One page of the modal."""
    language = packed.language
    count = len(packed.places)
    blocks: list[Block] = [context(say("context_page", language, page=packed.page + 1, pages=count))]
    if found is None:
        changed = say("context_changed", language, document=packed.places[packed.page].document)
        blocks.append(section(changed))
    else:
        blocks += _passage(found, language)
    buttons = _turns(packed)
    if buttons:
        blocks.append(ActionsBlock(elements=buttons))
    return View(
        type="modal",
        title=PlainTextObject(text=say("context_title", language)),
        close=PlainTextObject(text=say("close", language)),
        blocks=blocks,
    )


def _passage(found: InContext, language: Language) -> list[Block]:
    about = found.metadata
    title = RichTextBlock(
        elements=[RichTextSectionElement(elements=[link((about.title or "—")[:200], about.url)])],
    )
    kind = say(f"{about.kind}_kind", language)
    details = [kind if about.kind == "note" else about.publisher or kind, about.date, found.heading]
    words: Sequence[RichTextElementParts.Text] = [
        Text(text=text, style=style)
        for text, style in ((found.before, None), (found.quote, Style(bold=True, code=True)), (found.after, None))
        if text
    ]
    return [
        title,
        context(" · ".join(detail for detail in details if detail) or "—"),
        RichTextBlock(elements=[RichTextSectionElement(elements=list(words))]),
    ]


def _turns(packed: Packed) -> list[ButtonElement]:
    buttons = []
    for step, name in ((-1, "previous"), (1, "next")):
        page = packed.page + step
        if 0 <= page < len(packed.places):
            buttons.append(
                ButtonElement(
                    action_id=f"{actions.TURN_PAGE}{step}",
                    text=PlainTextObject(text=say(name, packed.language)),
                    value=pack(packed.places, packed.language, page=page),
                )
            )
    return buttons

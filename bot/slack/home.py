"""The Home tab: what Kaibi knows, who words its answers, how to ask."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject
from slack_sdk.models.views import View

from bot.answer import Backend
from bot.slack import actions
from bot.slack.answering import Listed
from bot.slack.blocks import described, section
from bot.slack.desk import Desk
from bot.slack.listing import document_lines
from bot.slack.phrases import PROMPTS, say
from knowledge.document import Language

if TYPE_CHECKING:
    from bot.llm.counting import Count


def register(app: AsyncApp, desk: Desk) -> None:
    """Listen for the Home tab being opened."""

    async def opened(event: dict[str, Any]) -> None:
        person = await desk.people.person(str(event["user"]))
        documents = await desk.answering.documents()
        backend = await desk.answering.backend()
        view = home_view(documents, backend, person.language, await desk.answering.counted(backend))
        client = desk.slack.client
        await desk.slack.courtesies.call(
            "views.publish", lambda: client.views_publish(user_id=str(event["user"]), view=view)
        )

    async def is_home_tab(event: dict[str, Any]) -> bool:
        return bool(event.get("tab", "home") == "home")

    app.event("app_home_opened", matchers=[is_home_tab])(opened)


def home_view(
    documents: Sequence[Listed], backend: Backend, language: Language, counted: "Count | None" = None
) -> View:
    """The tab in one language."""
    words = [described(backend, language)]
    if counted and counted.statements:
        percent = f"{counted.removed / counted.statements:.0%}"
        told = {"removed": counted.removed, "statements": counted.statements, "percent": percent}
        words.append(say("home_removed", language, **told))
    questions = "\n".join(f"• {pair[1] if language == 'en' else pair[0]}" for pair in PROMPTS)
    count, *lines = document_lines(documents, language, characters=9_000)
    blocks: list[Block] = [
        _header(say("home_title", language)),
        section(f"{say('help', language, command=actions.COMMAND)}\n\n{say('prompts_title', language)}\n{questions}"),
        DividerBlock(),
        _header(say("home_backend", language)),
        section("\n".join(words)),
        DividerBlock(),
        _header(count),
        *(section("\n".join(lines[at : at + 20])) for at in range(0, len(lines), 20)),
    ]
    return View(type="home", blocks=blocks)


def _header(text: str) -> HeaderBlock:
    return HeaderBlock(text=PlainTextObject(text=text, emoji=False))

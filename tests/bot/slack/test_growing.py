"""An answer that grows: streamed statement by statement into one message, and replaced where it turned out otherwise."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from standin import BOT, BOT_TOKEN, TEAM, Standin

from bot.answer import EXTRACTIVE, Answer, Backend, Statement
from bot.slack.courtesy import Courtesies
from bot.slack.metrics import Metrics
from bot.slack.reply import Reply, Slack
from bot.slack.request import Request
from bot.state import State

MODEL = Backend("ollama", "qwen3:8b", "open", "local")
SAID = tuple(Statement(f"Statement {n}.", None, ()) for n in (1, 2, 3))


def answer(*statements: Statement, backend: Backend = MODEL) -> Answer:
    return Answer("Why?", "en", "answered", statements, (), None, backend)


@pytest.fixture
async def reply(slack: Standin, tmp_path: Path) -> AsyncIterator[Reply]:
    """The reply to a mention."""
    state = State(f"sqlite:///{tmp_path}/state.db")
    asked = slack.say("C1", "Why?")
    request = Request(f"C1:{asked['ts']}", "mention", TEAM, "C1", "U1", "Why?", asked["ts"], asked["ts"])
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(BOT_TOKEN, base_url=slack.api_url, session=session)
        yield Reply(Slack(client, Courtesies(Metrics()), state, TEAM, BOT), request)
    state.close()


async def test_statements_are_streamed_as_they_come(slack: Standin, reply: Reply) -> None:
    """Three drafts make one message whose text grew, ended by the blocks."""
    for count in (1, 2):
        await reply.grow(answer(*SAID[:count]))
        assert slack.ours("C1")[0]["text"].count("Statement") == count
    await reply.answer(answer(*SAID))
    (message,) = slack.ours("C1")
    assert message["text"].count("Statement") == 3
    assert not message["streaming"]
    assert "Statement" not in str(message["blocks"])
    assert message["metadata"]["event_payload"]["done"]


@pytest.mark.parametrize(
    "final",
    [answer(SAID[1], SAID[2]), answer(SAID[2], backend=EXTRACTIVE)],
    ids=["a statement was withdrawn", "the model failed"],
)
async def test_what_did_not_hold_does_not_stay(slack: Standin, reply: Reply, final: Answer) -> None:
    """Where the whole answer lacks what was streamed, it takes the message's place."""
    await reply.grow(answer(SAID[0]))
    await reply.answer(final)
    (message,) = slack.ours("C1")
    assert "Statement 1" not in message["text"] + str(message["blocks"])
    assert "Statement 3" in str(message["blocks"])


async def test_an_expired_stream_is_completed_in_its_message(slack: Standin, reply: Reply) -> None:
    """Slack ends streams after some minutes: the answer is then written into the same message."""
    await reply.grow(answer(SAID[0]))
    slack.ours("C1")[0]["streaming"] = False
    await reply.answer(answer(*SAID))
    (message,) = slack.ours("C1")
    assert str(message["blocks"]).count("Statement") == 3


async def test_what_was_removed_is_told_in_the_footer(slack: Standin, reply: Reply) -> None:
    """Removed statements are counted, and why another backend answered is said."""
    backend = replace(MODEL, removed=2, reason="The first one rests.", licence="Apache-2.0")
    await reply.answer(answer(*SAID, backend=backend))
    shown = str(slack.ours("C1")[0]["blocks"])
    assert "2 statements removed" in shown
    assert "The first one rests." in shown
    assert "Apache-2.0" in shown

"""Kaibi in Socket Mode, over real sockets: what is asked is answered, once, in its thread."""

import asyncio
import json
import time

import pytest
from standin import BOT, Fields, Standin, Worker

from bot.conversation import Conversation
from bot.session import reply
from bot.slack.request import from_event
from bot.state import State
from knowledge.base import KnowledgeBase

QUESTION = "阿里云为什么要开源大模型？"


def quotes(message: Fields) -> list[str]:
    """What stands in the quote blocks of a message."""
    elements = [element for block in message["blocks"] for element in block.get("elements") or []]
    quoted = [element for element in elements if element.get("type") == "rich_text_quote"]
    return ["".join(part["text"] for part in element["elements"]) for element in quoted]


def shown(message: Fields) -> str:
    """Everything that a message shows, as JSON."""
    return json.dumps([message.get("text"), message.get("blocks")], ensure_ascii=False)


async def finished(slack: Standin, channel: str, *, thread: str = "", count: int = 1) -> list[Fields]:
    """Kaibi's messages, once there are `count` whole ones and nothing more comes."""

    def whole() -> bool:
        found = slack.ours(channel, thread=thread)
        return len(found) >= count and all(message.get("blocks") and not message.get("streaming") for message in found)

    await slack.until(whole)
    await slack.settled()
    return slack.ours(channel, thread=thread)


async def test_a_mention_gets_one_answer_whose_quotes_are_stored_words(
    slack: Standin, worker: Worker, base: KnowledgeBase
) -> None:
    """A mention, delivered as two events, is answered by one message in its thread, with verbatim quotes."""
    async with worker():
        event = await slack.mention("C1", QUESTION)
        (message,) = await finished(slack, "C1", thread=event["ts"])
    stored = "".join(passage.text for passage in base.index.passages)
    assert quotes(message)
    assert all(quote in stored for quote in quotes(message))
    assert message["metadata"]["event_payload"]["key"] == f"C1:{event['ts']}"
    assert not slack.ours("C1")[1:]


async def test_what_is_sent_again_to_several_workers_is_answered_once(slack: Standin, worker: Worker) -> None:
    """Two workers that share a database answer a question once, in whatever order Slack repeats its events."""
    async with worker(), worker():
        event = slack.say("C1", f"<@{BOT}> {QUESTION}")
        sent = [
            await slack.deliver(kind, retry=retry)
            for retry in range(3)
            for kind in (event, {**event, "type": "app_mention"})
        ]
        await finished(slack, "C1")
        await slack.until(lambda: all(envelope in slack.acks for envelope in sent))
    assert len(slack.ours("C1")) == 1


async def test_a_refreshed_connection_loses_nothing(slack: Standin, worker: Worker) -> None:
    """Questions that are under way while Slack renews the connection are answered, and later ones too."""
    slack.slow["chat.startStream"] = 0.5
    async with worker():
        await slack.mention("C1", QUESTION)
        await slack.refresh()
        await slack.until(lambda: slack.connections == 2)
        await slack.mention("C1", "Which vendors stayed closed?")
        await finished(slack, "C1", count=2)
    assert len(slack.ours("C1")) == 2


async def test_bots_edits_and_deletions_are_left_alone(slack: Standin, worker: Worker) -> None:
    """Nothing but a person's new message to Kaibi is answered, and all of it is acknowledged."""
    async with worker():
        asked = {"type": "message", "channel": "D1", "channel_type": "im", "user": "U1", "text": QUESTION}
        quiet = [
            {**asked, "ts": "1.1", "bot_id": "B9"},
            {**asked, "ts": "1.2", "subtype": "message_changed", "message": {"text": QUESTION}},
            {**asked, "ts": "1.3", "subtype": "message_deleted"},
            {**asked, "ts": "1.4", "user": BOT},
            {**asked, "ts": "1.5", "edited": {"user": "U1", "ts": "1.6"}},
            {**asked, "ts": "1.7", "channel": "C1", "channel_type": "channel"},
            {**asked, "ts": "1.8", "channel": "C1", "channel_type": "channel", "thread_ts": "1.7"},
            {"type": "reaction_added", "user": "U1", "item": {}, "event_ts": "1.9"},
        ]
        sent = [await slack.deliver(event) for event in quiet]
        await slack.until(lambda: all(envelope in slack.acks for envelope in sent))
        await slack.settled()
    assert not [name for name, _ in slack.calls if name.startswith("chat.")]


async def test_a_follow_up_needs_neither_mention_nor_memory(
    slack: Standin, worker: Worker, base: KnowledgeBase, tmp_path: object
) -> None:
    """In its thread Kaibi answers on without a mention, from Slack's history alone: by a worker with an empty database."""
    async with worker():
        event = await slack.mention("C1", QUESTION)
        await finished(slack, "C1")
    async with worker(DATABASE_URL=f"sqlite:///{tmp_path}/other.db"):
        await slack.deliver(slack.say("C1", "第一点展开讲讲", user="U2", thread=event["ts"]))
        _, second = await finished(slack, "C1", thread=event["ts"], count=2)
    conversation = Conversation()
    reply(base, conversation, QUESTION)
    expected = reply(base, conversation, "第一点展开讲讲")
    assert quotes(second) == [quote.text for quote in expected.quotes] != []


async def test_people_among_themselves_are_not_interrupted(slack: Standin, worker: Worker) -> None:
    """In an answered thread, thanks and words to somebody else get no answer."""
    async with worker():
        event = await slack.mention("C1", QUESTION)
        await finished(slack, "C1")
        await slack.deliver(slack.say("C1", "谢谢！", thread=event["ts"]))
        await slack.deliver(slack.say("C1", "<@U7> what do you think of it?", thread=event["ts"]))
        await slack.settled()
    assert len(slack.ours("C1")) == 1


@pytest.mark.parametrize(
    ("question", "expected"), [("Why is the sky blue?", "My sources"), ("哪裡買得到好吃的麵包？", "我的資料")]
)
async def test_a_direct_message_is_answered_in_its_language(
    slack: Standin, worker: Worker, question: str, expected: str
) -> None:
    """In the direct conversation no mention is needed, and the answer speaks the asker's language."""
    async with worker() as running:
        await slack.deliver(slack.say("D1", question))
        (message,) = await finished(slack, "D1")
        (gap,) = running.state.gaps()
    assert expected in shown(message)
    assert gap["question"] == question


async def test_a_killed_workers_question_is_answered_by_another(
    slack: Standin, worker: Worker, tmp_path: object
) -> None:
    """What a worker took and left unanswered is answered by the next, unless it is older than ten minutes."""
    url = f"sqlite:///{tmp_path}/shared.db"
    state = State(url)
    for channel, age in (("C1", 60.0), ("C2", 700.0)):
        event = slack.say(channel, f"<@{BOT}> {QUESTION}")
        request = from_event({**event, "type": "app_mention"}, team="T1", bot_user=BOT)
        assert request
        now = time.time()
        state.take(
            request.key,
            team="T1",
            channel=channel,
            thread=request.thread,
            person="U1",
            request=request.to_json(),
            worker="killed",
            now=now - age,
            until=now - 1,
        )
    async with worker(DATABASE_URL=url):
        await finished(slack, "C1")
    assert len(slack.ours("C1")) == 1
    assert not slack.ours("C2")
    assert state.outcomes() == {"done": 1, "expired": 1}
    state.close()


async def test_an_answer_that_was_posted_before_the_kill_is_not_posted_again(
    slack: Standin, worker: Worker, tmp_path: object
) -> None:
    """A worker that takes over finds the earlier answer by its metadata; a mere placeholder it completes."""
    url = f"sqlite:///{tmp_path}/shared.db"
    state = State(url)
    for channel, done in (("C1", True), ("C2", False)):
        event = slack.say(channel, f"<@{BOT}> {QUESTION}")
        request = from_event({**event, "type": "app_mention"}, team="T1", bot_user=BOT)
        assert request
        about = {"event_type": "kaibi_answer", "event_payload": {"key": request.key, "done": done}}
        slack.do_chat_postMessage(
            {"channel": channel, "thread_ts": event["ts"], "text": "…", "blocks": [], "metadata": about}
        )
        state.take(
            request.key,
            team="T1",
            channel=channel,
            thread=request.thread,
            person="U1",
            request=request.to_json(),
            worker="killed",
            now=time.time(),
            until=0.0,
        )
    async with worker(DATABASE_URL=url):
        await slack.until(lambda: state.outcomes() == {"done": 2})
    assert [message["text"] for message in slack.ours("C1")] == ["…"]
    (completed,) = slack.ours("C2")
    assert quotes(completed)
    state.close()


async def test_a_post_whose_confirmation_is_lost_is_not_repeated(slack: Standin, worker: Worker) -> None:
    """Where the connection breaks after Slack took the message, the message is looked for before posting again."""
    slack.errors["chat.startStream"] = "unknown_method"
    slack.vanishing["chat.postMessage"] = 1
    async with worker() as running:
        await slack.mention("C1", QUESTION)
        await slack.until(lambda: running.state.outcomes() == {"done": 1})
    assert len(slack.ours("C1")) == 1


LACKING = [
    {"chat.startStream": "unknown_method"},
    {"chat.startStream": "missing_scope", "assistant.threads.setStatus": "missing_scope"},
    {"chat.stopStream": "message_not_in_streaming_state"},
    {"chat.stopStream": "unknown_method", "chat.update": "message_not_found"},
    {"users.info": "missing_scope", "assistant.threads.setStatus": "not_allowed_token_type"},
    {"chat.startStream": "unknown_method", "chat.postMessage": lambda f: "invalid_blocks" if f.get("blocks") else None},
    {
        "chat.startStream": "unknown_method",
        "chat.postMessage": lambda f: "metadata_too_large" if f.get("metadata") else None,
    },
]


@pytest.mark.parametrize("lacking", LACKING, ids=lambda lacking: "+".join(lacking))
async def test_a_method_that_fails_costs_a_nicety_only(slack: Standin, worker: Worker, lacking: Fields) -> None:
    """Whatever Slack refuses, the answer is there, and the question is done."""
    slack.errors = dict(lacking)
    async with worker() as running:
        await slack.mention("C1", QUESTION)
        await slack.until(lambda: running.state.outcomes() == {"done": 1})
    assert "阿里云" in shown(slack.ours("C1")[-1])


async def test_a_slow_answer_shows_a_placeholder_that_becomes_the_answer(
    slack: Standin, worker: Worker, base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where Slack shows no status line, a slow answer is announced by a message, and takes its place."""
    slack.errors = {"assistant.threads.setStatus": "unknown_method", "chat.startStream": "unknown_method"}
    monkeypatch.setattr("bot.slack.desk.SLOW_SECONDS", 0.0)
    async with worker():
        await slack.mention("C1", QUESTION)
        await slack.until(lambda: slack.called("chat.update"))
    (posted,) = slack.called("chat.postMessage")
    assert "正在查找" in shown(posted)
    (message,) = slack.ours("C1")
    assert quotes(message)


async def test_slacks_rate_limit_is_waited_for(slack: Standin, worker: Worker) -> None:
    """A message that Slack puts off is posted when Slack says so."""
    slack.errors["chat.startStream"] = "unknown_method"
    slack.limited["chat.postMessage"] = 1
    async with worker():
        await slack.mention("C1", QUESTION)
        await finished(slack, "C1")
    assert len(slack.called("chat.postMessage")) == 2


async def test_one_persons_many_questions_do_not_hold_up_anothers(slack: Standin, worker: Worker) -> None:
    """A question comes second after one of the person who asked twelve, and people are told how many are before them."""
    slack.errors["chat.startStream"] = "unknown_method"
    slack.slow["chat.postMessage"] = 0.15
    async with worker({"queued_after": 0.1}, KAIBI_SLACK_CONCURRENCY="1"):
        for number in range(12):
            await slack.mention("C1", f"{QUESTION} {number}", user="U1")
        late = await slack.mention("C1", "华为开源了什么？", user="U2")
        await finished(slack, "C1", count=13)
    order = [message["thread_ts"] for message in slack.ours("C1")]
    assert order.index(late["ts"]) <= 6
    told = [fields["status"] for fields in slack.called("assistant.threads.setStatus")]
    assert any("前面还有" in status for status in told)


async def test_who_asks_too_much_is_told_so(slack: Standin, worker: Worker) -> None:
    """Above the rate a person hears when to ask again, and only they hear it."""
    async with worker(KAIBI_SLACK_USER_RATE="2"):
        for number in range(3):
            await slack.mention("C1", f"{QUESTION} {number}")
            await slack.settled(seconds=0.3)
        await slack.until(lambda: slack.called("chat.postEphemeral"))
    (whisper,) = slack.called("chat.postEphemeral")
    assert whisper["user"] == "U1"
    assert "60" in whisper["text"]
    assert len(slack.ours("C1")) == 2


@pytest.mark.parametrize(
    ("variables", "person", "answers"),
    [
        ({}, {}, 1),
        ({}, {"is_restricted": True}, 0),
        ({}, {"is_stranger": True}, 0),
        ({}, {"team_id": "T2"}, 0),
        ({"KAIBI_SLACK_OUTSIDERS": "true"}, {"is_restricted": True}, 1),
        ({"KAIBI_SLACK_CHANNELS": "C2, C3"}, {}, 0),
        ({"KAIBI_SLACK_CHANNELS": "C1"}, {}, 1),
        ({"KAIBI_SLACK_USERS": "U2"}, {}, 0),
        ({"KAIBI_SLACK_USERS": "U1 U2"}, {}, 1),
    ],
)
async def test_only_those_who_may_are_answered(
    slack: Standin, worker: Worker, variables: dict[str, str], person: Fields, answers: int
) -> None:
    """Allow-lists, guests and strangers: who is not answered is told why, and nobody else hears it."""
    slack.people["U1"] = person
    async with worker(**variables) as running:
        await slack.mention("C1", QUESTION)
        await slack.until(lambda: running.state.outcomes() == {"done": 1})
    assert len(slack.ours("C1")) == answers
    assert len(slack.called("chat.postEphemeral")) == 1 - answers


async def test_what_is_taken_is_finished_before_the_end(slack: Standin, worker: Worker) -> None:
    """A worker that is told to stop answers what it has taken."""
    async with worker():
        sent = [await slack.deliver({**slack.say("D1", f"{QUESTION} {n}"), "type": "message"}) for n in range(4)]
        await slack.until(lambda: all(envelope in slack.acks for envelope in sent))
        await asyncio.sleep(0.05)
    assert len(slack.ours("D1")) == 4
    assert not [message for message in slack.ours("D1") if message.get("streaming")]

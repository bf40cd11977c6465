"""Commands, buttons, modals, the shortcut, the Home tab and uploads, over real sockets."""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from standin import APP_TOKEN, BOT_TOKEN, Fields, Standin, Worker

from bot.answer import Backend, Statement
from bot.compare import Comparison, Side
from bot.llm.backends import Usage
from bot.slack.comparing import comparison_messages
from bot.slack.logs import configure_logs
from bot.votes import board
from knowledge.base import KnowledgeBase

QUESTION = "DeepSeek-R1 采用什么许可证？"


def command(slack: Standin, text: str, trigger: str = "trigger-1") -> Fields:
    return {
        "command": "/kaibi",
        "text": text,
        "team_id": "T1",
        "channel_id": "C1",
        "user_id": "U1",
        "trigger_id": trigger,
        "response_url": f"http://127.0.0.1:{slack.port}/respond",
    }


def press(slack: Standin, block: Fields, action: Fields, **more: Fields) -> Fields:
    """The payload of a pressed button."""
    pressed = {"type": "button", "block_id": block.get("block_id", "b"), "action_ts": "1.1", **action}
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "container": {"type": "message", "message_ts": "9.9", "channel_id": "C1"},
        "trigger_id": "trigger-2",
        "response_url": f"http://127.0.0.1:{slack.port}/respond",
        "actions": [pressed],
        **more,
    }


def button(blocks: list[Fields], action_id: str) -> Fields:
    found = [e for block in blocks for e in block.get("elements") or [] if e.get("action_id") == action_id]
    return {"action_id": action_id, "value": found[0]["value"]}


def told(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


async def test_a_command_is_answered_privately_and_can_be_posted_once(slack: Standin, worker: Worker) -> None:
    """The answer to /kaibi goes to the asker alone; "Post to channel", pressed twice, posts it once."""
    async with worker():
        envelope = await slack.envelope("slash_commands", command(slack, QUESTION))
        await slack.until(lambda: slack.responses)
        assert envelope in slack.acks
        assert not slack.ours("C1")
        (private,) = slack.responses
        assert private["response_type"] == "ephemeral"
        for _ in range(2):
            pressed = press(slack, {}, button(private["blocks"], "kaibi_publish"))
            await slack.envelope("interactive", pressed)
        await slack.until(lambda: slack.ours("C1"))
        await slack.settled()
    (message,) = slack.ours("C1")
    assert QUESTION in told(message["blocks"])


async def test_posting_to_a_channel_without_kaibi_is_explained_to_the_presser(slack: Standin, worker: Worker) -> None:
    """Where Kaibi is not in the channel, the one who pressed the button is told to invite it."""
    slack.errors["chat.postMessage"] = "not_in_channel"
    async with worker():
        value = {"action_id": "kaibi_publish", "value": json.dumps({"q": QUESTION})}
        await slack.envelope("interactive", press(slack, {}, value))
        await slack.until(lambda: slack.responses)
    assert "/invite" in told(slack.responses)


@pytest.mark.parametrize(("text", "expected"), [("", "/kaibi docs"), ("help", "/kaibi docs"), ("docs", "documents")])
async def test_help_and_docs_are_answered_at_once(slack: Standin, worker: Worker, text: str, expected: str) -> None:
    """/kaibi help and /kaibi docs come with the acknowledgement."""
    async with worker():
        envelope = await slack.envelope("slash_commands", command(slack, text))
        await slack.until(lambda: envelope in slack.acks)
    assert expected in told(slack.ack_payloads[envelope])


async def test_a_thumb_down_is_kept_with_its_reason(slack: Standin, worker: Worker) -> None:
    """A verdict counts when the thumb is pressed; the modal's reason replaces it, for the same answer and person."""
    async with worker() as running:
        await slack.envelope("slash_commands", command(slack, QUESTION))
        await slack.until(lambda: slack.responses)
        blocks = slack.responses[0]["blocks"]
        (buttons,) = [e for b in blocks for e in b.get("elements") or [] if e.get("type") == "feedback_buttons"]
        pressed = {"type": "feedback_buttons", "action_id": buttons["action_id"], **buttons["negative_button"]}
        await slack.envelope("interactive", press(slack, {}, pressed))
        (opened,) = await slack.until(lambda: slack.called("views.open"))
        await slack.until(running.state.feedback)
        assert running.state.feedback()[0]["verdict"] == "bad"
        view = opened["view"]
        state = {"values": {"reason": {"kaibi_reason_text": {"type": "plain_text_input", "value": "太旧了"}}}}
        submitted = {
            "type": "view_submission",
            "team": {"id": "T1"},
            "user": {"id": "U1"},
            "view": {**view, "state": state},
        }
        await slack.envelope("interactive", submitted)
        await slack.until(lambda: running.state.feedback()[0]["reason"])
        (kept,) = running.state.feedback()
    assert (kept["verdict"], kept["reason"], kept["question"], kept["person"]) == ("bad", "太旧了", QUESTION, "U1")


async def test_show_in_context_highlights_the_quote_and_turns_pages(
    slack: Standin, worker: Worker, base: KnowledgeBase
) -> None:
    """The modal shows a stretch of the document with the quote in bold, and the next page the next quote."""
    async with worker():
        await slack.envelope("slash_commands", command(slack, QUESTION))
        await slack.until(lambda: slack.responses)
        await slack.envelope("interactive", press(slack, {}, button(slack.responses[0]["blocks"], "kaibi_context")))
        (opened,) = await slack.until(lambda: slack.called("views.open"))
        turn = button(opened["view"]["blocks"], "kaibi_page1")
        await slack.envelope("interactive", press(slack, {}, turn, view={"id": "V1", "hash": "h1"}))
        (updated,) = await slack.until(lambda: slack.called("views.update"))
    places = json.loads(turn["value"])["q"]
    for page, call in enumerate((opened, updated)):
        document, _, start, end = places[page]
        text = "".join(passage.text for passage in base.index.passages if passage.document == document)
        parts = call["view"]["blocks"][3]["elements"][0]["elements"]
        assert "".join(part["text"] for part in parts) in text
        assert [part["text"] for part in parts if part.get("style")] == [text[start:end]]


async def test_a_message_is_checked_sentence_by_sentence(slack: Standin, worker: Worker) -> None:
    """The shortcut tells of each sentence whether it is supported, at odds in a date, or not mentioned."""
    text = (
        "Meta released Llama 2 with 7B, 13B and 70B on 18 July 2023. "
        "Meta released Llama 2 with 7B, 13B and 70B on 18 July 2019. Our lunch is at noon in the canteen."
    )
    shortcut = {
        "type": "message_action",
        "callback_id": "kaibi_check",
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "trigger_id": "trigger-3",
        "response_url": f"http://127.0.0.1:{slack.port}/respond",
        "message": {"type": "message", "user": "U2", "text": text, "ts": "5.5"},
    }
    async with worker():
        await slack.envelope("interactive", shortcut)
        (updated,) = await slack.until(lambda: slack.called("views.update"))
    blocks = updated["view"]["blocks"]
    verdicts = [block["elements"][0]["text"] for block in blocks if block["type"] == "context"]
    assert [verdict[0] for verdict in verdicts] == ["✅", "⚠", "➖"]
    assert "date" in verdicts[1]
    assert "2019" in verdicts[1]


async def test_the_home_tab_lists_the_documents_and_the_backend(slack: Standin, worker: Worker) -> None:
    """The Home tab shows, in the person's language, what Kaibi knows and who words the answers."""
    slack.people["U1"] = {"locale": "zh-CN"}
    async with worker():
        await slack.deliver(
            {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home", "event_ts": "1.1"}
        )
        (published,) = await slack.until(lambda: slack.called("views.publish"))
    view = told(published["view"])
    assert "extractive" in view
    assert "怎么问" in view or "@ 我提问" in view
    assert "DeepSeek" in view


@pytest.mark.parametrize(
    ("event", "thread"),
    [
        ({"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "messages", "event_ts": "1.1"}, None),
        (
            {
                "type": "assistant_thread_started",
                "assistant_thread": {"user_id": "U1", "channel_id": "D1", "thread_ts": "1.5", "context": {}},
                "event_ts": "1.5",
            },
            "1.5",
        ),
    ],
    ids=["messages tab", "assistant panel"],
)
async def test_questions_are_suggested_in_both_languages(
    slack: Standin, worker: Worker, event: Fields, thread: str | None
) -> None:
    """The Messages tab gets prompts without a thread, the older panel with its thread."""
    async with worker():
        await slack.deliver(event)
        (call,) = await slack.until(lambda: slack.called("assistant.threads.setSuggestedPrompts"))
    titles = [prompt["title"] for prompt in call["prompts"]]
    assert len(titles) == 4
    assert any(title.isascii() for title in titles)
    assert any(not title.isascii() for title in titles)
    assert call.get("thread_ts") == thread


@pytest.mark.parametrize("admin", [True, False])
async def test_an_admins_file_becomes_a_document_and_others_get_a_polite_no(
    slack: Standin, worker: Worker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, warm_home: Path, admin: bool
) -> None:
    """A file sent to the bot is added for admins, with a report; nobody else's is even fetched."""
    home = tmp_path / "home"
    shutil.copytree(warm_home, home)
    monkeypatch.setenv("KAIBI_HOME", str(home))
    slack.files["memo.md"] = "# 备忘\n\n贝塔公司于2031年开源了伽马模型的全部权重。\n".encode()
    event = slack.say("D1", "add this")
    event |= {
        "subtype": "file_share",
        "files": [
            {
                "id": "F1",
                "name": "memo.md",
                "size": 60,
                "url_private_download": f"http://127.0.0.1:{slack.port}/files/memo.md",
            }
        ],
    }
    async with worker(**({"KAIBI_SLACK_ADMINS": "U1"} if admin else {})) as running:
        await slack.deliver(event)
        await slack.until(lambda: running.state.outcomes() == {"done": 1}, seconds=240)
    (message,) = slack.ours("D1")
    if admin:
        assert "memo" in told(message["blocks"])
        assert "Added" in told(message["blocks"])
        assert (home / "uploads" / "memo.md").exists()
    else:
        assert "only admins" in told(message["blocks"])
        assert not (home / "uploads").exists()


@pytest.fixture
def restored_logs() -> Iterator[None]:
    """Logging is afterwards as it was before, whatever the test does to it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


async def test_a_failure_is_told_in_one_sentence_with_an_id_that_the_log_knows(
    slack: Standin, worker: Worker, capsys: pytest.CaptureFixture[str], restored_logs: None
) -> None:
    """Where the store breaks down, the asker reads a plain sentence with an id; the log has the cause, and no secret."""
    configure_logs(json_lines=True)
    async with worker() as running:
        running.desk.answering._base = None  # type: ignore[assignment]
        await slack.mention("C1", "华为开源了什么？")
        await slack.until(lambda: running.state.outcomes() == {"failed": 1})
    (message,) = slack.ours("C1")
    assert "抱歉" in told(message["blocks"])
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "answer_failed" in line]
    assert line["id"] in told(message["blocks"])
    assert "Traceback" in line["exception"]
    assert BOT_TOKEN not in told(line)
    assert APP_TOKEN not in told(line)


async def test_without_two_models_a_comparison_becomes_the_plain_answer(slack: Standin, worker: Worker) -> None:
    """Where no model is configured, /kaibi compare says so and answers from the sources."""
    async with worker():
        await slack.envelope("slash_commands", command(slack, f"compare {QUESTION}"))
        await slack.until(lambda: len(slack.responses) == 2)
    assert "没有可以对照" in told(slack.responses[0])
    assert "rich_text_quote" in told(slack.responses[1]["blocks"])


async def test_a_comparison_is_blind_until_the_vote(slack: Standin, worker: Worker) -> None:
    """The sides are shown without names; whoever votes learns them, and the vote is counted."""
    sides = tuple(
        Side(
            label,
            spec,
            Backend(spec, spec, weights, "local"),
            (Statement(f"由{label}说", None, ()),),
            (),
            (),
            1.0,
            Usage(),
            "",
        )  # type: ignore[arg-type]
        for label, spec, weights in (("A", "model-one", "closed"), ("B", "model-two", "open"))
    )
    messages = comparison_messages(Comparison("c1", "为什么开源？", "zh", sides))
    blocks = [block for message in messages for block in message.blocks]
    for block in blocks:
        block.validate_json()
    visible = [element for block in blocks if block.type != "actions" for element in [told(block.to_dict())]]
    assert not [text for text in visible if "model-" in text]
    vote = button([messages[-1].blocks[-1].to_dict()], "kaibi_vote_B")
    async with worker() as running:
        await slack.envelope("interactive", press(slack, {}, vote))
        await slack.until(lambda: slack.responses)
        (best, other) = board(running.state)
    assert "B = model-two" in told(slack.responses)
    assert (best.backend, best.won, best.weights) == ("model-two", 1, "open")
    assert (other.backend, other.lost) == ("model-one", 1)

"""Requests: what of Slack's events is meant for Kaibi, and what it says."""

import pytest

from bot.slack.request import Request, from_event, plain

EVENT = {"type": "message", "channel": "C1", "channel_type": "channel", "user": "U1", "ts": "2.0", "thread_ts": "1.0"}


def read(text: str, **more: object) -> Request | None:
    return from_event({**EVENT, "text": text, **more}, team="T1", bot_user="UBOT")


@pytest.mark.parametrize(
    "text",
    ["谢谢！", "好的", "明白了", "thanks a lot!", "OK, great", "👍", "+1", "感谢大家", "<@U2> 你怎么看？", "！！"],
)
def test_in_a_thread_courtesies_and_words_to_others_are_no_questions(text: str) -> None:
    """Thanks, assent, bare signs and messages that begin with somebody's name."""
    assert read(text) is None


@pytest.mark.parametrize(
    "text",
    ["可以商用吗？", "好的模型有哪些？", "ok why closed", "那华为呢", "了解百度的立场吗", "great, and Meta?", "why"],
)
def test_in_a_thread_short_questions_are_questions(text: str) -> None:
    """Also where they begin like a courtesy."""
    request = read(text)
    assert request is not None
    assert request.kind == "reply"


def test_both_events_of_one_mention_have_one_key() -> None:
    """app_mention and message differ in type alone."""
    message = read("<@UBOT> why?")
    mention = read("<@UBOT> why?", type="app_mention")
    assert message == mention
    assert message is not None
    assert (message.key, message.kind, message.text, message.thread) == ("C1:2.0", "mention", "why?", "1.0")


def test_a_request_survives_the_database() -> None:
    """JSON and back is the same request, files and links included."""
    files = [{"id": "F1", "name": "a.md", "size": 3, "url_private_download": "https://files.slack.com/a.md"}]
    request = read("<@UBOT> add <https://a.example/x?b=1&amp;c=2|this>", files=files)
    assert request is not None
    assert request.adds
    assert request.addresses == ("https://a.example/x?b=1&c=2",)
    assert Request.from_json(request.to_json()) == request


def test_strangers_are_known_by_their_workspace() -> None:
    """Slack Connect names the author's own workspace."""
    assert read("<@UBOT> why?", user_team="T2").outside  # type: ignore[union-attr]
    assert not read("<@UBOT> why?", user_team="T1").outside  # type: ignore[union-attr]


def test_markup_becomes_what_a_person_reads() -> None:
    """Groups, channels, links and entities; nothing is left that would ping when it is shown again."""
    assert (
        plain("<!subteam^S1|@all> <!channel> <#C1> <https://a.example> &lt;b&gt;")
        == "@all @channel #C1 https://a.example <b>"
    )

"""Answers as blocks: valid, within Slack's limits, and with nothing in them that others wrote and Slack would read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.answer import EXTRACTIVE, Answer, Backend, CitedQuote, Statement
from bot.slack import actions
from bot.slack.blocks import answer_messages, described, escaped, link, shortened, streamed_text, unmarked
from bot.slack.history import metadata
from bot.slack.places import unpack

MODEL = Backend("ollama", "qwen3:8b", "open", "local")
HOSTILE = [
    "<!channel> <!here> <@U1> <#C1|x> <https://evil.example|click> `code` ```block``` *bold* _it_ ~no~",
    "&lt;!channel&gt; [link](https://evil.example) ![x](y) > quote\n> quote\n# heading\n---",
    "@channel @here @everyone www.evil.example https://evil.example mailto:a@b.example",
    "“引号”「引号」\"'\\ \u202e\u0000\u2028 👩‍👩‍👧",
]


def quote(n: int, text: str, **more: Any) -> CitedQuote:
    given = {
        "document": "doc.zh",
        "version": "0123456789abcdef",
        "start": 10,
        "end": 10 + len(text),
        "title": "标题",
        "publisher": "数智前线",
        "speaker": "周靖人",
        "date": "2024-06",
        "kind": "source",
        "language": "zh",
        "locator": "L3, 10–20",
        "url": "https://news.example/a?b=1&c=2",
        "source": "",
        "stance": "open",
        "status": "",
    }
    return CitedQuote(n=n, text=text, **(given | more))


def answer(
    count: int = 2, *, text: str = "开源是战略。", language: str = "zh", status: str = "answered", **more: Any
) -> Answer:
    quotes = tuple(quote(n, text) for n in range(1, count + 1))
    statements = tuple(
        Statement(f"周靖人：“{q.text}”[{q.n}]", ("open", "closed", None)[q.n % 3], (q.n,)) for q in quotes
    )
    given: dict[str, Any] = {
        "question": "为什么开源？",
        "language": language,
        "status": status,
        "statements": statements,
        "quotes": quotes,
        "note": None if status == "answered" else "我的资料没有谈到这个。",
        "backend": EXTRACTIVE,
    }
    return Answer(**(given | more))


def wire(answered: Answer, *, private: bool = False, heading: str = "") -> list[list[dict[str, Any]]]:
    """The blocks of each message as they go to Slack, checked by the SDK on the way."""
    sent = []
    for message in answer_messages(answered, key="C1:1.2", private=private, heading=heading):
        for block in message.blocks:
            block.validate_json()
        blocks = [block.to_dict() for block in message.blocks]
        assert len(blocks) <= 50
        assert len(json.dumps(blocks, ensure_ascii=False)) <= 12_000
        assert 0 < len(message.text) <= 3_900
        sent.append(blocks)
    return sent


def texts(node: Any) -> list[dict[str, Any]]:
    """Every text object and rich-text element in a block structure."""
    if isinstance(node, list):
        return [found for item in node for found in texts(item)]
    if not isinstance(node, dict):
        return []
    own = [node] if isinstance(node.get("text"), str) else []
    return own + [found for value in node.values() for found in texts(value)]


def quoted(blocks: list[dict[str, Any]]) -> list[str]:
    elements = [element for block in blocks for element in block.get("elements", [])]
    return ["".join(p["text"] for p in e["elements"]) for e in elements if e["type"] == "rich_text_quote"]


@pytest.mark.parametrize("language", ["zh", "zh-Hant", "en"])
@pytest.mark.parametrize("status", ["answered", "related", "refused"])
@pytest.mark.parametrize("count", [0, 1, 3, 20])
@pytest.mark.parametrize("backend", [EXTRACTIVE, MODEL], ids=["extractive", "model"])
@pytest.mark.parametrize("private", [True, False])
def test_every_answer_makes_valid_messages(
    language: str, status: str, count: int, backend: Backend, private: bool
) -> None:
    """Of every status, language, length and backend; each quote once, in order, whole; the buttons last."""
    given = answer(count, language=language, status=status, backend=backend)
    sent = wire(given, private=private, heading="问题")
    assert [text for blocks in sent for text in quoted(blocks)] == [q.text for q in given.quotes]
    feedback = [block for block in sent[-1] if block["type"] == "context_actions"]
    assert feedback
    assert bool(
        [e for e in texts(sent[-1]) if e.get("text") and e["text"] in ("发到频道", "發到頻道", "Post to channel")]
    ) is (private and count > 0)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_is_read_as_markup(hostile: str) -> None:
    """In title, quote, question, statement, speaker and address: it stays ink in places where Slack reads no markup."""
    bad = quote(
        1, hostile, title=hostile, publisher=hostile, speaker=hostile, source=hostile, locator=hostile, url=hostile
    )
    given = answer(0, quotes=(bad,), statements=(Statement(hostile, "open", (1,)),), question=hostile, note=hostile)
    for private in (True, False):
        sent = wire(given, private=private, heading=hostile)
        for element in texts(sent):
            assert element.get("type") != "mrkdwn"
            assert element.get("type") != "link"
        kinds = {
            e["type"] for blocks in sent for b in blocks for e in b.get("elements", []) if b["type"] == "rich_text"
        }
        assert kinds <= {"rich_text_section", "rich_text_quote"}
        assert quoted(sent[0]) == [hostile]
    (message,) = answer_messages(given, key="C1:1.2", private=False)
    assert "<" not in message.text
    assert ">" not in message.text


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_hostile_is_read_as_markup_in_what_is_streamed(hostile: str) -> None:
    """Streamed text is Markdown, where mentions, links, marks and bare addresses are disarmed."""
    given = answer(0, statements=(Statement(hostile, None, ()),), note=hostile, backend=MODEL)
    for piece in streamed_text(given):
        bare = piece.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "")
        assert "<" not in bare
        assert ">" not in bare
        assert "://" not in piece
        assert "@c" not in piece
        assert "www." not in piece
        assert "](" not in piece
        assert "``" not in piece


def test_a_long_answer_is_split_without_cutting_a_quote() -> None:
    """Twenty quotes of 400 characters take several messages, each quote whole in one of them."""
    given = answer(20, text="开源生态需要时间，" * 44 + "他说。")
    sent = wire(given)
    assert len(sent) > 1
    assert [text for blocks in sent for text in quoted(blocks)] == [q.text for q in given.quotes]


def test_a_quote_that_no_message_holds_is_shown_in_pieces_that_join_to_it() -> None:
    """Not a character of a quote of 30,000 characters is lost."""
    given = answer(1, text="开源生态需要时间。" * 3_300)
    assert "".join(text for blocks in wire(given) for text in quoted(blocks)) == given.quotes[0].text


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=3_000), st.integers(1, 8), st.sampled_from(["zh", "zh-Hant", "en"]))
def test_any_text_is_shown_as_it_is(text: str, count: int, language: str) -> None:
    """Whatever a document holds, its quotes are shown character by character and the blocks stay valid."""
    sent = wire(answer(count, text=text, language=language, question=text), private=True)
    assert [shown for blocks in sent for shown in quoted(blocks)] == [text] * count


def test_buttons_carry_what_they_need_and_no_more_than_slack_takes() -> None:
    """Values stay within 2,000 characters; places come back as they went in."""
    given = answer(20, question="问" * 1_400)
    blocks = wire(given, private=True)[-1]
    buttons = {e["action_id"]: e for block in blocks for e in block.get("elements", []) if "action_id" in e}
    assert all(len(e["value"]) <= 2_000 for e in buttons.values() if "value" in e)
    verdicts = buttons[actions.GOOD_OR_BAD]
    assert len(verdicts["negative_button"]["value"]) <= 2_000
    packed = unpack(buttons[actions.SHOW_CONTEXT]["value"])
    assert [(p.document, p.start, p.end) for p in packed.places] == [(q.document, q.start, q.end) for q in given.quotes]


def test_the_footer_tells_who_worded_it() -> None:
    """Name, whether the weights are open, where it runs."""
    assert described(MODEL, "en") == "ollama:qwen3:8b (open weights, runs locally)"
    assert described(Backend("openai", "gpt-x", "closed", "remote"), "zh") == "openai:gpt-x（闭源权重，远程服务）"


def test_links_are_made_of_web_addresses_only() -> None:
    """A source's address becomes a link where it is http or https, else the title stays plain."""
    assert link("t", "https://a.example/x").to_dict()["type"] == "link"
    for url in ("javascript:alert(1)", "", "file:///etc/passwd", "https://", "https://a b.example", "slack://x"):
        assert link("t", url).to_dict()["type"] == "text"


def test_shortening_ends_at_a_sentence_in_either_script() -> None:
    """Chinese is cut after 。 and English after a full stop, where there is one."""
    assert shortened("甲公司开源了。乙公司没有开源它的模型。", 12) == "甲公司开源了。…"
    assert len(shortened("x" * 50, 20)) == 20


def test_metadata_stays_small() -> None:
    """What an answer carries for follow-ups stays under 8 kB with the longest answers."""
    given = answer(20, text="字" * 400, backend=MODEL)
    assert len(json.dumps(metadata(given, "C1:1.2"), ensure_ascii=False).encode()) < 8_000


def test_escaping_is_slacks() -> None:
    """Slack asks for three entities and no more."""
    assert escaped("<a> & b") == "&lt;a&gt; &amp; b"
    assert unmarked("纯文字。") == "纯文字。"

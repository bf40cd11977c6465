"""Rendering an answer as plain text."""

import dataclasses

from bot.answer import EXTRACTIVE, Answer, Backend, CitedQuote, Statement
from bot.render import as_text, footer, source_line

QUOTE = CitedQuote(
    n=1,
    text="Closed models lead.\nThey will.",
    document="d",
    version="v",
    start=10,
    end=40,
    title="A title",
    publisher="A paper",
    speaker="Robin Li",
    date="2024-06",
    kind="source",
    language="en",
    locator="Heading · L3, 10–40",
    url="https://example.org/a",
    source="",
    stance="closed",
    status="",
)
SECOND = dataclasses.replace(QUOTE, n=2, text="Weights are open.", kind="note", source="Meta, 2024", url="")


def given(*statements: Statement, note: str | None = None, quotes: tuple[CitedQuote, ...] = (QUOTE, SECOND)) -> Answer:
    return Answer("q", "en", "answered", statements, quotes, note, EXTRACTIVE)


def test_statements_then_sources() -> None:
    """A bullet for each statement, a line for each quote, and the note before them."""
    text = as_text(given(Statement("One [1]", None, (1,)), Statement("“Weights are open.” [2]", None, (2,)), note="N."))
    assert text.splitlines() == [
        "N.",
        "",
        "• One [1]",
        "• “Weights are open.” [2]",
        "",
        "[1] A title — A paper · 2024-06 · Heading · L3, 10–40 · https://example.org/a",
        "    “Closed models lead. They will.”",
        "[2] A title — Kaibi note · based on: Meta, 2024 · 2024-06 · Heading · L3, 10–40",
    ]


def test_camps_are_labelled_once_each() -> None:
    """What speaks for one camp stands under its name; without camps there is no label."""
    answer = given(*(Statement(name, camp, (1,)) for name, camp in (("a", "open"), ("b", "open"), ("c", "closed"))))
    assert as_text(answer).splitlines()[:5] == ["For open:", "• a", "• b", "For closed:", "• c"]
    assert as_text(dataclasses.replace(answer, language="zh")).splitlines()[0] == "开源一方："
    assert as_text(dataclasses.replace(answer, language="zh-Hant")).splitlines()[0] == "開源一方："
    assert as_text(given(Statement("a", None, (1,)))).startswith("• a")


def test_words_that_no_statement_holds_are_shown_with_their_translation() -> None:
    """The quote itself, and beneath it what the model made of it, named as such."""
    backend = Backend("deepseek", "deepseek-chat", "open", "remote", "MIT")
    quote = dataclasses.replace(QUOTE, translation="闭源领先。")
    answer = Answer("q", "zh", "answered", (Statement("一 [1]", None, (1,)),), (quote,), None, backend)
    assert as_text(answer).splitlines()[-2:] == [
        "    “Closed models lead. They will.”",
        "    （deepseek-chat 的译文：闭源领先。）",
    ]


def test_nothing_that_others_wrote_acts_on_the_terminal() -> None:
    """Controls, marks of direction and line breaks of title, quote and statement are shown as blanks."""
    live = "\x1b[31m\u202e\n\x9b"
    quote = dataclasses.replace(QUOTE, title=live, publisher=live, locator=live, url=live, text=f"q{live}")
    text = as_text(given(Statement(f"s{live}", None, (1,)), note=f"n{live}", quotes=(quote,)))
    assert len(text.splitlines()) == 6
    assert all(line.isprintable() for line in text.splitlines())


def test_the_footer_names_the_writer() -> None:
    """Who worded it, its weights and place, what was removed and why another did not answer."""
    answer = given(Statement("a", None, (1,)))
    assert footer(answer) == "quoted by extractive; 2 quotes verified word for word"
    backend = Backend("qwen", "qwen3-max", "closed", "remote", removed=2, reason="X did not answer.")
    assert footer(dataclasses.replace(answer, backend=backend)) == (
        "X did not answer. written by qwen (qwen3-max, closed weights, run outside the house); "
        "2 quotes copied from the sources by the program; 2 statements removed that their quotes did not bear out"
    )


def test_a_source_without_publisher_is_called_one() -> None:
    """No gap where nothing is known."""
    bare = dataclasses.replace(QUOTE, publisher="", date="", url="")
    assert source_line(bare, "en") == "[1] A title — source · Heading · L3, 10–40"
    assert source_line(bare, "zh-Hant") == "[1] A title — 原文 · Heading · L3, 10–40"

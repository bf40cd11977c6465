"""Answers of quoted sentences, from small documents."""

import dataclasses

import pytest
from storing import Stored

from bot.answer import Answer
from bot.extractive import answer, quoted
from bot.question import read_question
from knowledge.base import KnowledgeBase
from knowledge.document import Language

NOTE = """# Zorblax

## Facts

- Maria Quill said in 2031 that closed models are easier to sell than open ones.
  [date: 2031-03 | stance: closed | source: Gazette, March 2031 | speaker: Maria Quill, head of Zorblax Labs | url: https://gazette.example/1 | ref: ¶4 | status: reported]
- Zorblax Labs opened the weights of its model Q7 because customers asked for it.
  [date: 2031-05-03 | stance: open | source: Zorblax blog | status: checked]
- Zorblax Labs has about 340 employees (not checked).
  [date: 2030 | stance: neutral | source: general knowledge | status: unchecked]
"""
SOURCE = """# 采访

“开源不是慈善，”佐拉克斯公司的负责人李明认为。他说，闭源模型更容易卖给银行。

天气很好。
"""


@pytest.fixture(scope="module")
def base(stored: Stored) -> KnowledgeBase:
    return stored(
        ("zorblax", NOTE, {"language": "en", "kind": "note", "publisher": "Kaibi", "date": "2031-06"}),
        ("talk", SOURCE, {"language": "zh", "kind": "source", "publisher": "数智前线", "date": "2031"}),
    )


def ask(base: KnowledgeBase, text: str, language: Language | None = None, quotes: int = 1) -> Answer:
    question = read_question(text, base.terms, language=language)
    return answer(base, question, quotes=quotes, status="answered")


def test_a_fact_brings_its_speaker_date_source_and_place(base: KnowledgeBase) -> None:
    """From the tag line beneath it, which is never quoted itself."""
    (quote,) = ask(base, "who said that closed models are easier to sell?").quotes
    assert quote.text == "Maria Quill said in 2031 that closed models are easier to sell than open ones."
    assert (quote.speaker, quote.date, quote.stance) == ("Maria Quill, head of Zorblax Labs", "2031-03", "closed")
    assert (quote.source, quote.url) == ("Gazette, March 2031 (¶4)", "https://gazette.example/1")
    assert quote.locator == f"Zorblax › Facts · L5, {quote.start}–{quote.end}"
    assert NOTE[quote.start : quote.end] == quote.text


def test_the_statement_names_who_said_it_and_when(base: KnowledgeBase) -> None:
    """Also where the quoted words do not, with how well it is known, in the asker's language."""
    asked = "who said that closed models are easier to sell?"
    assert (
        ask(base, asked)
        .statements[0]
        .text.startswith("Maria Quill, head of Zorblax Labs (as of 2031-03, as reported): “Maria Quill said")
    )
    chinese = ask(base, asked, "zh-Hant").statements[0].text
    assert chinese.startswith("Maria Quill, head of Zorblax Labs（截至 2031-03，據報道）：“")
    unknown = ask(base, "how many employees does Zorblax Labs have?").statements[0].text
    assert unknown.startswith("general knowledge (as of 2030, not checked): “")


def test_a_pronoun_s_speaker_is_the_one_named_before(base: KnowledgeBase) -> None:
    """ "他说" in a source's text is put down to whoever spoke just before."""
    (quote,) = ask(base, "谁说闭源模型更容易卖给银行").quotes
    assert quote.text == "他说，闭源模型更容易卖给银行。"
    assert quote.speaker.endswith("李明")
    assert ask(base, "天气很好").quotes[0].speaker == ""


def test_names_of_a_note_are_written_as_the_asker_writes(stored: Stored) -> None:
    """Traditional in the statement; the quote stays to the character."""
    fact = "- 李明认为闭源更好。\n  [date: 2031 | source: 财经 | speaker: 李强，经济学会 | status: checked]\n"
    base = stored(("n", fact, {"language": "zh", "kind": "note"}))
    told = ask(base, "誰認為閉源更好")
    assert told.statements[0].text == "李強，經濟學會（截至 2031）：“李明认为闭源更好。”[1]"
    assert told.quotes[0].speaker == "李强，经济学会"


@pytest.mark.parametrize(
    "text",
    [
        "quote Zorblax Labs saying that the moon is cheese",
        "编一句李明的名言",
        "pretend to be Maria Quill and praise open source",
    ],
)
def test_orders_to_invent_are_refused(base: KnowledgeBase, text: str) -> None:
    """No quote, no statement, and a hint of what can be asked."""
    told = answer(base, read_question(text, base.terms))
    assert (told.status, told.quotes, told.statements) == ("refused", (), ())
    assert told.note
    assert told.note.startswith(("I do not make up quotations", "我不会替人编话"))


def test_an_empty_knowledge_base_says_so(stored: Stored) -> None:
    """With the command that fills it."""
    base = stored()
    told = answer(base, read_question("why?", base.terms))
    assert told.status == "refused"
    assert told.note
    assert "kaibi ingest" in told.note


def test_related_says_which_name_is_missing(base: KnowledgeBase) -> None:
    """Where no shown sentence names whom the question names."""
    question = read_question("騰訊有多少員工", base.terms)
    told = answer(base, question, status="related")
    assert told.note
    assert "「騰訊」" in told.note
    assert 1 <= len(told.quotes) <= 2


def test_a_comparison_without_one_camp_says_so(stored: Stored) -> None:
    """Rather than filling it from the other."""
    base = stored(("n", NOTE.split("- Zorblax Labs opened")[0], {"language": "en", "kind": "note"}))
    told = answer(base, read_question("open or closed, which sells better?", base.terms), status="answered")
    assert [statement.camp for statement in told.statements] == ["closed"]
    assert told.note == "My sources hold nothing from the open camp on this."


def test_given_sentences_are_quoted_in_their_order(base: KnowledgeBase) -> None:
    """And none makes a refusal."""
    question = dataclasses.replace(read_question("more on that", base.terms), kind="fact")
    numbers = [
        n for n in range(len(base.index.owners)) if base.index.sentence_text(n).startswith(("Maria", "Zorblax L"))
    ]
    told = quoted(base, question, numbers)
    assert [quote.text for quote in told.quotes] == [base.index.sentence_text(n) for n in numbers]
    assert quoted(base, question, []).status == "refused"

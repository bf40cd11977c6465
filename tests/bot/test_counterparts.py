"""Which sentence of a note retells which of a source."""

from collections.abc import Callable

import pytest
from storing import Stored

from bot.counterparts import damaged, note_on, original_of, twin_of
from knowledge.base import KnowledgeBase


def fact(text: str) -> str:
    return f"- {text}\n  [date: 2031-03 | stance: neutral | source: Gazette | status: checked]\n"


ENGLISH = "# Zorblax\n\n" + "".join(
    [
        fact("Zorblax Labs opened the weights of its model Q7 on 3 March 2031."),
        fact("Maria Quill of Zorblax Labs said that closed models are easier to sell."),
        fact("The head office of Zorblax Labs moved to Lisbon."),
    ]
)
CHINESE = "# 佐拉克斯\n\n" + "".join(
    [
        fact("佐拉克斯实验室2031年3月3日开放了模型Q7的权重。"),
        fact("佐拉克斯实验室的玛丽亚·奎尔说，闭源模型更容易卖。"),
        fact("佐拉克斯实验室的总部迁到了里斯本。"),
    ]
)
SOURCE = (
    "On 3 March 2031 Zorblax Labs has opened the weights of its model Q7.\n\n"
    "Closed models are easier to sell, said Maria Quill of Zorblax Labs.\n\n"
    "It rained in Porto all week.\n"
)


@pytest.fixture(scope="module")
def base(stored: Stored) -> KnowledgeBase:
    return stored(
        ("z.en", ENGLISH, {"language": "en", "kind": "note", "twin": "z"}),
        ("z.zh", CHINESE, {"language": "zh", "kind": "note", "twin": "z"}),
        ("paper", SOURCE, {"language": "en", "kind": "source"}),
    )


@pytest.fixture(scope="module")
def number(base: KnowledgeBase) -> Callable[[str], int]:
    """The sentence that begins so."""
    index = base.index
    return lambda start: next(n for n in range(len(index.owners)) if index.sentence_text(n).startswith(start))


def test_twins_are_the_sentences_at_the_same_place(base: KnowledgeBase, number: Callable[[str], int]) -> None:
    """There and back again; a source has none."""
    there = twin_of(base.index, number("The head office"))
    assert there == number("佐拉克斯实验室的总部")
    assert twin_of(base.index, number("佐拉克斯实验室的总部")) == number("The head office")
    assert twin_of(base.index, number("It rained")) is None


@pytest.mark.parametrize("note", ["Zorblax Labs opened", "佐拉克斯实验室2031年"])
def test_a_note_finds_its_original(base: KnowledgeBase, number: Callable[[str], int], note: str) -> None:
    """Also across languages, by its twin."""
    assert original_of(base.index, number(note)) == number("On 3 March")


def test_an_original_finds_its_note(base: KnowledgeBase, number: Callable[[str], int]) -> None:
    """In the language of whoever asks."""
    source = number("Closed models")
    assert note_on(base.index, source, english=True) == number("Maria Quill of")
    assert note_on(base.index, source, english=False) == number("佐拉克斯实验室的玛丽亚")


def test_what_is_told_once_has_no_counterpart(base: KnowledgeBase, number: Callable[[str], int]) -> None:
    """Near in subject is not the same: neither the note's own fact nor the source's has one."""
    assert original_of(base.index, number("The head office")) is None
    assert note_on(base.index, number("It rained"), english=True) is None
    assert original_of(base.index, number("It rained")) is None


def test_without_sources_or_notes_there_are_no_counterparts(stored: Stored) -> None:
    """A store of one kind only."""
    notes = stored(("z.en", ENGLISH, {"language": "en", "kind": "note", "twin": "z"})).index
    assert {original_of(notes, n) for n in range(len(notes.owners))} == {None}
    sources = stored(("paper", SOURCE, {"language": "en", "kind": "source"})).index
    assert {note_on(sources, n, english=True) for n in range(len(sources.owners))} == {None}


def test_damaged_originals_do_not_replace_a_readable_note() -> None:
    """Traces of an earlier conversion are seen; parentheses that belong there are not taken for them."""
    assert all(map(damaged, ["因?yàn)橹亲V由", ";煸嚓P(guān)人士", "F(xiàn在", "a \ufffd b"]))
    assert not any(map(damaged, ["(open weight)", "爭(zhēng)論", "why (really)?", "a, b; c (d)."]))

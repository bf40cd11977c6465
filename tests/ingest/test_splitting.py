"""Splitting: passages tile a document, and every sentence is where it says."""

import itertools
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.splitting import LONGEST, embedded_sentences, embedded_text, split
from knowledge.document import Document, Metadata, canonical
from knowledge.sentences import sentence_spans

AWKWARD = "\x00\x0b\x0c\r\n\x1c\x85\u2028\u2029\u200b\u202e\ufeff\ufdfa\ud800\udfff\U0001f600\U00020000\u0301éﬁ"
MARKS = "。！？!?….，,；;：:“”「」（）()[]【】*_`#->|+1234567890、 \t\n"
WORDS = [
    "阿里云",
    "开源了",
    "為什麼",
    "Qwen3",
    "v4.5.1",
    "e.g.",
    "Mr. Li",
    "[date: 2024 | stance: open]",
    "| a | b |",
    "|---|",
]
characters = st.one_of(
    st.characters(), st.sampled_from(AWKWARD), st.sampled_from(MARKS), st.sampled_from(string.ascii_letters)
)
pieces = st.one_of(characters, st.sampled_from(WORDS), st.sampled_from(["\n\n", "\r\n", "# ", "- ", "。\n"]))
texts = st.lists(pieces, max_size=120).map("".join)


def document(text: str) -> Document:
    return Document("d", text, Metadata(title="标题"))


def check(text: str) -> None:
    passages = split(document(text))
    assert "".join(passage.text for passage in passages) == text
    assert [passage.number for passage in passages] == list(range(len(passages)))
    at = 0
    spans = []
    for passage in passages:
        assert passage.start == at < passage.end
        assert passage.text == text[passage.start : passage.end]
        at = passage.end
        for start, end in passage.sentences:
            assert passage.start <= start < end <= passage.end
            assert passage.words(start, end) == text[start:end]
            spans.append((start, end))
        assert embedded_sentences(passage) == [text[start:end] for start, end in passage.sentences]
    assert at == len(text)
    assert spans == sentence_spans(text)
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end <= start


@settings(max_examples=400, deadline=None)
@given(texts)
@example("")
@example("\n")
@example("\ufdfa" * 500)
@example("。" * 2_000)
@example("字" * 3_000)
@example("\ud800" * 10 + "。\x00")
@example("- 一句很长" + "的" * 30 + "\n没有标点的话" * 40)
def test_passages_tile_any_text_and_hold_its_sentences(text: str) -> None:
    """Whatever the text: passages joined are the text, and each sentence lies in one of them, in order."""
    check(text)


@settings(max_examples=100, deadline=None)
@given(texts)
def test_canonical_text_tiles_byte_for_byte(text: str) -> None:
    """A canonical text can be written as UTF-8, is its own canonical form, and its passages' bytes are its bytes."""
    text = canonical(text)
    assert canonical(text) == text
    assert b"".join(passage.text.encode() for passage in split(document(text))) == text.encode()


@pytest.mark.parametrize(
    "text",
    [
        "字" * 100_000,
        "word " * 40_000,
        "一句。" * 40_000,
        "一句话，" * 30_000,
        "." * 100_000 + "x",
        "#" + " #" * 50_000 + "x",
        "# a" + " #" * 50_000 + "x",
        " -" * 50_000 + "x",
        "|" + "-:" * 50_000 + "x",
        "。" + "*" * 100_000 + "x",
        "“" * 100_000,
        "[date: " * 20_000,
        "1. " * 50_000,
        "短行\n" * 40_000,
        "\n" * 100_000,
    ],
    ids=lambda text: ascii(text[:8]),
)
def test_long_and_spiteful_texts_are_split_in_time(text: str) -> None:
    """No text of 100,000 characters makes splitting take time that grows with its square."""
    check(text)


def test_passages_are_of_a_size_to_embed() -> None:
    """Running text is cut between sentences, so that a passage fits the embedding's window."""
    passages = split(document("开源的模型可以自己部署。" * 500 + "\n\n" + "Open models can be hosted. " * 500))
    assert all(len(passage.text) < 3 * LONGEST for passage in passages)
    assert all(passage.text.rstrip().endswith(("。", ".")) for passage in passages)


def test_headings_go_into_the_embedded_text_only() -> None:
    """The embedded text starts with title and headings; the stored text is the document's."""
    text = "# 通义\n\n## 许可证\n\n通义的许可证是Apache 2.0。\n"
    last = split(document(text))[-1]
    assert embedded_text(last).startswith("标题 › 通义 › 许可证\n")
    assert last.text in text


def test_a_fact_and_its_tag_line_are_one_passage() -> None:
    """A tag line stays with its statement and is no sentence."""
    text = "- 甲公司开源了模型。\n  [date: 2024 | stance: open]\n- 乙公司没有开源。\n  [date: 2024 | stance: closed]\n"
    passages = split(document(text))
    assert [passage.words(*span) for passage in passages for span in passage.sentences] == [
        "甲公司开源了模型。",
        "乙公司没有开源。",
    ]
    assert all(passage.text.count("[date:") == 1 for passage in passages)

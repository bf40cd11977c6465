"""Lexical ranking: BM25 as its authors give it, on text that is folded to one spelling."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.lexical import LENGTH, SATURATION, build_index
from knowledge.script import folded, tokens

words = st.lists(st.sampled_from("abcde"), max_size=12)


def bm25(word: str, text: list[str], texts: list[list[str]]) -> float:
    """Robertson and Zaragoza 2009, formula 3.15, with the idf that is never negative."""
    held = sum(word in other for other in texts)
    rarity = math.log(1 + (len(texts) - held + 0.5) / (held + 0.5))
    average = max(1.0, sum(map(len, texts)) / len(texts))
    count = text.count(word)
    return rarity * count * (SATURATION + 1) / (count + SATURATION * (1 - LENGTH + LENGTH * len(text) / average))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(words, min_size=1, max_size=8), st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True)
)
def test_scores_are_bm25(texts: list[list[str]], query: list[str]) -> None:
    """A text's score is in proportion to the plain formula's, and 0 where it has no word of the question."""
    index = build_index(texts)
    found = index.score([(word,) for word in query])
    plain = np.array([sum(bm25(word, text, texts) for word in query) for text in texts])
    ideal = sum(index.rarity(word) for word in query)
    np.testing.assert_allclose(found, plain / (ideal + 1e-6), rtol=1e-4, atol=1e-6)
    assert all((score == 0) == (not set(query) & set(text)) for score, text in zip(found, texts, strict=True))


def test_spellings_of_one_thing_count_once() -> None:
    """A text that has a name in both languages gets the better of the two, not their sum."""
    texts = [["阿里", "alibaba"], ["阿里"], ["alibaba"], ["x"], ["y"]]
    both, one, other, none, _ = build_index(texts).score([("阿里", "alibaba")])
    assert 0 == none < both <= max(one, other)


def test_an_empty_index_scores_nothing() -> None:
    """No texts, no scores; texts without words score 0."""
    assert build_index([]).score([("a",)]).tolist() == []
    assert build_index([[], []]).score([("a",)]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("阿里雲為何開源", "阿里云为何开源"),
        ("ＱＷＥＮ３　２．５", "qwen3 2.5"),
        ("Models", "model"),
        ("Companies", "company"),
        ("１，６００", "1600"),
        ("ﬁne-tuning", "Fine-Tuning"),
    ],
)
def test_spelling_does_not_matter(one: str, other: str) -> None:
    """Traditional or Simplified, wide or narrow, large or small, one or many: the same tokens."""
    assert tokens(one) == tokens(other) != []


@given(st.text())
def test_folding_is_done_once_and_tokens_are_folded(text: str) -> None:
    """Any text has tokens without white space, none of which is empty."""
    assert all(token and not token.isspace() for token in tokens(text))
    assert isinstance(folded(text), str)

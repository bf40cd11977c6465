"""Kaibi's own sentences, in every language."""

import string
from typing import get_args

import pytest

from bot.phrases import EXAMPLES, PHRASES, example, say
from knowledge.document import Language
from knowledge.script import folded, language_of

LANGUAGES = get_args(Language)
VALUE = "汉“{0}”漢"
"""Words of others: both scripts, and braces."""


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


@pytest.mark.parametrize("name", PHRASES)
def test_a_phrase_renders_in_each_language(name: str) -> None:
    """With the same placeholders in each, filled with the words of others as they stand, a quote's too."""
    chinese, english = PHRASES[name]
    names = placeholders(chinese)
    assert placeholders(english) == names
    for language in LANGUAGES:
        said = say(name, language, **dict.fromkeys(names, VALUE))
        assert said.count(VALUE) == len(names)
        assert said.replace(VALUE, "")


def test_traditional_is_the_same_in_other_characters() -> None:
    """Each phrase reads the same once folded, and none keeps a character that only Simplified has."""
    for name, (chinese, _) in PHRASES.items():
        values = dict.fromkeys(placeholders(chinese), "x")
        assert folded(say(name, "zh-Hant", **values)) == folded(say(name, "zh", **values))
    assert say("refused_words", "zh-Hant", example="") == "我不會替人編話：我的資料裡沒有這樣的原話。可以問："
    assert "複製" in say("backend_llm", "zh-Hant", name="", facts="", count=1)


def test_examples_are_in_their_language() -> None:
    """The question that a refusal offers is written as its reader writes."""
    assert set(EXAMPLES) == set(LANGUAGES)
    assert [language_of(example(language)) for language in LANGUAGES] == list(LANGUAGES)

"""What a model writes, read while it streams."""

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.llm.protocol import Draft, Reader, Translated

TEXT = "- Alibaba opened Qwen. [1][3]\n2. Baidu kept ERNIE closed [2].\n\n百度没有开源。[2] 华为也没有【3】。\n[2] = Baidu did not.\n"
READ = [
    Draft("Alibaba opened Qwen.", (1, 3)),
    Draft("Baidu kept ERNIE closed.", (2,)),
    Draft("百度没有开源。", (2,)),
    Draft("华为也没有。", (3,)),
    Translated(2, "Baidu did not."),
]


def read(*pieces: str) -> list[Draft | Translated]:
    reader = Reader()
    return [item for piece in pieces for item in reader.feed(piece)] + list(reader.end())


@given(st.lists(st.integers(0, len(TEXT)), max_size=12))
@settings(max_examples=60, deadline=None)
def test_it_does_not_matter_where_a_stream_is_cut(cuts: list[int]) -> None:
    """The same statements come of the same text, however it arrives."""
    at = [0, *sorted(cuts), len(TEXT)]
    assert read(*(TEXT[start:end] for start, end in pairwise(at))) == READ


def test_a_statement_is_handed_on_before_the_stream_ends() -> None:
    """A complete line is read at once."""
    reader = Reader()
    assert list(reader.feed("A opened. [1]\nB kept")) == [Draft("A opened.", (1,))]


@pytest.mark.parametrize("size", [1, 5, 1000])
def test_json_is_read_as_it_comes(size: int) -> None:
    """Each object of the list is a statement as soon as it is closed."""
    text = json.dumps({"statements": [{"text": "A “opened”.", "cites": [1, 3]}, {"text": "百度没有。", "cites": [2]}]})
    assert read(*(text[at : at + size] for at in range(0, len(text), size))) == [
        Draft("A “opened”.", (1, 3)),
        Draft("百度没有。", (2,)),
    ]


def test_half_a_json_object_is_no_statement() -> None:
    """What was cut off is left out, what was whole is kept."""
    assert read('{"statements": [{"text": "A.", "cites": [1]}, {"text": "B was cu') == [Draft("A.", (1,))]


@pytest.mark.parametrize(
    "text",
    [
        "<think>Perhaps [1]?\nIt is so. [2]</think>\nA opened. [1]",
        "```json\n" + json.dumps({"statements": [{"text": "A opened.", "cites": [1]}]}) + "\n```",
        "Here is the answer:\n\n**A opened.** [1]\n",
        "NONE\nA opened. [1,1]",
    ],
)
def test_what_surrounds_an_answer_is_left_out(text: str) -> None:
    """Thoughts, fences, greetings and bold marks are no statements."""
    assert read(*text) == [Draft("A opened.", (1,))]


def test_a_statement_without_a_mark_is_read_as_such() -> None:
    """It is for the check to refuse it."""
    assert read("A opened.") == [Draft("A opened.", ())]


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever a model writes can be read."""
    assert all(isinstance(item, Draft | Translated) for item in read(text))
